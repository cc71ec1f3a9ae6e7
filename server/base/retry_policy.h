// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"

namespace millrace {

// Whether an error can go away without a restart of millraced. The table of errors, reasons.inc,
// sets the policy of each reason.
enum class RetryPolicy {
  // Time, or an operator at the source, fixes it: retry with backoff.
  kWait,
  // The same, but a short connection does not reset the backoff, because the replica that ended it
  // will end the next one too. Only a long connection resets it.
  kWaitKeepingBackoff,
  // The bytes may have been damaged on the way: retry once, and stop if the same place fails again.
  kRetryOnce,
  // A retry would fail in the same way.
  kStop,
};

// What the feed does after the error `status`. It always retries a lost connection (kUnavailable,
// kCancelled), and stops after any other error whose reason is not in the table.
RetryPolicy FeedRetryPolicy(const absl::Status& status);

// True: a snapshot reads the table again after `status`. False: the table fails.
bool SnapshotMayRetry(const absl::Status& status);

// True: the mirror in Kafka retries after `status`. False: it parks.
bool MirrorMayRetry(const absl::Status& status);

}  // namespace millrace
