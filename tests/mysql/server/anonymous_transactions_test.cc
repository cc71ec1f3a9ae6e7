// SPDX-License-Identifier: Apache-2.0

#include "mysql/anonymous_transactions.h"

#include <gtest/gtest.h>

#include "fmt/format.h"
#include "mysql/current_position.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

// A source with gtid_mode ON_PERMISSIVE, where both kinds of transactions share a file.
class AnonymousTransactions : public SourceTest {
 protected:
  void SetUp() override {
    source_ = Start({"--gtid-mode=ON_PERMISSIVE"});
    root_.emplace(source_->MustConnect());
    connection_ = MustConnect(OptionsFor(*source_));
    root_->MustExecute("FLUSH BINARY LOGS");
  }
  void Write(std::string_view gtid_next) {
    root_->MustExecute(fmt::format("SET gtid_next = '{}'", gtid_next));
    root_->MustExecute(fmt::format("CREATE DATABASE d{}", ++written_));
    root_->MustExecute("SET gtid_next = 'AUTOMATIC'");
  }
  SourcePosition Now() { return CurrentPosition(*connection_).value(); }
  bool Follow(const SourcePosition& ours) {
    return AnonymousTransactionsFollow(*connection_, ours).value();
  }

  std::unique_ptr<testing::SourceServer> source_;
  std::optional<testing::SqlSession> root_;
  std::unique_ptr<Connection> connection_;
  int written_ = 0;
};

// A dump by GTID set would skip this file.
TEST_P(AnonymousTransactions, FollowInTheSameFile) {
  Write("AUTOMATIC");
  const SourcePosition ours = Now();
  Write("ANONYMOUS");
  root_->MustExecute("SET GLOBAL gtid_mode = ON");
  Write("AUTOMATIC");
  EXPECT_TRUE(Follow(ours));
  EXPECT_FALSE(Follow(Now()));
}

TEST_P(AnonymousTransactions, BeforeOurPositionDoNotFollow) {
  Write("ANONYMOUS");
  const SourcePosition ours = Now();
  Write("AUTOMATIC");
  EXPECT_FALSE(Follow(ours));
}

TEST_P(AnonymousTransactions, FollowInALaterFile) {
  Write("AUTOMATIC");
  const SourcePosition ours = Now();
  root_->MustExecute("FLUSH BINARY LOGS");
  Write("ANONYMOUS");
  EXPECT_TRUE(Follow(ours));
}

INSTANTIATE_TEST_SUITE_P(Servers, AnonymousTransactions, ::testing::Values(ServerKind::kMysql),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace
