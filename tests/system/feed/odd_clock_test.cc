// SPDX-License-Identifier: Apache-2.0

// A session can claim any time for its transactions (SET timestamp). Such a transaction affects
// neither a start by time nor retention.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "google/protobuf/util/time_util.h"
#include "system/variants_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSubsetOf;
using ::testing::Not;

class OddClock : public ::testing::TestWithParam<Flavour> {
 protected:
  void Start(std::vector<std::string> log = {}) {
    log.push_back("frame_bytes: 4KiB");
    shop_.emplace(GetParam(), std::vector<std::string>(),
                  FeedServerOptions{.source = {"heartbeat_period: 1s"}, .log = std::move(log)});
    sql().MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, s TEXT)");
  }
  SqlSession& sql() { return shop_->sql(); }
  // Inserts into a frame of its own.
  void Insert(int id, const std::string& timestamp = "DEFAULT") {
    sql().MustExecute("SET timestamp = " + timestamp);
    sql().MustExecute(fmt::format("INSERT INTO shop.t VALUES ({}, REPEAT('x', 5000))", id));
    sql().MustExecute("SET timestamp = DEFAULT");
  }
  // The source's next second: MariaDB's commit times are whole seconds.
  google::protobuf::Timestamp NextSecond() {
    const std::string now = sql().MustQueryValue("SELECT UNIX_TIMESTAMP(SYSDATE()) + 1");
    sql().MustExecute("DO SLEEP(1.1)");
    return google::protobuf::util::TimeUtil::SecondsToTimestamp(std::stoll(now));
  }
  std::vector<std::string> IdsFrom(const google::protobuf::Timestamp& time) {
    v1::SubscribeRequest request;
    *request.mutable_commit_time() = time;
    std::vector<std::string> ids;
    for (const SeenChange& change : shop_->reader().ReadAll(sql(), request)) {
      if (change.after.has_value()) ids.push_back(*change.after->at("id"));
    }
    return ids;
  }

  std::optional<Variants> shop_;
};

constexpr char kFarFuture[] = "UNIX_TIMESTAMP('2037-12-31')";
constexpr char kFarPast[] = "86400";

TEST_P(OddClock, StartByTimeIgnoresOddTimes) {
  Start();
  Insert(1);
  const auto before_odd = NextSecond();
  Insert(2);
  Insert(3, kFarFuture);
  Insert(4, kFarPast);
  Insert(5);
  const auto after_odd = NextSecond();
  Insert(6);
  EXPECT_THAT(IdsFrom(after_odd), ElementsAre("6"));
  EXPECT_THAT(IdsFrom(before_odd), ElementsAre("2", "3", "4", "5", "6"));
}

TEST_P(OddClock, StartInTheFutureIsRefused) {
  Start();
  Insert(1);
  v1::GetPositionRequest request;
  *request.mutable_commit_time() =
      google::protobuf::util::TimeUtil::SecondsToTimestamp(4'000'000'000);
  const auto position = shop_->feed().client().GetPosition(request);
  EXPECT_EQ(position.status().code(), absl::StatusCode::kOutOfRange) << position.status();
}

TEST_P(OddClock, RetentionByAgeIgnoresOddTimes) {
  Start({"retention_age: 2s"});
  Insert(1, kFarPast);
  Insert(2, kFarFuture);
  // Retention runs every ten seconds.
  int id = 2;
  shop_->feed().WaitUntil("trimming", [&](const v1::GetStatusResponse& status) {
    Insert(++id);
    return status.log().oldest_sequence() > 4;
  });
}

INSTANTIATE_TEST_SUITE_P(Sources, OddClock, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
