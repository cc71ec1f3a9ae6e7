// SPDX-License-Identifier: Apache-2.0

// Rolling back a part of the transaction in progress.

#include "transcode/builder_fixture.h"

namespace millrace::transcode {
namespace {

using ::testing::ElementsAre;

class SavepointTest : public ::testing::Test {
 protected:
  void Begin(uint64_t number) {
    number_ = number;
    builder_.BeginTransaction({.gtid = GtidTextOf(number), .commit_time = CommitTimeOf(number)});
  }
  void Insert(uint32_t id, size_t note_bytes = 10) {
    const std::string row = OrdersTable::Row(id, note_bytes);
    ASSERT_TRUE(
        builder_.AddRows(orders_.plan(), OrdersTable::Event(binlog::RowsKind::kWrite, row)).ok());
  }
  void End() {
    builder_.gtids().Add(GtidOf(number_));
    builder_.EndTransaction();
  }
  // The sequences of each transaction in the closed frames.
  std::vector<std::vector<uint64_t>> Sequences() {
    builder_.CloseFrame();
    std::vector<std::vector<uint64_t>> sequences;
    for (BuiltFrame& built : builder_.TakeFrames()) {
      const auto frame = log::Frame::ParseUnverified(built.first, std::move(built.bytes));
      EXPECT_TRUE(frame.ok()) << frame.status();
      const v1::SubscribeResponse response = TransactionsOf(**frame);
      for (const v1::Transaction& transaction : response.transactions()) {
        sequences.emplace_back();
        for (const v1::Change& change : transaction.changes()) {
          sequences.back().push_back(change.sequence());
        }
      }
    }
    return sequences;
  }

  OrdersTable orders_;
  FrameBuilder builder_{1000, {}};
  uint64_t number_ = 0;
};

TEST_F(SavepointTest, RollbackReusesSequencesSinceTheMark) {
  Begin(1);
  Insert(1);
  const auto mark = builder_.MakeMark();
  Insert(2);
  Insert(3);
  EXPECT_TRUE(builder_.RollBackTo(mark));
  Insert(4);
  End();
  EXPECT_THAT(Sequences(), ElementsAre(ElementsAre(1, 2)));
}

TEST_F(SavepointTest, MarkAtStartRollsBackEverything) {
  Begin(1);
  Insert(1);
  End();
  Begin(2);
  const auto mark = builder_.MakeMark();
  Insert(2);
  EXPECT_TRUE(builder_.RollBackTo(mark));
  EXPECT_EQ(builder_.transaction_changes(), 0u);
  End();
  Begin(3);
  Insert(3);
  End();
  EXPECT_THAT(Sequences(), ElementsAre(ElementsAre(1), ElementsAre(2)));
}

TEST_F(SavepointTest, MarkSurvivesClosedFrameOfEarlierTransactions) {
  Begin(1);
  Insert(1, 600);
  End();
  Begin(2);
  const auto mark = builder_.MakeMark();
  Insert(2, 600);
  Insert(3);  // the first frame closes, the transaction in progress moves to the next
  EXPECT_TRUE(builder_.RollBackTo(mark));
  Insert(4);
  End();
  EXPECT_THAT(Sequences(), ElementsAre(ElementsAre(1), ElementsAre(2)));
}

TEST_F(SavepointTest, RollbackAcrossClosedFrameIsRefused) {
  Begin(1);
  Insert(1);
  const auto mark = builder_.MakeMark();
  Insert(2, 1500);
  Insert(3);  // the frame closes with changes since the mark
  EXPECT_FALSE(builder_.RollBackTo(mark));
  EXPECT_EQ(builder_.transaction_changes(), 3u);
}

}  // namespace
}  // namespace millrace::transcode
