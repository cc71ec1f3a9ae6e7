// SPDX-License-Identifier: Apache-2.0

#include "feed/cursor.h"

#include <random>
#include <set>
#include <thread>

#include "feed/filled_log.h"

namespace millrace::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Everything a reader received.
struct Received {
  std::vector<uint64_t> sequences;
  std::vector<v1::Transaction> parts;

  void Add(const Selection& selection) {
    std::string bytes;
    for (const Piece& piece : selection.pieces) bytes.append(piece.bytes());
    EXPECT_EQ(bytes.size(), selection.bytes);
    v1::SubscribeResponse response;
    ASSERT_TRUE(response.ParseFromString(bytes));
    EXPECT_TRUE(response.SerializeAsString() == bytes);
    uint64_t changes = 0;
    for (v1::Transaction& part : *response.mutable_transactions()) {
      for (const v1::Change& change : part.changes()) sequences.push_back(change.sequence());
      changes += static_cast<uint64_t>(part.changes_size());
      parts.push_back(std::move(part));
    }
    EXPECT_EQ(changes, selection.changes);
  }
};

class CursorTest : public ::testing::Test {
 protected:
  Filter FilterOf(const std::vector<std::string>& tables, const std::vector<int>& operations = {}) {
    return Filter::Make(TablePatterns::Parse(tables).value(), operations, log_->registry()).value();
  }
  // Reads until the cursor does not move.
  Received ReadAll(CursorOptions options) {
    Cursor cursor(log_->feed(), std::move(options));
    Received received;
    while (true) {
      const auto delivery = cursor.Next();
      EXPECT_EQ(ReasonOf(delivery), "OK");
      if (!delivery.ok() || !delivery->moved) return received;
      received.Add(delivery->selection);
    }
  }
  void Fill(const FilledLog::Options& options) { log_.emplace(options); }

  std::optional<FilledLog> log_{std::in_place};
};

TEST_F(CursorTest, DeliversEverythingInOrder) {
  log_->Inserts(1, 3);
  log_->Inserts(2, 2);
  log_->Commit();
  const Received received = ReadAll({});
  EXPECT_THAT(received.sequences, ElementsAre(1, 2, 3, 4, 5));
  ASSERT_THAT(received.parts, SizeIs(2));
  EXPECT_FALSE(received.parts[0].more());
}

TEST_F(CursorTest, DoesNotMoveAtTheNewestChange) {
  Cursor cursor(log_->feed(), {});
  EXPECT_FALSE(cursor.Next().value().moved);
  log_->Inserts(1, 1);
  log_->Commit();
  EXPECT_TRUE(cursor.Next().value().moved);
  EXPECT_FALSE(cursor.Next().value().moved);
  EXPECT_EQ(cursor.passed().value, 1u);
}

TEST_F(CursorTest, MemoryOnlyReadStopsWhereMemoryEnds) {
  Fill({.frame_bytes = 200, .ring_bytes = 8000});
  for (uint64_t number = 1; number <= 100; ++number) {
    log_->Inserts(number, 1);
    log_->Commit();
  }
  Cursor cursor(log_->feed(), {});
  EXPECT_TRUE(IsNotInMemory(cursor.Next(SIZE_MAX, ReadFrom::kMemory).status()));
  EXPECT_EQ(cursor.passed().value, 0u);
  const Sequence cached = log_->feed().Read({1}, 800)->back()->last();
  const Delivery delivery = cursor.Next(SIZE_MAX, ReadFrom::kMemory).value();
  EXPECT_EQ(cursor.passed(), cached);
  EXPECT_EQ(delivery.selection.changes, cached.value);
  EXPECT_TRUE(delivery.full);
  EXPECT_TRUE(IsNotInMemory(cursor.Next(SIZE_MAX, ReadFrom::kMemory).status()));
  EXPECT_EQ(cursor.Next().value().selection.changes, 100 - cached.value);
}

TEST_F(CursorTest, MovesPastUnwantedChanges) {
  log_->Transaction(1, {{.table = "carts"}, {.table = "carts"}});
  log_->Commit();
  log_->Transaction(2, {{.table = "orders"}});
  Cursor cursor(log_->feed(), {.start = {}, .filter = FilterOf({"shop.o*"})});
  const Delivery delivery = cursor.Next().value();
  EXPECT_TRUE(delivery.moved);
  EXPECT_THAT(delivery.selection.pieces, IsEmpty());
  EXPECT_EQ(delivery.token.sequence.value, 2u);
}

TEST_F(CursorTest, ChangeLargerThanAResponseIsSentAlone) {
  log_->Transaction(1, {{.id = 1}, {.id = 2, .note_bytes = 5000}, {.id = 3}});
  log_->Commit();
  Cursor cursor(log_->feed(), {.start = {}, .filter = {}, .response_bytes_max = 1024});
  std::vector<uint64_t> changes;
  for (Delivery at = cursor.Next().value(); at.moved; at = cursor.Next().value()) {
    changes.push_back(at.selection.changes);
  }
  EXPECT_THAT(changes, ElementsAre(1, 1, 1));
}

TEST_F(CursorTest, TransactionCutByBudgetHasMore) {
  log_->Inserts(1, 10, 100);
  log_->Commit();
  CursorOptions options;
  options.response_bytes_max = 400;
  const Received received = ReadAll(options);
  ASSERT_GT(received.parts.size(), 2u);
  for (const v1::Transaction& part : received.parts) {
    EXPECT_EQ(part.more(), &part != &received.parts.back());
    EXPECT_EQ(part.gtid(), GtidTextOf(1));
    EXPECT_TRUE(part.has_source() && part.has_commit_time());
  }
}

// The client buffers a transaction until it knows that the transaction is complete.
TEST_F(CursorTest, OpenTransactionIsClosedWithoutWantedChanges) {
  Fill({.frame_bytes = 300});
  std::vector<RowChange> rows(10, {.table = "orders", .note_bytes = 50});
  rows.resize(20, {.table = "carts", .note_bytes = 50});
  log_->Transaction(1, rows);
  log_->Commit();
  CursorOptions options;
  options.filter = FilterOf({"shop.orders"});
  const Received received = ReadAll(std::move(options));
  EXPECT_THAT(received.sequences, SizeIs(10));
  EXPECT_FALSE(received.parts.back().more());
  EXPECT_EQ(received.parts.back().gtid(), GtidTextOf(1));
}

TEST_F(CursorTest, EndsAfterUntil) {
  log_->Inserts(1, 3);
  log_->Inserts(2, 3);
  log_->Commit();
  CursorOptions options;
  options.until = Sequence{5};
  Cursor cursor(log_->feed(), options);
  const Delivery delivery = cursor.Next().value();
  Received received;
  received.Add(delivery.selection);
  EXPECT_TRUE(delivery.ended);
  EXPECT_THAT(received.sequences, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_FALSE(received.parts[0].more());
  EXPECT_TRUE(received.parts[1].more());
}

TEST_F(CursorTest, PastUntilEndsImmediately) {
  log_->Inserts(1, 3);
  log_->Commit();
  CursorOptions options;
  options.start.after = {3};
  options.until = Sequence{2};
  Cursor cursor(log_->feed(), options);
  const Delivery delivery = cursor.Next().value();
  EXPECT_TRUE(delivery.ended);
  EXPECT_FALSE(delivery.moved);
}

TEST_F(CursorTest, FutureUntilIsAwaited) {
  CursorOptions options;
  options.until = Sequence{2};
  Cursor cursor(log_->feed(), options);
  EXPECT_FALSE(cursor.Next().value().ended);
  log_->Inserts(1, 3);
  log_->Commit();
  const Delivery delivery = cursor.Next().value();
  EXPECT_TRUE(delivery.ended);
  EXPECT_EQ(delivery.selection.changes, 2u);
}

TEST_F(CursorTest, TrimmedStartFails) {
  Fill({.frame_bytes = 200, .ring_bytes = 1});
  for (uint64_t number = 1; number <= 20; ++number) log_->Inserts(number, 1);
  log_->Commit();
  log_->TrimBefore(10);
  Cursor cursor(log_->feed(), {});
  EXPECT_EQ(ReasonOf(cursor.Next()), "TOKEN_TRIMMED");
}

// Reads a random log with random filters, budgets and ends, and again from every token it received.
class RandomReading {
 public:
  explicit RandomReading(uint32_t seed)
      : random_(seed),
        log_({.frame_bytes = 200 + static_cast<uint32_t>(random_() % 1500),
              .ring_bytes = random_() % 2 == 0 ? 1u : 3000u}) {
    const uint64_t transactions = 5 + random_() % 20;
    for (uint64_t number = 1; number <= transactions; ++number) AddTransaction(number);
    log_.Commit();
  }

  void Run() {
    PickFilter();
    until_.reset();
    if (random_() % 2 == 0) until_ = Sequence{random_() % (log_.newest() + 2)};
    bytes_max_ = 100 + random_() % 3000;
    Read(Place{.after = {random_() % (log_.newest() + 1)}}, /*again=*/true);
  }

 private:
  static constexpr const char* kTables[] = {"orders", "carts", "users"};

  void AddTransaction(uint64_t number) {
    log_.Begin(number);
    const size_t changes = random_() % 8 == 0 ? 60 : random_() % 6;
    for (size_t i = 0; i < changes; ++i) {
      if (random_() % 15 == 0) log_.AddDatabaseChange();
      log_.Add({.table = kTables[random_() % 3],
                .operation = static_cast<v1::Operation>(1 + random_() % 3),
                .id = static_cast<uint32_t>(random_() % 1000),
                .note_bytes = random_() % 20 == 0 ? 2000 : random_() % 80});
      if (random_() % 20 == 0) log_.Commit();
    }
    log_.End();
    if (random_() % 3 == 0) log_.Commit();
  }
  void PickFilter() {
    patterns_.clear();
    operations_.clear();
    if (random_() % 3 == 0) return;
    if (random_() % 2 == 0) patterns_ = {"shop." + std::string(kTables[random_() % 3]) + "*"};
    if (random_() % 2 == 0) patterns_.push_back("!shop.users");
    if (random_() % 2 == 0) operations_ = {1 + static_cast<int>(random_() % 3), 6};
  }
  bool Wanted(const KnownChange& change) const {
    const TablePatterns tables = TablePatterns::Parse(patterns_).value();
    const bool table =
        tables.empty() || (!change.row.table.empty() && tables.Matches("shop", change.row.table));
    const bool operation =
        operations_.empty() || std::find(operations_.begin(), operations_.end(),
                                         change.row.operation) != operations_.end();
    return table && operation;
  }
  std::vector<uint64_t> Expected(Sequence after) const {
    std::vector<uint64_t> sequences;
    for (const KnownChange& change : log_.changes()) {
      if (change.sequence <= after.value || change.sequence > until_.value_or(Sequence{~0u}).value)
        continue;
      if (Wanted(change)) sequences.push_back(change.sequence);
    }
    return sequences;
  }
  uint64_t TransactionOf(uint64_t sequence) const {
    return sequence == 0 || sequence > log_.newest() ? 0 : log_.changes()[sequence - 1].transaction;
  }
  bool InsideTransaction(uint64_t after) const {
    return TransactionOf(after) != 0 && TransactionOf(after) == TransactionOf(after + 1);
  }

  void Read(Place start, bool again) {
    const Place resolved = ResolveSequence(log_.feed(), start.after).value();
    EXPECT_EQ(resolved.inside_transaction, InsideTransaction(start.after.value));
    Cursor cursor(log_.feed(), {.start = resolved,
                                .filter = Filter::Make(TablePatterns::Parse(patterns_).value(),
                                                       operations_, log_.registry())
                                              .value(),
                                .response_bytes_max = bytes_max_,
                                .until = until_});
    Received received;
    std::set<uint64_t> tokens;
    while (true) {
      const Delivery delivery = cursor.Next().value();
      if (!delivery.moved) break;
      received.Add(delivery.selection);
      EXPECT_TRUE(delivery.selection.changes <= 1 ||
                  delivery.selection.bytes <= bytes_max_ + 200 * received.parts.size());
      EXPECT_EQ(delivery.token.sequence, cursor.passed());
      tokens.insert(delivery.token.sequence.value);
      if (delivery.ended) break;
    }
    EXPECT_EQ(received.sequences, Expected(start.after));
    ExpectMoreFlagsAreExact(received, cursor.passed().value);
    if (!again) return;
    for (const uint64_t token : tokens) Read({.after = {token}}, /*again=*/false);
  }
  // A part has `more` exactly if the reader has not passed the end of its transaction yet.
  void ExpectMoreFlagsAreExact(const Received& received, uint64_t passed) const {
    for (size_t i = 0; i < received.parts.size(); ++i) {
      const bool last_part = i + 1 == received.parts.size() ||
                             received.parts[i + 1].gtid() != received.parts[i].gtid();
      const bool cut = i + 1 == received.parts.size() && InsideTransaction(passed) &&
                       received.parts[i].gtid() == GtidTextOf(TransactionOf(passed));
      EXPECT_EQ(received.parts[i].more(), !last_part || cut)
          << i << " of " << received.parts.size() << " passed " << passed << ": "
          << received.parts[i].ShortDebugString();
    }
  }

  std::mt19937 random_;
  FilledLog log_;
  std::vector<std::string> patterns_;
  std::vector<int> operations_;
  size_t bytes_max_ = 0;
  std::optional<Sequence> until_;
};

TEST(CursorProperty, EveryReaderGetsItsChangesOnceInOrder) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    RandomReading reading(seed);
    for (int i = 0; i < 12; ++i) reading.Run();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(CursorThreads, ReadersWithFiltersFollowOneWriter) {
  FilledLog log({.frame_bytes = 400, .ring_bytes = 5000});
  log.Transaction(1, {{.table = "orders"}, {.table = "carts"}});
  log.Commit();
  constexpr uint64_t kTransactions = 200;
  std::atomic<uint64_t> changes{0};
  const auto follow = [&](const std::vector<std::string>& tables) {
    CursorOptions options;
    options.filter = Filter::Make(TablePatterns::Parse(tables).value(), {}, log.registry()).value();
    options.until = Sequence{kTransactions * 2};
    Cursor cursor(log.feed(), std::move(options));
    for (bool ended = false; !ended;) {
      const auto delivery = cursor.Next();
      if (!delivery.ok()) return;
      changes += delivery->selection.changes;
      ended = delivery->ended;
    }
  };
  std::thread all(follow, std::vector<std::string>{});
  std::thread orders(follow, std::vector<std::string>{"shop.orders"});
  std::thread late(follow, std::vector<std::string>{"!shop.orders"});
  for (uint64_t number = 2; number <= kTransactions; ++number) {
    log.Transaction(number, {{.table = "orders"}, {.table = "carts"}});
    log.Commit();
  }
  for (std::thread* reader : {&all, &orders, &late}) reader->join();
  EXPECT_EQ(changes, kTransactions * 4);
}

}  // namespace
}  // namespace millrace::feed
