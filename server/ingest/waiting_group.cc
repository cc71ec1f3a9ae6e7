// SPDX-License-Identifier: Apache-2.0

#include "ingest/waiting_group.h"

#include <utility>

namespace millrace::ingest {

bool WaitingGroup::Push(CommitGroup group) {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &WaitingGroup::HasRoom));
  if (closed_) return false;
  if (group_.has_value() && Merge(*group_, group)) return true;
  mutex_.Await(absl::Condition(this, &WaitingGroup::IsEmpty));
  if (closed_) return false;
  group_ = std::move(group);
  return true;
}

std::optional<CommitGroup> WaitingGroup::Take() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &WaitingGroup::HasGroup));
  return std::exchange(group_, std::nullopt);
}

void WaitingGroup::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace millrace::ingest
