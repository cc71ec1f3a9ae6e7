// SPDX-License-Identifier: Apache-2.0

#include "base/retry_policy.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/reason.h"

namespace millrace {
namespace {

TEST(FindReason, FindsByName) {
  EXPECT_EQ(FindReason("DISK_FULL"), &reason::kDiskFull);
  EXPECT_EQ(FindReason("DISK"), nullptr);
  EXPECT_EQ(FindReason(""), nullptr);
}

TEST(FeedRetryPolicy, FollowsTheReason) {
  EXPECT_EQ(FeedRetryPolicy(MakeError(reason::kSourceAccessDenied, "")), RetryPolicy::kWait);
  EXPECT_EQ(FeedRetryPolicy(MakeError(reason::kSourceDuplicateServerId, "")),
            RetryPolicy::kWaitKeepingBackoff);
  EXPECT_EQ(FeedRetryPolicy(MakeError(reason::kEventTruncated, "")), RetryPolicy::kRetryOnce);
  EXPECT_EQ(FeedRetryPolicy(MakeError(reason::kSourcePurged, "")), RetryPolicy::kStop);
}

TEST(FeedRetryPolicy, RetriesAnyLostConnection) {
  EXPECT_EQ(FeedRetryPolicy(absl::UnavailableError("")), RetryPolicy::kWait);
  EXPECT_EQ(FeedRetryPolicy(MakeError(absl::StatusCode::kUnavailable, reason::kLogDamaged, "")),
            RetryPolicy::kWait);
}

TEST(FeedRetryPolicy, StatusWithoutReasonStopsTheFeed) {
  EXPECT_EQ(FeedRetryPolicy(absl::InternalError("")), RetryPolicy::kStop);
}

TEST(MirrorMayRetry, FollowsTheReason) {
  EXPECT_TRUE(MirrorMayRetry(MakeError(reason::kMirrorDenied, "")));
  EXPECT_TRUE(MirrorMayRetry(MakeError(reason::kStorageFailed, "")));
  EXPECT_FALSE(MirrorMayRetry(MakeError(reason::kMirrorFenced, "")));
  EXPECT_FALSE(MirrorMayRetry(absl::UnavailableError("")));
}

}  // namespace
}  // namespace millrace
