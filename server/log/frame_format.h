// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "model/sequence.h"

namespace millrace::log {

// What stored frames of all versions have in common: log/FORMAT.md.
inline constexpr size_t kFrameChecksumBytes = 8;
inline constexpr size_t kFrameHeadBytes = kFrameChecksumBytes + 1;  // and the version
inline constexpr uint8_t kPlainFrame = 1;
inline constexpr uint8_t kCompressedFrame = 2;

// Of everything behind the checksum.
uint64_t FrameChecksum(std::string_view stored, Sequence first);

// kDataLoss LOG_DAMAGED that names the sequence.
absl::Status FrameDamaged(Sequence first, std::string_view what);

}  // namespace millrace::log
