// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"

namespace millrace {

// Whether an error goes away without a restart of millraced. Each reason has its own in the table
// of errors, reasons.inc.
enum class RetryPolicy {
  // Time or an operator at the source fixes it: retry with backoff.
  kWait,
  // The same, but a short connection does not reset the backoff: the replica that ended it will end
  // the next one too. Only a connection that lasts resets it.
  kWaitKeepingBackoff,
  // The bytes may have been damaged on the way: retry, and stop if it happens again at this place.
  kRetryOnce,
  // Retrying gives the same error.
  kStop,
};

// What the feed does after `status`, which is an error. A lost connection is retried whatever the
// reason; a reason that is not in the table stops the feed.
RetryPolicy FeedRetryPolicy(const absl::Status& status);

// Whether a table that a snapshot reads is tried again after `status`; if not, it fails.
bool SnapshotMayRetry(const absl::Status& status);

// Whether the mirror in Kafka retries after `status`; if not, it parks.
bool MirrorMayRetry(const absl::Status& status);

}  // namespace millrace
