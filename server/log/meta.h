// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/sequence.h"

namespace millrace::log {

// Version of everything in the directory but the frames, which have their own.
inline constexpr uint32_t kFormat = 1;

// Names of the log's own records in the family meta. Formats: log/FORMAT.md.
inline constexpr std::string_view kInternalPrefix = "log.";
inline constexpr std::string_view kFormatKey = "log.format";
inline constexpr std::string_view kIdKey = "log.id";
inline constexpr std::string_view kOldestKey = "log.oldest";
inline constexpr std::string_view kVisibleKey = "log.visible";

// What one commit makes visible.
struct Visible {
  Sequence newest;
  Micros commit_time_max = 0;
  std::string source_position;
};

std::string SerializeVisible(Sequence newest, Micros commit_time_max,
                             std::string_view source_position);
// Nothing if malformed.
std::optional<Visible> ParseVisible(std::string_view stored);

// Key of the frame that begins at `first`: ordered as sequences are.
std::string FrameKey(Sequence first);
// Nothing if it is not the key of a frame.
std::optional<Sequence> ParseFrameKey(std::string_view key);

}  // namespace millrace::log
