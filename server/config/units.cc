// SPDX-License-Identifier: Apache-2.0

#include "config/units.h"

#include <charconv>
#include <iterator>
#include <limits>

#include "base/check.h"
#include "fmt/format.h"

namespace millrace {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first.
constexpr Unit kDurationUnits[] = {{"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000},
                                   {"s", 1'000'000},      {"ms", 1000},         {"us", 1}};
constexpr Unit kSizeUnits[] = {{"TiB", uint64_t{1} << 40},
                               {"GiB", uint64_t{1} << 30},
                               {"MiB", uint64_t{1} << 20},
                               {"KiB", uint64_t{1} << 10},
                               {"B", 1},
                               {"", 1}};

template <size_t kCount>
std::optional<uint64_t> Parse(std::string_view text, const Unit (&units)[kCount]) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name = text.substr(static_cast<size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (number > std::numeric_limits<uint64_t>::max() / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

template <size_t kCount>
std::string Text(uint64_t value, const Unit (&units)[kCount]) {
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
  }
  CheckFailed("a unit of factor 1", __FILE__, __LINE__);
}

}  // namespace

std::optional<Micros> ParseDuration(std::string_view text) {
  if (text == "0") return 0;
  const auto value = Parse(text, kDurationUnits);
  if (!value.has_value() || *value > uint64_t{std::numeric_limits<Micros>::max()}) {
    return std::nullopt;
  }
  return static_cast<Micros>(*value);
}

std::optional<uint64_t> ParseSize(std::string_view text) { return Parse(text, kSizeUnits); }

std::string DurationText(Micros duration) {
  MILLRACE_CHECK(duration >= 0);
  return duration == 0 ? "0" : Text(static_cast<uint64_t>(duration), kDurationUnits);
}

std::string SizeText(uint64_t bytes) { return bytes == 0 ? "0" : Text(bytes, kSizeUnits); }

}  // namespace millrace
