// SPDX-License-Identifier: Apache-2.0

// Tests of the test tools: the model detects violations, and the load reaches every table.

#include "system/snapshot_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "system/snapshot_harness.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A row with key `id` in field 1 and a text in field 2.
std::string RowBytes(int id, const std::string& text) {
  return fmt::format("\x08{}\x12{}{}", static_cast<char>(id), static_cast<char>(text.size()), text);
}

class Model : public ::testing::Test {
 protected:
  Model() { model_.AddTable("shop.t", {1}); }

  // Applies a change with the next sequence. An empty text means no row.
  void Apply(v1::Operation operation, int id, const std::string& before, const std::string& after) {
    v1::Change change;
    change.set_sequence(++sequence_);
    change.set_operation(operation);
    change.set_database("shop");
    change.set_table("t");
    if (!before.empty()) change.mutable_before()->set_value(RowBytes(id, before));
    if (!after.empty()) change.mutable_after()->set_value(RowBytes(id, after));
    model_.Apply(change);
  }
  void Read(int id, const std::string& text) { Apply(v1::OPERATION_READ, id, "", text); }

  SnapshotModel model_;
  uint64_t sequence_ = 0;
};

TEST_F(Model, ConsistentReadsAndChangesGiveTheRows) {
  Apply(v1::OPERATION_UPDATE, 1, "unknown before", "one");
  Read(1, "one");
  Read(2, "two");
  Apply(v1::OPERATION_DELETE, 2, "two", "");
  Apply(v1::OPERATION_INSERT, 2, "", "zwei");
  EXPECT_THAT(model_.violations(), IsEmpty());
  EXPECT_THAT(model_.Rows("shop.t"),
              ::testing::UnorderedElementsAre(RowBytes(1, "one"), RowBytes(2, "zwei")));
}

TEST_F(Model, StaleReadIsAViolation) {
  Apply(v1::OPERATION_INSERT, 1, "", "new");
  Read(1, "old");
  EXPECT_THAT(model_.violations(), ElementsAre(HasSubstr("was read as")));
}

TEST_F(Model, ReadOfDeletedRowIsViolationOnceReinserted) {
  Apply(v1::OPERATION_DELETE, 1, "old", "");
  Read(1, "old");
  Apply(v1::OPERATION_INSERT, 1, "", "new");
  EXPECT_THAT(model_.violations(), ElementsAre(HasSubstr("adds a row that exists")));
}

TEST_F(Model, WrongBeforeImageIsAViolation) {
  Read(1, "one");
  Apply(v1::OPERATION_UPDATE, 1, "another", "third");
  EXPECT_THAT(model_.violations(), ElementsAre(HasSubstr("has the before image")));
}

TEST_F(Model, ChangeOfUnknownRowIsAViolation) {
  model_.ExpectAllKnown();
  Apply(v1::OPERATION_DELETE, 1, "lost", "");
  EXPECT_THAT(model_.violations(), ElementsAre(HasSubstr("changes an unknown row")));
}

TEST_F(Model, SequenceGapIsAViolation) {
  Read(1, "one");
  ++sequence_;
  Read(2, "two");
  EXPECT_THAT(model_.violations(), ElementsAre(HasSubstr("after sequence 1")));
}

TEST_F(Model, ReadsWithoutKeyReplaceEarlierRows) {
  model_.AddTable("shop.t", {});
  Apply(v1::OPERATION_INSERT, 1, "", "twice");
  for (int i = 0; i < 2; ++i) Read(1, "twice");
  EXPECT_THAT(model_.Rows("shop.t"), SizeIs(2));
  Apply(v1::OPERATION_DELETE, 1, "twice", "");
  EXPECT_THAT(model_.Rows("shop.t"), SizeIs(1));
}

// Without any snapshot: the feed captures the tables from their creation.
class Load : public ::testing::TestWithParam<Flavour> {};

TEST_P(Load, ChangesEveryTableAndFeedMatchesSource) {
  auto tables = KeyedTables(GetParam());
  tables.push_back(KeylessTable());
  const auto source = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql = WritingSession(*source);
  const auto feed = FeedServer::MustStart(*source, {.tables = {"shop.*", kMarkerTables}});
  for (const SnapshotTableSpec& table : tables) FillTable(sql, table, 0);
  RandomChanges changes(WritingSession(*source), tables, 200, 1);
  for (int i = 0; i < 1500; ++i) changes.Step();
  EXPECT_LT(changes.failures(), changes.statements() / 2);

  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.set_until_token(ChangeReader(*feed).CurrentToken(sql));
  SnapshotModel model = ModelOf(*feed, tables);
  model.ExpectAllKnown();
  ReplayInto(model, *feed, request);
  EXPECT_THAT(model.violations(), IsEmpty());
  for (const SnapshotTableSpec& table : tables) {
    EXPECT_THAT(Differences(model, *feed, sql, table), IsEmpty());
    EXPECT_GT(model.Rows(table.FullName()).size(), 10u) << table.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, Load, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
