// SPDX-License-Identifier: Apache-2.0

#include "transcode/frame_builder.h"

#include <limits>
#include <random>
#include <utility>

#include "transcode/builder_fixture.h"

namespace millrace::transcode {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint32_t kFrameBytes = 1000;

class FrameBuilderTest : public ::testing::Test {
 protected:
  void Begin(uint64_t number) {
    number_ = number;
    const std::string gtid = GtidTextOf(number);
    builder_.BeginTransaction({.gtid = gtid,
                               .commit_time = CommitTimeOf(number),
                               .server_id = 11,
                               .file = "binlog.000004",
                               .position = 100 * number});
  }
  void Insert(uint32_t id, size_t note_bytes = 10) {
    ASSERT_TRUE(AddRows(binlog::RowsKind::kWrite, OrdersTable::Row(id, note_bytes)).ok());
  }
  absl::Status AddRows(binlog::RowsKind kind, std::string_view images) {
    return builder_.AddRows(orders_.plan(), OrdersTable::Event(kind, images)).status();
  }
  void End() {
    builder_.gtids().Add(GtidOf(number_));
    builder_.EndTransaction();
  }
  void Transaction(uint64_t number, uint32_t inserts, size_t note_bytes = 10) {
    Begin(number);
    for (uint32_t i = 0; i < inserts; ++i) Insert(i, note_bytes);
    End();
  }
  // Takes all closed frames, parsed and checked.
  std::vector<FramePtr> Take() {
    std::vector<FramePtr> frames;
    unfinished_.clear();
    for (BuiltFrame& built : builder_.TakeFrames()) {
      unfinished_.push_back(built.unfinished);
      const auto frame = log::Frame::ParseUnverified(built.first, std::move(built.bytes));
      EXPECT_TRUE(frame.ok()) << frame.status();
      EXPECT_EQ((*frame)->last(), built.last);
      frames.push_back(*frame);
    }
    return frames;
  }
  FramePtr CloseAndTakeOne() {
    builder_.CloseFrame();
    const std::vector<FramePtr> frames = Take();
    EXPECT_THAT(frames, SizeIs(1));
    return frames.empty() ? nullptr : frames.front();
  }
  std::string GtidsText(std::string_view binary) {
    const auto set = GtidSet::FromBinary(binary);
    return set.ok() ? set->ToString() : set.status().ToString();
  }

