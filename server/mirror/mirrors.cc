// SPDX-License-Identifier: Apache-2.0

#include "mirror/mirrors.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "base/check.h"

namespace millrace::mirror {

void Mirrors::Add(std::unique_ptr<Mirror> mirror) {
  const bool is_new = mirrors_.try_emplace(mirror->name(), std::move(mirror)).second;
  MILLRACE_CHECK(is_new);
}

Mirror* Mirrors::Find(std::string_view name) const {
  const auto found = mirrors_.find(name);
  return found != mirrors_.end() ? found->second.get() : nullptr;
}

Mirror* Mirrors::First() const {
  return mirrors_.empty() ? nullptr : mirrors_.begin()->second.get();
}

void Mirrors::Start() {
  for (const auto& [name, mirror] : mirrors_) mirror->Start();
}

void Mirrors::RequestStop() {
  for (const auto& [name, mirror] : mirrors_) mirror->RequestStop();
}

bool Mirrors::StopWithin(absl::Duration timeout) {
  RequestStop();
  const absl::Time deadline = absl::Now() + timeout;
  bool ended = true;
  for (const auto& [name, mirror] : mirrors_) {
    ended = mirror->StopWithin(std::max(deadline - absl::Now(), absl::ZeroDuration())) && ended;
  }
  return ended;
}

std::optional<Sequence> Mirrors::HoldFrom() const {
  std::optional<Sequence> oldest;
  for (const auto& [name, mirror] : mirrors_) {
    const std::optional<Sequence> held = mirror->HoldFrom();
    if (held.has_value()) oldest = std::min(*held, oldest.value_or(*held));
  }
  return oldest;
}

}  // namespace millrace::mirror
