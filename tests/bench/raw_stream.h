// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace::testing {

// Measures the limit for all serving: a child process only streams messages of 64 KiB, always the
// same bytes, over gRPC's callback API on loopback to the `streams` of a StreamDrain. Sends `bytes`
// in total and returns megabytes per second.
double RawGrpcMegabytes(int streams, uint64_t bytes);

// Main function of the child process: serves on a free port, which it prints, until it is killed.
// `messages`: number of messages per stream.
inline constexpr char kServeRawStreams[] = "--serve-raw-streams";
[[noreturn]] void ServeRawStreams(uint64_t messages);

}  // namespace millrace::testing
