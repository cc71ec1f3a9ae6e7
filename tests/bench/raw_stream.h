// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace::testing {

// The limit beside all that is served. A child process that does nothing but stream messages of
// 64 KiB, the same bytes again and again, over gRPC's callback API on loopback to `streams` of
// StreamDrain: megabytes a second, in all `bytes`.
double RawGrpcMegabytes(int streams, uint64_t bytes);

// What the child process runs: serves on a free port, which it prints, until it is killed.
// `messages`: after how many a stream ends.
inline constexpr char kServeRawStreams[] = "--serve-raw-streams";
[[noreturn]] void ServeRawStreams(uint64_t messages);

}  // namespace millrace::testing
