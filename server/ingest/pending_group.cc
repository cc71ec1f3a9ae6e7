// SPDX-License-Identifier: Apache-2.0

#include "ingest/pending_group.h"

#include <utility>

namespace millrace::ingest {

bool PendingGroup::Push(CommitGroup group) {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &PendingGroup::HasRoomOrIsClosed));
  if (closed_) return false;
  if (group_.has_value() && Merge(*group_, group)) return true;
  mutex_.Await(absl::Condition(this, &PendingGroup::IsEmptyOrClosed));
  if (closed_) return false;
  group_ = std::move(group);
  return true;
}

std::optional<CommitGroup> PendingGroup::Take() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &PendingGroup::HasGroupOrIsClosed));
  return std::exchange(group_, std::nullopt);
}

void PendingGroup::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace millrace::ingest
