// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace millrace::command {

// `8,120,334`.
std::string CountText(uint64_t count);

// `999 B`, `1.2 KiB`, `34 GiB`.
std::string BytesText(uint64_t bytes);

// Two significant digits: `850 µs`, `1.2 ms`, `3.4 s`, `12 min`, `3 h 12 min`, `2 d 4 h`.
std::string DurationText(absl::Duration duration);

absl::Duration ToDuration(const google::protobuf::Duration& duration);
absl::Time ToTime(const google::protobuf::Timestamp& time);

}  // namespace millrace::command
