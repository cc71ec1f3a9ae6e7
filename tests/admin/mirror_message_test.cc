// SPDX-License-Identifier: Apache-2.0

// The API message for the mirror's status.

#include "admin/mirror_message.h"

#include <gtest/gtest.h>

#include <utility>

namespace millrace::admin {
namespace {

using mirror::MirrorState;
using mirror::MirrorStatus;

TEST(MirrorMessage, EveryStateMapsToItsApiState) {
  for (const auto& [state, number] :
       {std::pair(MirrorState::kConnecting, 1), std::pair(MirrorState::kRunning, 2),
        std::pair(MirrorState::kPaused, 3), std::pair(MirrorState::kParked, 4),
        std::pair(MirrorState::kStopping, 5)}) {
    MirrorStatus status;
    status.state = state;
    EXPECT_EQ(static_cast<int>(MirrorMessage(status).state()), number);
  }
}

TEST(MirrorMessage, UnknownSequenceAndLagAreAbsent) {
  const v1::MirrorStatus message = MirrorMessage({});
  EXPECT_FALSE(message.has_sequence());
  EXPECT_FALSE(message.has_lag());
}

TEST(MirrorMessage, LagOfZeroIsPresent) {
  MirrorStatus status;
  status.lag = 0;
  EXPECT_TRUE(MirrorMessage(status).has_lag());
}

TEST(MirrorMessage, HasEveryField) {
  MirrorStatus status;
  status.topic_prefix = "shop";
  status.format = "protobuf";
  status.error = "no broker";
  status.error_reason = "MIRROR_UNREACHABLE";
  status.warnings = {"first", "second"};
  status.sequence = Sequence{7};
  status.lag_changes = 3;
  status.lag = 1'500'000;
  status.records = 11;
  status.records_per_second = 0.5;
  status.transactions = 12;
  status.transactions_aborted = 13;
  status.topics = {{.name = "shop.orders", .records = 14}};
  const v1::MirrorStatus message = MirrorMessage(status);
  EXPECT_EQ(
      message.ShortDebugString(),
      R"(topic_prefix: "shop" format: "protobuf" state: STATE_CONNECTING error: "no broker" )"
      R"(error_reason: "MIRROR_UNREACHABLE" warnings: "first" warnings: "second" sequence: 7 )"
      R"(lag_changes: 3 lag { seconds: 1 nanos: 500000000 } records: 11 )"
      R"(records_per_second: 0.5 transactions: 12 transactions_aborted: 13 )"
      R"(topics { topic: "shop.orders" records: 14 })");
}

}  // namespace
}  // namespace millrace::admin
