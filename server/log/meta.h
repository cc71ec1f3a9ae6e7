// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/sequence.h"

namespace millrace::log {

// The format version of everything in the directory except frames, which have their own.
inline constexpr uint32_t kFormat = 1;

// Names of the log's own records in the meta family. Formats: log/FORMAT.md.
inline constexpr std::string_view kInternalPrefix = "log.";
inline constexpr std::string_view kFormatKey = "log.format";
inline constexpr std::string_view kIdKey = "log.id";
inline constexpr std::string_view kOldestKey = "log.oldest";
inline constexpr std::string_view kVisibleKey = "log.visible";

// The state that a commit makes visible.
struct Visible {
  Sequence newest;
  Micros commit_time_max = 0;
  std::string source_position;
};

std::string SerializeVisible(Sequence newest, Micros commit_time_max,
                             std::string_view source_position);
// nullopt if malformed.
std::optional<Visible> ParseVisible(std::string_view stored);

// The key of the frame that starts at `first`. Keys sort like sequences.
std::string FrameKey(Sequence first);
// nullopt if `key` is not the key of a frame.
std::optional<Sequence> ParseFrameKey(std::string_view key);

}  // namespace millrace::log
