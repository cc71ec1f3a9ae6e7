// SPDX-License-Identifier: Apache-2.0

// Current rows of tables, made from the log.

#include "feed/catch_up.h"

#include <functional>
#include <random>
#include <set>

#include "coverage/coverage.h"
#include "feed/catch_up_limit.h"
#include "feed/filled_log.h"

namespace millrace::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAreArray;

constexpr auto kInsert = v1::OPERATION_INSERT;
constexpr auto kUpdate = v1::OPERATION_UPDATE;
constexpr auto kDelete = v1::OPERATION_DELETE;
constexpr auto kRead = v1::OPERATION_READ;

// A row as a test sees it: table, id, length of the note.
using Row = std::tuple<std::string, uint32_t, size_t>;

class CatchUpTest : public ::testing::Test {
 protected:
  void SetUp() override { coverage_ = coverage::Coverage::Open(log_->log()).value(); }
  void Fill(const FilledLog::Options& options) {
    coverage_.reset();
    log_.emplace(options);
    SetUp();
  }
  void Transaction(const std::vector<RowChange>& rows) { log_->Transaction(++number_, rows); }
  void Cover(const std::string& table, uint64_t begin, bool complete = true,
             const std::string& invalid_reason = "") {
    coverage_->Set({"shop", table},
                   {.begin = {begin}, .complete = complete, .invalid_reason = invalid_reason});
    MILLRACE_CHECK(log_->log().PutRecords(coverage_->TakeUnstored()).ok());
    coverage_->MarkStored();
  }
  std::optional<CatchUpTables> Find(std::optional<Sequence> newest = std::nullopt) {
    return FindCatchUpTables(log_->feed(), *coverage_, log_->registry(), patterns_, newest);
  }
  CatchUpOptions Options() {
    return {.tables = *Find(), .response_bytes_max = response_bytes_, .memory_bytes = memory_};
  }
  // Resumes from a token, as a new stream would.
  CatchUpOptions OptionsOf(const Token& token) {
    CatchUpOptions options = Options();
    options.tables = CatchUpTablesOf(token, log_->registry(), patterns_).value();
    options.parts = token.catch_up->parts;
    return options;
  }
  // Resumes like a stream of an earlier version, whose tokens did not name the tables.
  CatchUpOptions OptionsByDigest(const Token& token) {
    CatchUpOptions options = Options();
    options.tables = *Find(token.sequence);
    EXPECT_EQ(options.tables.digest, token.catch_up->tables_digest);
    options.parts = token.catch_up->parts;
    return options;
  }
  // All rows of a catch-up. Runs `change_tables` after the first response.
  std::vector<Row> RowsResumedAfter(const std::function<void()>& change_tables) {
    std::vector<v1::Change> changes;
    const auto first = CatchUp(log_->feed(), Options()).Next();
    Collect(first->selection, changes);
    change_tables();
    Token token = Token::Parse(first->token.ToString()).value();
    while (token.catch_up.has_value()) {
      const auto next = CatchUp(log_->feed(), OptionsOf(token)).Next();
      Collect(next->selection, changes);
      token = Token::Parse(next->token.ToString()).value();
    }
    std::vector<Row> rows;
    for (const v1::Change& change : changes) rows.push_back(RowOf(change));
    return rows;
  }

  static void Collect(const Selection& selection, std::vector<v1::Change>& changes) {
    std::string bytes;
    for (const Piece& piece : selection.pieces) bytes.append(piece.bytes());
    EXPECT_EQ(bytes.size(), selection.bytes);
    v1::SubscribeResponse response;
    ASSERT_TRUE(response.ParseFromString(bytes));
    for (const v1::Transaction& part : response.transactions()) {
      EXPECT_EQ(part.gtid(), "");
      EXPECT_FALSE(part.more());
      EXPECT_GT(part.commit_time().seconds(), 0);
      EXPECT_EQ(part.source().server_id(), 11u);
      changes.insert(changes.end(), part.changes().begin(), part.changes().end());
    }
  }
  // All changes. Keeps the last token. `resume`: each step runs on a new stream.
  std::vector<v1::Change> ReadAll(bool resume = false) {
    std::vector<v1::Change> changes;
    auto catch_up = std::make_unique<CatchUp>(log_->feed(), Options());
    for (steps_ = 1;; ++steps_) {
      const auto delivery = catch_up->Next();
      EXPECT_EQ(ReasonOf(delivery), "OK");
      if (!delivery.ok()) return changes;
      Collect(delivery->selection, changes);
      last_token_ = delivery->token;
      if (delivery->ended) return changes;
      parts_max_ = std::max(parts_max_, delivery->token.catch_up->parts.size());
      if (!resume) continue;
      const Token token = Token::Parse(delivery->token.ToString()).value();
      catch_up = std::make_unique<CatchUp>(log_->feed(), OptionsOf(token));
    }
  }
  Row RowOf(const v1::Change& change) {
    EXPECT_EQ(change.operation(), kRead);
    EXPECT_FALSE(change.has_before());
    const auto type = log_->types().Find("db.shop." + change.table());
    const auto row = type->NewMessage();
    EXPECT_TRUE(row->ParseFromString(change.after().value()));
    const auto* reflection = row->GetReflection();
    const auto* descriptor = row->GetDescriptor();
    return {change.table(),
            static_cast<uint32_t>(reflection->GetInt32(*row, descriptor->FindFieldByNumber(1))),
            reflection->GetString(*row, descriptor->FindFieldByNumber(2)).size()};
  }
  std::vector<Row> Rows(bool resume = false) {
    std::vector<Row> rows;
    for (const v1::Change& change : ReadAll(resume)) rows.push_back(RowOf(change));
    return rows;
  }

