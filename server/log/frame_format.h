// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "model/sequence.h"

namespace millrace::log {

// The parts of the frame format that are common to all versions: log/FORMAT.md.
inline constexpr size_t kFrameChecksumBytes = 8;
inline constexpr size_t kFrameHeadBytes = kFrameChecksumBytes + 1;  // checksum and version
inline constexpr uint8_t kPlainFrame = 1;
inline constexpr uint8_t kCompressedFrame = 2;

// The checksum of everything after the checksum field.
uint64_t FrameChecksum(std::string_view stored, Sequence first);

// Makes kDataLoss LOG_DAMAGED; the message names the sequence.
absl::Status FrameDamaged(Sequence first, std::string_view what);

}  // namespace millrace::log
