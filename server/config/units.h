// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace millrace {

// A whole number and one of us, ms, s, m, h, d: `250ms`, `7d`. A bare `0` is a duration too.
// Nothing if the text is none or does not fit.
std::optional<Micros> ParseDuration(std::string_view text);

// A whole number and one of B, KiB, MiB, GiB, TiB, or none of them, which means bytes: `64GiB`.
std::optional<uint64_t> ParseSize(std::string_view text);

// The text with the largest unit that needs no fraction. Parses to the same value.
// Requires: duration >= 0.
std::string DurationText(Micros duration);
std::string SizeText(uint64_t bytes);

}  // namespace millrace