  OrdersTable orders_;
  FrameBuilder builder_{kFrameBytes, {}};
  std::vector<bool> unfinished_;
  uint64_t number_ = 0;
};

TEST_F(FrameBuilderTest, ChangeHasSequenceOperationTableAndRows) {
  Begin(1);
  ASSERT_TRUE(
      AddRows(binlog::RowsKind::kUpdate, OrdersTable::Row(5, 3) + OrdersTable::Row(6, 300)).ok());
  ASSERT_TRUE(AddRows(binlog::RowsKind::kDelete, OrdersTable::Row(6, 0)).ok());
  End();
  const auto transactions = TransactionsOf(*CloseAndTakeOne());
  ASSERT_EQ(transactions.transactions_size(), 1);
  const v1::Change& update = transactions.transactions(0).changes(0);
  EXPECT_EQ(update.sequence(), 1u);
  EXPECT_EQ(update.operation(), v1::OPERATION_UPDATE);
  EXPECT_EQ(update.database() + "." + update.table(), "shop.orders");
  EXPECT_EQ(update.before().type_url(), "t/db.shop.orders");
  EXPECT_EQ(update.before().value(), std::string("\x08\x05\x12\x03") + "fff");
  EXPECT_THAT(update.after().value(), SizeIs(2 + 3 + 300));
  const v1::Change& removal = transactions.transactions(0).changes(1);
  EXPECT_EQ(removal.sequence(), 2u);
  EXPECT_EQ(removal.operation(), v1::OPERATION_DELETE);
  EXPECT_TRUE(removal.has_before() && !removal.has_after());
}

// Unchanged columns are copied from the before image, which moved if its length varint does not
// have the usual width.
TEST_F(FrameBuilderTest, UpdateHasBothRowsAtAnySize) {
  for (const size_t note_bytes : {0u, 3u, 90u, 120u, 121u, 200u, 16'300u, 16'380u, 20'000u}) {
    const std::string before = OrdersTable::Row(5, note_bytes);
    std::string other_id = before;
    other_id[1] = 6;
    const std::string longer_note = OrdersTable::Row(5, note_bytes + 1);
    Begin(1);
    ASSERT_TRUE(AddRows(binlog::RowsKind::kUpdate, before + other_id + before + longer_note).ok());
    ASSERT_TRUE(AddRows(binlog::RowsKind::kWrite, before + other_id + before + longer_note).ok());
    End();
    builder_.CloseFrame();
    std::vector<v1::Change> changes;
    for (const FramePtr& frame : Take()) {
      const v1::SubscribeResponse response = TransactionsOf(*frame);
      const auto& some = response.transactions(0).changes();
      changes.insert(changes.end(), some.begin(), some.end());
    }
    ASSERT_THAT(changes, SizeIs(6));
    EXPECT_EQ(changes[0].before().value(), changes[2].after().value()) << note_bytes;
    EXPECT_EQ(changes[0].after().value(), changes[3].after().value()) << note_bytes;
    EXPECT_EQ(changes[1].before().value(), changes[4].after().value()) << note_bytes;
    EXPECT_EQ(changes[1].after().value(), changes[5].after().value()) << note_bytes;
  }
}

TEST_F(FrameBuilderTest, TransactionHasGtidTimeAndSource) {
  Transaction(42, 1);
  const v1::Transaction transaction = TransactionsOf(*CloseAndTakeOne()).transactions(0);
  EXPECT_EQ(transaction.gtid(), GtidTextOf(42));
  EXPECT_EQ(transaction.commit_time().seconds(), 42);
  EXPECT_EQ(transaction.commit_time().nanos(), 42'000);
  EXPECT_EQ(transaction.source().server_id(), 11u);
  EXPECT_EQ(transaction.source().file(), "binlog.000004");
  EXPECT_EQ(transaction.source().position(), 4200u);
}

TEST_F(FrameBuilderTest, MissingGtidAndTimeAreOmitted) {
  builder_.BeginTransaction({.gtid = "", .file = "binlog.000001", .position = 4});
  Insert(1);
  builder_.EndTransaction();
  const v1::Transaction transaction = TransactionsOf(*CloseAndTakeOne()).transactions(0);
  EXPECT_TRUE(transaction.gtid().empty());
  EXPECT_FALSE(transaction.has_commit_time());
}

TEST_F(FrameBuilderTest, HeaderFitsLongestNamesAndNumbers) {
  const std::string file(20'000, 'f');
  const std::string gtid(200, 'g');
  constexpr Micros kLate = std::numeric_limits<Micros>::max();
  builder_.BeginTransaction({.gtid = gtid,
                             .commit_time = kLate,
                             .server_id = std::numeric_limits<uint32_t>::max(),
                             .file = file,
                             .position = std::numeric_limits<uint64_t>::max()});
  Insert(1);
  builder_.EndTransaction();
  const v1::Transaction transaction = TransactionsOf(*CloseAndTakeOne()).transactions(0);
  EXPECT_EQ(transaction.gtid(), gtid);
  EXPECT_EQ(transaction.commit_time().seconds(), kLate / 1'000'000);
  EXPECT_EQ(transaction.commit_time().nanos(), kLate % 1'000'000 * 1000);
  EXPECT_EQ(transaction.source().server_id(), std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(transaction.source().file(), file);
  EXPECT_EQ(transaction.source().position(), std::numeric_limits<uint64_t>::max());
}

TEST_F(FrameBuilderTest, LengthVarintsAreMinimalAtEveryBoundary) {
  for (const size_t bytes :
       {0, 90, 100, 110, 127, 128, 16'200, 16'300, 16'383, 16'384, 100'000, 2'097'000, 2'097'152}) {
    Begin(1);
    Insert(1, bytes);
    Insert(2, bytes);
    End();
    for (const FramePtr& frame : Take()) TransactionsOf(*frame);
    builder_.CloseFrame();
    for (const FramePtr& frame : Take()) TransactionsOf(*frame);
  }
}

TEST_F(FrameBuilderTest, EmptyTransactionAddsOnlyItsGtid) {
  Begin(1);
  End();
  builder_.CloseFrame();
  EXPECT_FALSE(builder_.has_closed_frames());
  EXPECT_EQ(builder_.newest().value, 0u);
  Transaction(2, 1);
  const FramePtr frame = CloseAndTakeOne();
  EXPECT_EQ(GtidsText(frame->gtids_before()), GtidTextOf(1));
  EXPECT_EQ(frame->first().value, 1u);
}

TEST_F(FrameBuilderTest, SmallTransactionsShareAFrame) {
  for (uint64_t number = 1; number <= 40; ++number) Transaction(number, 1);
  const std::vector<FramePtr> frames = Take();
  ASSERT_THAT(frames, Not(IsEmpty()));
  EXPECT_GT(frames[0]->segments().size(), 4u);
  EXPECT_GE(frames[0]->payload().size(), kFrameBytes);
  EXPECT_FALSE(TransactionsOf(*frames[0]).transactions(0).more());
}

TEST_F(FrameBuilderTest, LargeTransactionSpansFramesMarkedMore) {
  Transaction(1, 40, 100);
  builder_.CloseFrame();
  const std::vector<FramePtr> frames = Take();
  ASSERT_GT(frames.size(), 3u);
  uint64_t changes = 0;
  for (const FramePtr& frame : frames) {
    const v1::Transaction part = TransactionsOf(*frame).transactions(0);
    EXPECT_EQ(part.gtid(), GtidTextOf(1));
    EXPECT_EQ(part.more(), frame != frames.back());
    EXPECT_EQ(frame->segments()[0].changes_before, changes);
    changes += frame->change_count();
  }
  EXPECT_EQ(changes, 40u);
}

TEST_F(FrameBuilderTest, FramesOfAnEndedTransactionAreFinished) {
  Begin(1);
  for (uint32_t i = 0; i < 40; ++i) Insert(i, 100);
  const size_t taken_early = Take().size();
  EXPECT_THAT(unfinished_, SizeIs(taken_early));
  EXPECT_THAT(unfinished_, Not(::testing::Contains(false)));
  for (uint32_t i = 0; i < 40; ++i) Insert(i, 100);
  End();
  builder_.CloseFrame();
  Take();
  EXPECT_THAT(unfinished_, Not(::testing::Contains(true)));
}

TEST_F(FrameBuilderTest, LargeTransactionDoesNotDelayFinishedOnes) {
  Transaction(1, 1);
  Begin(2);
  while (!builder_.has_closed_frames()) Insert(1, 100);
  const std::vector<FramePtr> frames = Take();
  ASSERT_THAT(frames, SizeIs(1));
  EXPECT_THAT(unfinished_, ElementsAre(false));
  EXPECT_EQ(TransactionsOf(*frames[0]).transactions(0).gtid(), GtidTextOf(1));
  EXPECT_EQ(GtidsText(frames[0]->gtids_after()), GtidTextOf(1));
  EXPECT_EQ(builder_.newest().value, 1u);
}

TEST_F(FrameBuilderTest, FinishedFramesComeBeforeUnfinishedOnes) {
  Transaction(1, 1);
  Begin(2);
  Insert(1, 5000);
  Insert(2, 5000);
  Take();
  EXPECT_THAT(unfinished_, ElementsAre(false, true));
}

TEST_F(FrameBuilderTest, CloseFrameExcludesTransactionInProgress) {
  Transaction(1, 1);
  Begin(2);
  Insert(1);
  EXPECT_EQ(TransactionsOf(*CloseAndTakeOne()).transactions_size(), 1);
  Insert(2);
  End();
  const FramePtr second = CloseAndTakeOne();
  EXPECT_EQ(second->first().value, 2u);
  EXPECT_EQ(TransactionsOf(*second).transactions(0).changes_size(), 2);
  EXPECT_EQ(GtidsText(second->gtids_before()), GtidTextOf(1));
}

// Changes left in the open frame could not be stored together with the closed frames.
TEST_F(FrameBuilderTest, EndedLargeTransactionLeavesNoOpenChanges) {
  Begin(1);
  while (!builder_.has_closed_frames()) Insert(1, 100);
  End();
  EXPECT_FALSE(builder_.has_open_changes());
}

TEST_F(FrameBuilderTest, AbandonedOpenTransactionLeavesNoTrace) {
  Begin(1);
  Insert(1);
  EXPECT_FALSE(builder_.AbandonTransaction());
  Transaction(2, 1);
  const FramePtr frame = CloseAndTakeOne();
  EXPECT_EQ(frame->first().value, 1u);
  EXPECT_EQ(TransactionsOf(*frame).transactions_size(), 1);
  EXPECT_EQ(GtidsText(frame->gtids_after()), GtidTextOf(2));
}

TEST_F(FrameBuilderTest, AbandonDoesNotCorruptGtidsOfNextFrame) {
  Transaction(1, 1);
  CloseAndTakeOne();
  Begin(2);
  Insert(1);
  builder_.AbandonTransaction();
  Transaction(3, 1);
  EXPECT_EQ(GtidsText(CloseAndTakeOne()->gtids_before()), GtidTextOf(1));
}

TEST_F(FrameBuilderTest, AbandonKeepsFinishedTransactions) {
  Transaction(1, 2);
  Begin(2);
  Insert(1);
  EXPECT_FALSE(builder_.AbandonTransaction());
  Transaction(3, 1);
  const FramePtr frame = CloseAndTakeOne();
  EXPECT_EQ(frame->change_count(), 3u);
  EXPECT_EQ(TransactionsOf(*frame).transactions(1).gtid(), GtidTextOf(3));
  EXPECT_EQ(TransactionsOf(*frame).transactions(1).changes(0).sequence(), 3u);
}

TEST_F(FrameBuilderTest, AbandonAfterDetachingKeepsTheFinishedFrame) {
  Transaction(1, 1);
  Begin(2);
  for (uint32_t i = 0; i < 30; ++i) Insert(i, 100);
  EXPECT_FALSE(builder_.AbandonTransaction());
  const std::vector<FramePtr> frames = Take();
  ASSERT_THAT(frames, SizeIs(1));
  EXPECT_EQ(frames[0]->last().value, 1u);
  Transaction(3, 1);
  const FramePtr next = CloseAndTakeOne();
  EXPECT_EQ(next->first().value, 2u);
  EXPECT_EQ(GtidsText(next->gtids_before()), GtidTextOf(1));
}

TEST_F(FrameBuilderTest, AbandonReportsTakenFrames) {
  Begin(1);
  while (!builder_.has_closed_frames()) Insert(1, 100);
  Take();
  EXPECT_TRUE(builder_.AbandonTransaction());
  Begin(2);
  EXPECT_FALSE(builder_.AbandonTransaction());
  Transaction(3, 1);
  EXPECT_EQ(CloseAndTakeOne()->first().value, 1u);
}

TEST_F(FrameBuilderTest, FrameCommitTimeCoversItsOwnTransactions) {
  Transaction(1, 1);
  Begin(9);
  Insert(1);
  EXPECT_EQ(CloseAndTakeOne()->commit_time_max(), CommitTimeOf(1));
  builder_.AbandonTransaction();
  Transaction(2, 1);
  EXPECT_EQ(CloseAndTakeOne()->commit_time_max(), CommitTimeOf(2));
}

TEST_F(FrameBuilderTest, UnfinishedFrameCommitTimeCoversItsTransaction) {
  Begin(5);
  while (!builder_.has_closed_frames()) Insert(1, 100);
  EXPECT_EQ(Take().front()->commit_time_max(), CommitTimeOf(5));
}

TEST_F(FrameBuilderTest, ClampedCommitTimeDoesNotRaiseMaximum) {
  builder_.BeginTransaction({.commit_time = CommitTimeOf(900), .clamped_time = CommitTimeOf(3)});
  Insert(1);
  builder_.EndTransaction();
  const auto frame = CloseAndTakeOne();
  EXPECT_EQ(frame->commit_time_max(), CommitTimeOf(3));
  EXPECT_EQ(frame->segments().front().commit_time, CommitTimeOf(900));
  EXPECT_EQ(builder_.commit_time_max(), CommitTimeOf(3));
}

TEST_F(FrameBuilderTest, CommitTimeMaximumCanBeRaised) {
  builder_.RaiseCommitTimeMax(CommitTimeOf(8));
  builder_.RaiseCommitTimeMax(CommitTimeOf(7));
  Transaction(1, 1);
  const auto frame = CloseAndTakeOne();
  EXPECT_EQ(frame->commit_time_max(), CommitTimeOf(8));
  EXPECT_EQ(frame->segments().front().commit_time, CommitTimeOf(1));
}

TEST_F(FrameBuilderTest, ContinuesAfterUndecodableRow) {
  Transaction(1, 1);
  Begin(2);
  const std::string rows = OrdersTable::Row(1, 10) + OrdersTable::Row(2, 10).substr(0, 8);
  EXPECT_EQ(ErrorReason(AddRows(binlog::RowsKind::kWrite, rows)), "ROW_UNDECODABLE");
  EXPECT_FALSE(builder_.AbandonTransaction());
  Transaction(2, 2);
  const FramePtr frame = CloseAndTakeOne();
  EXPECT_EQ(TransactionsOf(*frame).transactions_size(), 2);
  EXPECT_EQ(frame->last().value, 3u);
}

TEST_F(FrameBuilderTest, ChangeOverTheLimitNamesTheTable) {
  builder_ = FrameBuilder(kFrameBytes, {}, /*change_bytes_max=*/2000);
  Begin(1);
  Insert(1, 1900);
  const absl::Status status = AddRows(binlog::RowsKind::kWrite, OrdersTable::Row(2, 2100));
  EXPECT_EQ(ErrorReason(status), "CHANGE_TOO_LARGE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("table shop.orders takes"));
  builder_.AbandonTransaction();
  Transaction(1, 1, 1900);
  EXPECT_EQ(CloseAndTakeOne()->change_count(), 1u);
}

TEST_F(FrameBuilderTest, StatementOverTheLimitIsAnError) {
  builder_ = FrameBuilder(kFrameBytes, {}, /*change_bytes_max=*/2000);
  Begin(1);
  const std::string statement(2100, 'x');
  const absl::Status status =
      builder_.AddDefinitionChange({.operation = v1::OPERATION_SCHEMA_CHANGE,
                                    .table_id = 7,
                                    .table = {"a", "b"},
                                    .statement = statement});
  EXPECT_EQ(ErrorReason(status), "CHANGE_TOO_LARGE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("table a.b takes"));
}

TEST_F(FrameBuilderTest, ImageWithoutColumnsIsAnError) {
  binlog::Rows event = OrdersTable::Event(binlog::RowsKind::kWrite, "\x01");
  event.present = std::string_view("\0", 1);
  Begin(1);
  EXPECT_FALSE(builder_.AddRows(orders_.plan(), event).ok());
}

TEST_F(FrameBuilderTest, DefinitionChangeHasStatementAndTables) {
  Begin(1);
  ASSERT_TRUE(builder_
                  .AddDefinitionChange({.operation = v1::OPERATION_TRUNCATE,
                                        .table_id = 3,
                                        .table = {"shop", "carts"},
                                        .statement = "TRUNCATE carts",
                                        .default_database = "shop",
                                        .tables = {{"shop", "carts"}, {"shop", "b"}}})
                  .ok());
  End();
  const FramePtr frame = CloseAndTakeOne();
  const v1::Change change = TransactionsOf(*frame).transactions(0).changes(0);
  EXPECT_EQ(change.table(), "carts");
  EXPECT_EQ(change.schema_change().statement(), "TRUNCATE carts");
  EXPECT_EQ(change.schema_change().default_database(), "shop");
  EXPECT_THAT(change.schema_change().tables(), ElementsAre("shop.carts", "shop.b"));
  EXPECT_EQ(frame->runs()[0].table_id, 3u);
  EXPECT_EQ(frame->runs()[0].operation, v1::OPERATION_TRUNCATE);
}

TEST_F(FrameBuilderTest, ColumnsOutsideTheImageAreUnknown) {
  binlog::Rows event = OrdersTable::Event(binlog::RowsKind::kUpdate, "");
  event.present = "\x01";
  event.present_after = "\x02";
  std::string images("\0\x09\0\0\0", 5);
  images.append(std::string("\0\x01\0\0\0z", 6));
  event.rows = images;
  Begin(1);
  ASSERT_TRUE(builder_.AddRows(orders_.plan(), event).ok());
  End();
  const v1::Change change = TransactionsOf(*CloseAndTakeOne()).transactions(0).changes(0);
  EXPECT_THAT(change.before_unknown_fields(), ElementsAre(2));
  EXPECT_THAT(change.after_unknown_fields(), ElementsAre(1));
}

TEST_F(FrameBuilderTest, RunsGroupChangesOfOneTableAndOperation) {
  Begin(1);
  Insert(1);
  Insert(2);
  ASSERT_TRUE(AddRows(binlog::RowsKind::kDelete, OrdersTable::Row(1, 1)).ok());
  Insert(3);
  End();
  std::vector<std::pair<int, uint32_t>> runs;
  const FramePtr frame = CloseAndTakeOne();
  for (const log::Run& run : frame->runs()) {
    runs.emplace_back(run.operation, run.change_count);
  }
  EXPECT_THAT(runs, ElementsAre(std::pair(1, 2u), std::pair(3, 1u), std::pair(1, 1u)));
}

TEST_F(FrameBuilderTest, ContinuesAtTheEndOfTheLog) {
  GtidSet gtids;
  gtids.Add(GtidOf(1));
  builder_ = FrameBuilder(kFrameBytes, {.newest = {77}, .gtids = gtids, .commit_time_max = 5});
  EXPECT_EQ(builder_.newest().value, 77u);
  Transaction(2, 1);
  const FramePtr frame = CloseAndTakeOne();
  EXPECT_EQ(frame->first().value, 78u);
  EXPECT_EQ(GtidsText(frame->gtids_before()), GtidTextOf(1));
}

// Applies random operations to a builder and to a simple model of the expected transactions.
class RandomBuilder {
 public:
  explicit RandomBuilder(uint32_t seed) : random_(seed) {}

  void Run(int steps) {
    for (int i = 0; i < steps; ++i) Step();
    if (builder_.in_transaction()) End();
    builder_.CloseFrame();
    Take();
  }
  void ExpectLogMatchesModel() const {
    size_t next = 0;
    bool more = false;
    for (const FramePtr& frame : log_) {
      ExpectIndexFits(*frame);
      const v1::SubscribeResponse parsed = TransactionsOf(*frame);
      for (const v1::Transaction& part : parsed.transactions()) {
        for (const v1::Change& change : part.changes()) {
          ASSERT_LT(next, model_.size());
          EXPECT_EQ(change.sequence(), next + 1);
          EXPECT_EQ(part.gtid(), GtidTextOf(model_[next].number));
          EXPECT_EQ(change.after().value().size(), model_[next].row_bytes);
          ++next;
        }
        more = part.more();
        const bool ends = next == model_.size() || model_[next].number != model_[next - 1].number;
        EXPECT_EQ(more, !ends);
      }
      ExpectGtidsFit(*frame);
    }
    EXPECT_EQ(next, model_.size());
  }

 private:
  struct Expected {
    uint64_t number;
    size_t row_bytes;
  };

  void Step() {
    const uint32_t dice = random_() % 100;
    if (!builder_.in_transaction()) {
      if (dice < 80) return Begin();
      if (dice < 90) builder_.CloseFrame();
      return Take();
    }
    if (dice < 60) return Insert();
    if (dice < 80) return End();
    if (dice < 88) return Abandon();
    if (dice < 94) builder_.CloseFrame();
    Take();
  }
  void Begin() {
    const std::string gtid = GtidTextOf(++number_);
    builder_.BeginTransaction({.gtid = gtid, .commit_time = CommitTimeOf(number_), .file = "f"});
  }
  void Insert() {
    static constexpr size_t kBytes[] = {0, 10, 117, 300, 990, 17'000};
    const size_t bytes = kBytes[random_() % std::size(kBytes)];
    const uint32_t count = 1 + random_() % 4;
    std::string rows;
    for (uint32_t i = 0; i < count; ++i) rows.append(OrdersTable::Row(1, bytes));
    ASSERT_TRUE(
        builder_.AddRows(orders_.plan(), OrdersTable::Event(binlog::RowsKind::kWrite, rows)).ok());
    const size_t row_bytes = 3 + wire::Buffer::VarintWidth(bytes) + bytes;
    for (uint32_t i = 0; i < count; ++i) pending_.push_back({number_, row_bytes});
  }
  void End() {
    builder_.gtids().Add(GtidOf(number_));
    builder_.EndTransaction();
    model_.insert(model_.end(), pending_.begin(), pending_.end());
    pending_.clear();
    EXPECT_EQ(builder_.newest().value, model_.size());
  }
  void Abandon() {
    if (builder_.AbandonTransaction()) {
      while (!log_.empty() && log_.back()->last().value > model_.size()) log_.pop_back();
    }
    pending_.clear();
  }
  void Take() {
    for (BuiltFrame& built : builder_.TakeFrames()) {
      ASSERT_EQ(built.first.value, log_.empty() ? 1 : log_.back()->last().value + 1);
      EXPECT_EQ(built.unfinished, built.first.value > model_.size());
      log_.push_back(log::Frame::ParseUnverified(built.first, std::move(built.bytes)).value());
    }
  }
  static void ExpectIndexFits(const log::Frame& frame) {
    for (const log::Segment& segment : frame.segments()) {
      v1::Transaction header;
      ASSERT_TRUE(header.ParseFromString(
          std::string(frame.payload().substr(segment.header_offset, segment.header_size))));
      EXPECT_EQ(header.changes_size(), 0);
      EXPECT_EQ(header.more(), segment.more);
      EXPECT_EQ(header.commit_time().seconds(), segment.commit_time / 1'000'000);
    }
    for (const log::Run& run : frame.runs()) {
      v1::Transaction changes;
      ASSERT_TRUE(
          changes.ParseFromString(std::string(frame.payload().substr(run.offset, run.size))));
      EXPECT_EQ(changes.changes_size(), static_cast<int>(run.change_count));
    }
  }
  // gtids_before has exactly the transactions that end before the frame, gtids_after also those
  // that end in it.
  void ExpectGtidsFit(const log::Frame& frame) const {
    const GtidSet before = GtidSet::FromBinary(frame.gtids_before()).value();
    const GtidSet after = GtidSet::FromBinary(frame.gtids_after()).value();
    for (size_t i = 0; i < model_.size(); ++i) {
      const bool last = i + 1 == model_.size() || model_[i + 1].number != model_[i].number;
      if (!last) continue;
      EXPECT_EQ(before.Contains(GtidOf(model_[i].number)), i + 1 < frame.first().value);
      EXPECT_EQ(after.Contains(GtidOf(model_[i].number)), i + 1 <= frame.last().value);
    }
  }

  std::mt19937 random_;
  OrdersTable orders_;
  FrameBuilder builder_{kFrameBytes, {}};
  uint64_t number_ = 0;
  std::vector<Expected> pending_;
  std::vector<Expected> model_;
  std::vector<FramePtr> log_;
};

TEST(FrameBuilderProperty, LogAlwaysHoldsEndedTransactions) {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    RandomBuilder random(seed);
    random.Run(120);
    random.ExpectLogMatchesModel();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace millrace::transcode
