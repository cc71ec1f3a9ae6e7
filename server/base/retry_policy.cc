// SPDX-License-Identifier: Apache-2.0

#include "base/retry_policy.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace {
namespace {

struct FeedEntry {
  std::string_view reason;
  RetryPolicy policy;
};

// Reasons that are not here stop the feed.
constexpr std::array kFeed = {
    // The network, or the source restarts.
    FeedEntry{"SOURCE_UNREACHABLE", RetryPolicy::kWait},
    FeedEntry{"SOURCE_SILENT", RetryPolicy::kWait},
    // An operator corrects a password, a file, a grant, a limit or a setting.
    FeedEntry{"SOURCE_AUTHENTICATION_FAILED", RetryPolicy::kWait},
    FeedEntry{"SOURCE_ACCESS_DENIED", RetryPolicy::kWait},
    FeedEntry{"SOURCE_TLS_FAILED", RetryPolicy::kWait},
    FeedEntry{"SOURCE_FILE_UNREADABLE", RetryPolicy::kWait},
    FeedEntry{"SOURCE_ACCOUNT_LIMIT", RetryPolicy::kWait},
    FeedEntry{"SOURCE_MISCONFIGURED", RetryPolicy::kWait},
    FeedEntry{"SOURCE_SESSION_REFUSED", RetryPolicy::kWait},
    FeedEntry{"SOURCE_REFUSED_DUMP", RetryPolicy::kWait},
    FeedEntry{"SOURCE_DUPLICATE_SERVER_ID", RetryPolicy::kWaitUntilItLasts},
    // A replica catches up, or the address leads to the right server again.
    FeedEntry{"SOURCE_LACKS_GTIDS", RetryPolicy::kWait},
    FeedEntry{"SOURCE_DIFFERS", RetryPolicy::kWait},
    // A question about a table: asked again, the answer may be another.
    FeedEntry{"SOURCE_QUERY_FAILED", RetryPolicy::kWait},
    FeedEntry{"QUERY_TIMEOUT", RetryPolicy::kWait},
    FeedEntry{"TABLE_CHANGED", RetryPolicy::kWait},
    FeedEntry{"TABLE_MISSING", RetryPolicy::kWait},
    // This machine.
    FeedEntry{"DISK_FULL", RetryPolicy::kWait},
    FeedEntry{"OUT_OF_FILE_DESCRIPTORS", RetryPolicy::kWait},
    // The bytes of the binlog.
    FeedEntry{"EVENT_CHECKSUM_MISMATCH", RetryPolicy::kRetryOnce},
    FeedEntry{"EVENT_TRUNCATED", RetryPolicy::kRetryOnce},
};

constexpr std::array<std::string_view, 7> kMirror = {
    "MIRROR_UNREACHABLE",   "MIRROR_DENIED",        "MIRROR_PASSWORD_UNREADABLE",
    "MIRROR_TOPIC_MISSING", "MIRROR_TOPIC_REFUSED", "MIRROR_FAILED",
    "STORAGE_FAILED"};

}  // namespace

RetryPolicy FeedRetryPolicy(const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsCancelled(status)) return RetryPolicy::kWait;
  const std::string reason = ErrorReason(status);
  const auto* const entry = std::find_if(
      kFeed.begin(), kFeed.end(), [&](const FeedEntry& known) { return known.reason == reason; });
  return entry == kFeed.end() ? RetryPolicy::kStop : entry->policy;
}

bool SnapshotMayRetry(const absl::Status& status) {
  // Aborted: the table was altered. Deadline: the source was slow.
  return absl::IsUnavailable(status) || absl::IsCancelled(status) || absl::IsAborted(status) ||
         absl::IsDeadlineExceeded(status);
}

bool MirrorMayRetry(const absl::Status& status) {
  return std::find(kMirror.begin(), kMirror.end(), ErrorReason(status)) != kMirror.end();
}

}  // namespace millrace
