// SPDX-License-Identifier: Apache-2.0

#include "feed/slicer.h"

#include "feed/filled_log.h"

namespace millrace::feed {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class SlicerTest : public ::testing::Test {
 protected:
  // A frame of one transaction with a change of `orders` and then one of `carts`.
  FramePtr TwoTables() {
    log_.Transaction(1, {{.table = "orders"}, {.table = "carts"}});
    log_.Commit();
    return log_.feed().Read({1}, 1).value().front();
  }
  Filter Only(const std::string& table) {
    return Filter::Make(TablePatterns::Parse({table}).value(), {}, log_.registry()).value();
  }
  static v1::SubscribeResponse Parse(const Selection& selection) {
    std::string bytes;
    for (const Piece& piece : selection.pieces) bytes.append(piece.bytes());
    v1::SubscribeResponse response;
    EXPECT_TRUE(response.ParseFromString(bytes));
    return response;
  }
  static constexpr Sequence kNoEnd{UINT64_MAX};

  FilledLog log_{{.frame_bytes = 64 << 10}};
};

TEST_F(SlicerTest, UnfilteredFrameIsSentUnchanged) {
  const FramePtr frame = TwoTables();
  Slicer slicer(Filter(), false);
  Selection selection;
  EXPECT_TRUE(slicer.Take(frame, {1}, kNoEnd, 10'000, selection).value());
  ASSERT_THAT(selection.pieces, SizeIs(1));
  EXPECT_EQ(selection.pieces[0].bytes().data(), frame->payload().data());
  EXPECT_EQ(selection.covered.value, 2u);
}

TEST_F(SlicerTest, RowsAreNotCopied) {
  const FramePtr frame = TwoTables();
  Slicer slicer(Only("shop.carts"), false);
  Selection selection;
  ASSERT_TRUE(slicer.Take(frame, {1}, kNoEnd, 10'000, selection).value());
  ASSERT_THAT(selection.pieces, SizeIs(2));
  EXPECT_EQ(selection.pieces[0].frame, nullptr);
  EXPECT_EQ(selection.pieces[1].frame, frame);
  EXPECT_EQ(Parse(selection).transactions(0).changes(0).table(), "carts");
}

TEST_F(SlicerTest, UnwantedChangesAreStillCovered) {
  const FramePtr frame = TwoTables();
  Slicer slicer(Only("other.*"), false);
  Selection selection;
  EXPECT_TRUE(slicer.Take(frame, {1}, kNoEnd, 10'000, selection).value());
  EXPECT_THAT(selection.pieces, IsEmpty());
  EXPECT_EQ(selection.covered.value, 2u);
}

TEST_F(SlicerTest, FullResponseCoversOnlyItsChanges) {
  log_.Inserts(1, 10, 100);
  log_.Commit();
  const FramePtr frame = log_.feed().Read({1}, 1).value().front();
  Slicer slicer(Filter(), false);
  Selection selection;
  EXPECT_FALSE(slicer.Take(frame, {1}, kNoEnd, 600, selection).value());
  EXPECT_LT(selection.changes, 5u);
  EXPECT_EQ(selection.covered.value, selection.changes);
  EXPECT_TRUE(Parse(selection).transactions(0).more());
}

TEST_F(SlicerTest, ReaderInsideTransactionReceivesItsEnd) {
  const FramePtr frame = TwoTables();
  Slicer slicer(Only("shop.orders"), /*inside_transaction=*/true);
  Selection selection;
  ASSERT_TRUE(slicer.Take(frame, {2}, kNoEnd, 10'000, selection).value());
  const v1::SubscribeResponse response = Parse(selection);
  ASSERT_EQ(response.transactions_size(), 1);
  EXPECT_EQ(response.transactions(0).changes_size(), 0);
  EXPECT_FALSE(response.transactions(0).more());
}

TEST_F(SlicerTest, NothingAfterUntilIsSent) {
  const FramePtr frame = TwoTables();
  Slicer slicer(Filter(), false);
  Selection selection;
  EXPECT_TRUE(slicer.Take(frame, {1}, {0}, 10'000, selection).value());
  EXPECT_THAT(selection.pieces, IsEmpty());
}

// The checksum is correct, so only the content shows the damage.
TEST_F(SlicerTest, IndexPayloadMismatchIsDamage) {
  const auto [first, bytes] = log::testing::Stored(log::testing::OneTransaction({1}, 10, 2000));
  const FramePtr frame = log::Frame::Parse(first, bytes).value();
  Slicer slicer(Filter(), false);
  Selection selection;
  EXPECT_EQ(ReasonOf(slicer.Take(frame, {2}, kNoEnd, 10'000, selection)), "LOG_DAMAGED");
}

}  // namespace
}  // namespace millrace::feed