  std::optional<FilledLog> log_{std::in_place};
  std::unique_ptr<coverage::Coverage> coverage_;
  TablePatterns patterns_;
  uint64_t number_ = 0;
  size_t response_bytes_ = 256 << 10;
  size_t memory_ = 64 << 20;
  Token last_token_;
  size_t steps_ = 0;
  size_t parts_max_ = 0;
};

TEST_F(CatchUpTest, EachRowComesOnceWithItsNewestContent) {
  Transaction({{.table = "keyed", .id = 1}, {.table = "keyed", .id = 2}});
  Transaction({{.table = "keyed", .operation = kUpdate, .id = 1, .note_bytes = 20}});
  Transaction({{.table = "keyed", .operation = kUpdate, .id = 1, .note_bytes = 30}});
  log_->Commit();
  Cover("keyed", 1);
  EXPECT_THAT(Rows(), ElementsAre(Row("keyed", 1, 30), Row("keyed", 2, 10)));
}

TEST_F(CatchUpTest, RowKeepsSequenceOfItsLastChange) {
  Transaction({{.table = "keyed", .id = 1}, {.table = "keyed", .id = 2}});
  Transaction({{.table = "keyed", .operation = kUpdate, .id = 1, .note_bytes = 20}});
  log_->Commit();
  Cover("keyed", 1);
  const auto changes = ReadAll();
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].sequence(), 3u);
  EXPECT_EQ(changes[1].sequence(), 2u);
  EXPECT_EQ(changes[0].database(), "shop");
  EXPECT_EQ(changes[0].after().type_url(), "t/db.shop.keyed");
}

TEST_F(CatchUpTest, DeletedRowIsMissingUnlessInsertedAgain) {
  Transaction({{.table = "keyed", .id = 1}, {.table = "keyed", .id = 2}});
  Transaction({{.table = "keyed", .operation = kDelete, .id = 1},
               {.table = "keyed", .operation = kDelete, .id = 2}});
  Transaction({{.table = "keyed", .id = 2, .note_bytes = 20}});
  log_->Commit();
  Cover("keyed", 1);
  EXPECT_THAT(Rows(), ElementsAre(Row("keyed", 2, 20)));
}

TEST_F(CatchUpTest, KeyUpdateMovesTheRow) {
  Transaction({{.table = "keyed", .id = 1}, {.table = "keyed", .id = 2}});
  const std::pair<uint32_t, size_t> first{1, 10};
  Transaction({{.table = "keyed", .operation = kUpdate, .id = 3, .before = first}});
  log_->Commit();
  Cover("keyed", 1);
  EXPECT_THAT(Rows(), ElementsAre(Row("keyed", 3, 10), Row("keyed", 2, 10)));
}

TEST_F(CatchUpTest, ReadRowsCountLikeWrittenRows) {
  Transaction({{.table = "keyed", .operation = kUpdate, .id = 1, .note_bytes = 20}});
  Transaction({{.table = "keyed", .operation = kRead, .id = 1, .note_bytes = 20},
               {.table = "keyed", .operation = kRead, .id = 2}});
  Transaction({{.table = "keyed", .operation = kDelete, .id = 2}});
  log_->Commit();
  Cover("keyed", 1);
  EXPECT_THAT(Rows(), ElementsAre(Row("keyed", 1, 20)));
}

