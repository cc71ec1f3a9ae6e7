// SPDX-License-Identifier: Apache-2.0

#include "human.h"

#include <array>

#include "fmt/format.h"

namespace millrace::command {
namespace {

std::string TwoUnits(int64_t large, const char* large_unit, int64_t small, const char* small_unit) {
  if (small == 0) return fmt::format("{} {}", large, large_unit);
  return fmt::format("{} {} {} {}", large, large_unit, small, small_unit);
}

std::string Scaled(double value, const char* unit) {
  return value < 9.95 ? fmt::format("{:.1f} {}", value, unit)
                      : fmt::format("{:.0f} {}", value, unit);
}

}  // namespace

std::string CountText(uint64_t count) {
  std::string digits = fmt::to_string(count);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string BytesText(uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return Scaled(value, kUnits[unit]);
}

std::string DurationText(absl::Duration duration) {
  if (duration < absl::ZeroDuration()) return "-" + DurationText(-duration);
  if (duration < absl::Milliseconds(1)) {
    return fmt::format("{} µs", absl::ToInt64Microseconds(duration));
  }
  if (duration < absl::Seconds(1)) return Scaled(absl::ToDoubleMilliseconds(duration), "ms");
  if (duration < absl::Minutes(1)) return Scaled(absl::ToDoubleSeconds(duration), "s");
  if (duration < absl::Hours(1)) {
    return fmt::format("{} min", absl::ToInt64Minutes(duration));
  }
  const int64_t hours = absl::ToInt64Hours(duration);
  if (hours < 24) return TwoUnits(hours, "h", absl::ToInt64Minutes(duration) % 60, "min");
  return TwoUnits(hours / 24, "d", hours % 24, "h");
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace millrace::command
