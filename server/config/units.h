// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace millrace {

// Parses a whole number with one of the units us, ms, s, m, h, d, such as `250ms` or `7d`. `0`
// needs no unit. Returns nullopt if the text is not a duration or the value is too large.
std::optional<Micros> ParseDuration(std::string_view text);

// Parses a whole number with one of the units B, KiB, MiB, GiB, TiB, such as `64GiB`. No unit means
// bytes. Returns nullopt if the text is not a size or the value is too large.
std::optional<uint64_t> ParseSize(std::string_view text);

// Prints the value in the largest unit that needs no fraction. The text parses to the same value.
// Requires: duration >= 0.
std::string DurationText(Micros duration);
std::string SizeText(uint64_t bytes);

}  // namespace millrace
