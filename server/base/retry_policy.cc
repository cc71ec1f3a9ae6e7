// SPDX-License-Identifier: Apache-2.0

#include "base/retry_policy.h"

#include "base/error.h"
#include "base/reason.h"

namespace millrace {

RetryPolicy FeedRetryPolicy(const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsCancelled(status)) return RetryPolicy::kWait;
  const Reason* const known = FindReason(ErrorReason(status));
  return known == nullptr ? RetryPolicy::kStop : known->retry.feed;
}

bool SnapshotMayRetry(const absl::Status& status) {
  // Aborted: a statement altered the table. DeadlineExceeded: the source was slow.
  return absl::IsUnavailable(status) || absl::IsCancelled(status) || absl::IsAborted(status) ||
         absl::IsDeadlineExceeded(status);
}

bool MirrorMayRetry(const absl::Status& status) {
  const Reason* const known = FindReason(ErrorReason(status));
  return known != nullptr && known->retry.mirror;
}

}  // namespace millrace
