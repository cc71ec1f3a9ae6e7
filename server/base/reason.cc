// SPDX-License-Identifier: Apache-2.0

#include "base/reason.h"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

#define MILLRACE_REASON(constant, ...) &reason::constant,
constexpr std::array kReasons = std::to_array<const Reason*>({
#include "base/reasons.inc"
});
#undef MILLRACE_REASON

constexpr bool Before(const Reason* one, const Reason* other) { return one->name < other->name; }

static_assert(std::is_sorted(kReasons.begin(), kReasons.end(), Before));

}  // namespace

std::span<const Reason* const> AllReasons() { return kReasons; }

const Reason* FindReason(std::string_view name) {
  const auto found = std::find_if(kReasons.begin(), kReasons.end(),
                                  [name](const Reason* known) { return known->name == name; });
  return found == kReasons.end() ? nullptr : *found;
}

}  // namespace millrace