TEST_F(CatchUpTest, ChangesBeforeTableBeginAreIgnored) {
  Transaction({{.table = "keyed", .id = 1}, {.table = "keyed", .id = 2}});
  Transaction({{.table = "keyed", .id = 3}, {.table = "keyed_too", .id = 4}});
  log_->Commit();
  Cover("keyed", 3);
  Cover("keyed_too", 1);
  EXPECT_THAT(Rows(), ElementsAre(Row("keyed_too", 4, 10), Row("keyed", 3, 10)));
}

TEST_F(CatchUpTest, OnlyRequestedTablesAreSent) {
  Transaction({{.table = "keyed", .id = 1}, {.table = "keyed_too", .id = 2}});
  log_->Commit();
  Cover("keyed", 1);
  Cover("keyed_too", 1);
  patterns_ = TablePatterns::Parse({"shop.*", "!shop.keyed"}).value();
  EXPECT_THAT(Rows(), ElementsAre(Row("keyed_too", 2, 10)));
}

TEST_F(CatchUpTest, RowsWithoutAKeyAreCounted) {
  Transaction({{.id = 1}, {.id = 1}, {.id = 1}, {.id = 2}});
  Transaction({{.operation = kDelete, .id = 1}});
  Transaction({{.operation = kUpdate, .id = 2, .before = std::pair<uint32_t, size_t>(1, 10)}});
  log_->Commit();
  Cover("orders", 1);
  EXPECT_THAT(Rows(), UnorderedElementsAreArray(
                          {Row("orders", 1, 10), Row("orders", 2, 10), Row("orders", 2, 10)}));
}

TEST_F(CatchUpTest, LaterReadReplacesEarlierReadWithoutKey) {
  Transaction({{.operation = kUpdate, .id = 2, .before = std::pair<uint32_t, size_t>(1, 10)}});
  Transaction({{.operation = kRead, .id = 2}, {.operation = kRead, .id = 3}});
  Transaction({{.operation = kRead, .id = 3}, {.operation = kRead, .id = 3}});
  Transaction({{.operation = kDelete, .id = 3}});
  log_->Commit();
  Cover("orders", 1);
  EXPECT_THAT(Rows(), ElementsAre(Row("orders", 3, 10), Row("orders", 2, 10)));
}

TEST_F(CatchUpTest, TokenAfterLastRowNamesNewestChange) {
  Transaction({{.table = "keyed", .id = 1}});
  log_->Commit();
  Cover("keyed", 1);
  ReadAll();
  EXPECT_EQ(last_token_, TokenAfter(log_->feed(), {1}).value());
}

TEST_F(CatchUpTest, EmptyCatchUpEndsImmediately) {
  EXPECT_THAT(Rows(), IsEmpty());
  EXPECT_EQ(steps_, 1u);
  EXPECT_FALSE(last_token_.catch_up.has_value());
}

TEST_F(CatchUpTest, ResponsesKeepToTheirSizeLimit) {
  for (int i = 0; i < 50; ++i) Transaction({{.table = "keyed", .id = static_cast<uint32_t>(i)}});
  log_->Commit();
  Cover("keyed", 1);
  response_bytes_ = 1000;
  EXPECT_THAT(Rows(), SizeIs(50));
  EXPECT_GT(steps_, 3u);
}

TEST_F(CatchUpTest, TrimDuringCatchUpExpiresIt) {
  for (uint32_t i = 0; i < 100; ++i) Transaction({{.table = "keyed", .id = i}});
  log_->Commit();
  Cover("keyed", 1);
  response_bytes_ = 1000;
  CatchUp catch_up(log_->feed(), Options());
  const Token token = catch_up.Next().value().token;
  EXPECT_EQ(ReasonOf(Resolve(log_->feed(), token)), "OK");
  log_->TrimBefore(95);
  EXPECT_EQ(ReasonOf(Resolve(log_->feed(), token)), "SNAPSHOT_EXPIRED");
  absl::Status status;
  while (status.ok()) status = catch_up.Next().status();
  EXPECT_EQ(ReasonOf(status), "SNAPSHOT_EXPIRED");
}

TEST_F(CatchUpTest, LaterStatementsKeepSnapshotTokensValid) {
  for (uint32_t i = 0; i < 20; ++i) Transaction({{.table = "keyed", .id = i}});
  for (uint32_t i = 0; i < 20; ++i) Transaction({{.table = "keyed_too", .id = i}});
  log_->Commit();
  Cover("keyed", 1);
  Cover("keyed_too", 1);
  const std::vector<Row> all = Rows();
  ASSERT_THAT(all, SizeIs(40));
  response_bytes_ = 300;
  const auto truncate_and_read_again = [this] {
    Transaction({{.table = "keyed", .id = 99}, {.table = "keyed_too", .id = 99}});
    log_->Commit();
    Cover("keyed", 41);
    Cover("keyed_too", 42, /*complete=*/false, "altered");
  };
  EXPECT_EQ(RowsResumedAfter(truncate_and_read_again), all);
}

TEST_F(CatchUpTest, TokenNamesOnlyTablesWithRowsLeft) {
  for (uint32_t i = 0; i < 20; ++i) Transaction({{.table = "keyed", .id = i}});
  for (uint32_t i = 0; i < 20; ++i) Transaction({{.table = "keyed_too", .id = i}});
  log_->Commit();
  Cover("keyed", 1);
  Cover("keyed_too", 21);
  response_bytes_ = 300;
  CatchUp catch_up(log_->feed(), Options());
  EXPECT_THAT(*catch_up.token().catch_up->tables, SizeIs(2));
  uint64_t rows = 0;
  while (rows < 25) rows += catch_up.Next()->selection.changes;
  EXPECT_THAT(*catch_up.token().catch_up->tables, SizeIs(1));
  EXPECT_EQ(catch_up.token().catch_up->tables->front().begin, Sequence{1});
}

TEST_F(CatchUpTest, TokenOfEarlierVersionResumes) {
  for (uint32_t i = 0; i < 20; ++i) Transaction({{.table = "keyed", .id = i}});
  log_->Commit();
  Cover("keyed", 1);
  response_bytes_ = 300;
  Token token = CatchUp(log_->feed(), Options()).Next()->token;
  token.catch_up->tables.reset();
  EXPECT_GT(CatchUp(log_->feed(), OptionsByDigest(token)).Next()->selection.changes, 0u);
}

TEST_F(CatchUpTest, TokenWithTablesOutsideRequestIsRefused) {
  Transaction({{.table = "keyed", .id = 1}});
  log_->Commit();
  Cover("keyed", 1);
  Token token = CatchUp(log_->feed(), Options()).token();
  const auto other = TablePatterns::Parse({"shop.other"}).value();
  EXPECT_EQ(ReasonOf(CatchUpTablesOf(token, log_->registry(), other)), "TOKEN_MALFORMED");
  token.catch_up->tables->front().table_id = 77;
  EXPECT_EQ(ReasonOf(CatchUpTablesOf(token, log_->registry(), patterns_)), "TOKEN_MALFORMED");
}

TEST_F(CatchUpTest, TokenOfAnotherLogIsRefused) {
  Token token = CatchUp(log_->feed(), Options()).token();
  ++token.log_id;
  EXPECT_EQ(ReasonOf(Resolve(log_->feed(), token)), "TOKEN_OF_ANOTHER_LOG");
}

TEST_F(CatchUpTest, StoredCatchUpPositionRetainsItsChanges) {
  for (uint32_t i = 0; i < 20; ++i) Transaction({{.table = "keyed", .id = i}});
  log_->Commit();
  Cover("keyed", 5);
  const Token token = CatchUp(log_->feed(), Options()).token();
  ASSERT_TRUE(log_->subscriptions().Commit("billing", token).ok());
  EXPECT_EQ(log_->subscriptions().Oldest()->value, 4u);
}

TEST_F(CatchUpTest, UncoveredTablesAreMissing) {
  Transaction({{.table = "keyed"}, {.table = "a"}, {.table = "b"}});
  log_->Commit();
  Cover("keyed", 1);
  Cover("a", 1, /*complete=*/false);
  Cover("b", 1, /*complete=*/true, "altered");
  EXPECT_THAT(Find()->missing, ElementsAre(TableName{"shop", "a"}, TableName{"shop", "b"}));
}

TEST_F(CatchUpTest, UnpublishedCommitHidesTables) {
  Transaction({{.table = "keyed"}});
  log_->CommitWithoutPublishing();
  EXPECT_FALSE(Find().has_value());
  log_->Publish();
  EXPECT_TRUE(Find().has_value());
}

TEST_F(CatchUpTest, DigestChangesWhenCoverageMoves) {
  Transaction({{.table = "keyed"}, {.table = "keyed_too"}});
  log_->Commit();
  Cover("keyed", 1);
  Cover("empty", 2);
  const uint64_t digest = Find()->digest;
  Transaction({{.table = "later"}, {.table = "empty"}});
  log_->Commit();
  Cover("later", 3);
  EXPECT_EQ(Find(Sequence{2})->digest, digest);
  Cover("keyed", 5);
  EXPECT_NE(Find(Sequence{2})->digest, digest);
}

TEST_F(CatchUpTest, SlotsAreLimitedAndReleased) {
  ServerOptions options;
  options.catchups_max = 2;
  CatchUpLimit limit(options);
  auto first = limit.Take();
  const auto second = limit.Take();
  EXPECT_EQ(limit.Take(), nullptr);
  first.reset();
  EXPECT_NE(limit.Take(), nullptr);
}

// Random histories of tables with and without a key, compared to a model of the current rows.
class CatchUpHistory : public CatchUpTest, public ::testing::WithParamInterface<uint32_t> {
 protected:
  CatchUpHistory() : random_(GetParam()) {}
  uint32_t Random(uint32_t below) { return static_cast<uint32_t>(random_() % below); }
  RowChange AnyChange() {
    const std::string table = Random(2) == 0 ? "keyed" : "orders";
    auto& rows = rows_[table];
    const Row fresh{table, Random(60), 1 + Random(3)};
    const auto old = Pick(rows, table, std::get<1>(fresh));
    if (old == rows.end()) {
      rows.insert(fresh);
      return {.table = table, .id = std::get<1>(fresh), .note_bytes = std::get<2>(fresh)};
    }
    const Row gone = *old;
    rows.erase(old);
    const uint32_t id = std::get<1>(gone);
    if (Random(2) == 0) {
      return {.table = table, .operation = kDelete, .id = id, .note_bytes = std::get<2>(gone)};
    }
    const uint32_t moved =
        Random(3) == 0 && Pick(rows, table, 100 + id) == rows.end() ? 100 + id : id;
    rows.insert({table, moved, 7});
    return {.table = table,
            .operation = kUpdate,
            .id = moved,
            .note_bytes = 7,
            .before = std::pair(id, std::get<2>(gone))};
  }
  void FillAtRandom() {
    for (int i = 0; i < 400; ++i) {
      std::vector<RowChange> changes(1 + Random(4));
      for (RowChange& change : changes) change = AnyChange();
      Transaction(changes);
      if (i == 200) CoverOrders();
      if (Random(5) == 0) log_->Commit();
    }
    log_->Commit();
    Cover("keyed", 1);
  }
  // A snapshot reads the whole table.
  void CoverOrders() {
    const uint64_t begin = log_->newest() + 1;
    std::vector<RowChange> reads;
    for (const auto& [table, id, note] : rows_["orders"]) {
      reads.push_back({.table = table, .operation = kRead, .id = id, .note_bytes = note});
    }
    Transaction(reads);
    Cover("orders", begin);
  }
  std::vector<Row> Expected() {
    std::vector<Row> rows(rows_["keyed"].begin(), rows_["keyed"].end());
    rows.insert(rows.end(), rows_["orders"].begin(), rows_["orders"].end());
    return rows;
  }

 private:
  // A row with this id. In a table without a key sometimes none, so that the caller inserts another
  // equal one.
  std::multiset<Row>::iterator Pick(std::multiset<Row>& rows, const std::string& table,
                                    uint32_t id) {
    if (table == "orders" && Random(3) == 0) return rows.end();
    return std::find_if(rows.begin(), rows.end(),
                        [id](const Row& row) { return std::get<1>(row) == id; });
  }
  std::mt19937 random_;
  std::map<std::string, std::multiset<Row>> rows_;
};

TEST_P(CatchUpHistory, YieldsExactlyTheCurrentRows) {
  FillAtRandom();
  EXPECT_THAT(Rows(), UnorderedElementsAreArray(Expected()));
  EXPECT_EQ(parts_max_, 0u);
}

TEST_P(CatchUpHistory, SplitsIntoPartsWhenMemoryIsSmall) {
  FillAtRandom();
  memory_ = 1000;
  response_bytes_ = 300;
  EXPECT_THAT(Rows(), UnorderedElementsAreArray(Expected()));
  EXPECT_GT(parts_max_, 2u);
}

TEST_P(CatchUpHistory, ResumesAtEveryToken) {
  FillAtRandom();
  response_bytes_ = 200;
  EXPECT_THAT(Rows(/*resume=*/true), UnorderedElementsAreArray(Expected()));
  memory_ = 1000;
  EXPECT_THAT(Rows(/*resume=*/true), UnorderedElementsAreArray(Expected()));
  EXPECT_GT(steps_, 20u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, CatchUpHistory, ::testing::Range(0u, 10u));

}  // namespace
}  // namespace millrace::feed
