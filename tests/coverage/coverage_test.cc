// SPDX-License-Identifier: Apache-2.0

#include "coverage/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "base/error.h"
#include "log/log_fixture.h"
#include "schema/table_fixture.h"

namespace millrace::coverage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const TableName kOrders{"shop", "orders"};
const TableName kItems{"shop", "items"};
const TableCoverage kValidCoverage{.begin = {7}, .complete = true, .invalid_reason = {}};

class CoverageTest : public log::testing::LogTest {
 protected:
  CoverageTest() {
    EXPECT_TRUE(Reopen().ok());
    Restart({"shop.*"});
    Store();
  }
  // Simulates a new process with this configuration.
  void Restart(const std::vector<std::string>& tables,
               const std::vector<std::string>& excluded_columns = {}) {
    coverage_ = Coverage::Open(*log_).value();
    coverage_->StartCapture(CaptureRules::Parse(tables, excluded_columns).value(), *registry_);
  }
  void Store() {
    const auto records = coverage_->TakeUnstored();
    ASSERT_TRUE(log_->PutRecords(records).ok());
    if (!records.empty()) coverage_->MarkStored();
  }
  void PutRecord(const std::string& key, const std::string& value) {
    ASSERT_TRUE(log_->PutRecords({{log::RecordKind::kMeta, key, value}}).ok());
  }
  std::string RecordOf(const TableName& table) {
    const std::string key = "coverage." + table.database + '\0' + table.table;
    return log_->GetRecord(log::RecordKind::kMeta, key).value().value_or("");
  }
  std::string ReasonOfOpen() { return ErrorReason(Coverage::Open(*log_).status()); }
  std::string InvalidReason(const TableName& table) {
    return coverage_->Newest(table)->invalid_reason;
  }
  void Statement(std::string_view text, uint64_t at = 9) {
    const schema::Statement statement = schema::Classify(text, "shop");
    coverage_->OnStatement(statement, statement.kind == schema::StatementKind::kTruncate, {at});
  }
  // Adds this definition of shop.orders to the registry.
  schema::TableVersionPtr Define(const std::vector<std::string>& names) {
    std::vector<binlog::ColumnMap> columns;
    for (const std::string& name : names) columns.push_back(schema::Int(name));
    const auto version =
        registry_->Resolve(schema::Map(std::move(columns), "orders", "shop"), nullptr).value();
    if (!registry_->TakeUnstored().empty()) registry_->MarkStored();
    return version;
  }

  std::unique_ptr<schema::Registry> registry_ =
      schema::Registry::FromRecords({}, Flavour::kMysql).value();
  std::unique_ptr<Coverage> coverage_;
};

TEST_F(CoverageTest, ReadersSeeCoverageOnceStored) {
  coverage_->Set(kOrders, kValidCoverage);
  EXPECT_EQ(coverage_->Newest(kOrders), kValidCoverage);
  EXPECT_THAT(coverage_->TakeUnstored(), SizeIs(1));
  EXPECT_EQ(coverage_->Find(kOrders), std::nullopt);
  coverage_->MarkStored();
  EXPECT_EQ(coverage_->Find(kOrders), kValidCoverage);
}

TEST_F(CoverageTest, StoredCoverageSurvivesRestart) {
  coverage_->Set(kOrders, {.begin = {7}, .complete = true, .invalid_reason = "altered"});
  coverage_->Set({"shop.b", "c"}, {.begin = {1}, .row_shape = 3});
  coverage_->Set({"shop", "b.c"}, {.begin = {2}, .row_shape = 4});
  Store();
  const auto reopened = Coverage::Open(*log_).value();
  EXPECT_EQ(reopened->List(), coverage_->List());
  EXPECT_THAT(reopened->List(), SizeIs(3));
  EXPECT_THAT(reopened->TakeUnstored(), IsEmpty());
}

TEST_F(CoverageTest, RecordMatchesDocumentation) {
  coverage_->Set(kOrders, {.begin = {7},
                           .complete = true,
                           .invalid_reason = "altered",
                           .row_shape = 0x1112131415161718});
  Store();
  EXPECT_EQ(absl::BytesToHexString(RecordOf(kOrders)),
            "01"
            "0a0e0a0473686f7012066f7264657273"
            "1007"
            "1801"
            "2207616c7465726564"
            "291817161514131211");
}

TEST_F(CoverageTest, BatchesBecomeVisibleOneByOne) {
  coverage_->Set(kOrders, {.begin = {7}, .complete = false});
  EXPECT_THAT(coverage_->TakeUnstored(), SizeIs(1));
  coverage_->Set(kOrders, kValidCoverage);
  EXPECT_THAT(coverage_->TakeUnstored(), SizeIs(1));
  coverage_->MarkStored();
  EXPECT_FALSE(coverage_->Find(kOrders)->complete);
  coverage_->MarkStored();
  EXPECT_TRUE(coverage_->Find(kOrders)->complete);
}

TEST_F(CoverageTest, UnchangedCoverageIsNotWrittenAgain) {
  coverage_->Set(kOrders, kValidCoverage);
  Store();
  coverage_->Set(kOrders, kValidCoverage);
  EXPECT_THAT(coverage_->TakeUnstored(), IsEmpty());
}

TEST_F(CoverageTest, FirstReasonStays) {
  coverage_->Set(kOrders, kValidCoverage);
  Statement("ALTER TABLE orders ADD a INT");
  coverage_->OnPartialRow(kOrders);
  EXPECT_EQ(InvalidReason(kOrders), "altered");
}

TEST_F(CoverageTest, UnknownStatementInvalidatesAllTables) {
  coverage_->Set(kOrders, kValidCoverage);
  coverage_->Set(kItems, kValidCoverage);
  Statement("ALTER SOMETHING new");
  EXPECT_EQ(InvalidReason(kOrders), kNotUnderstood);
  EXPECT_EQ(InvalidReason(kItems), kNotUnderstood);
}

TEST_F(CoverageTest, UncapturedTableGetsNoCoverage) {
  Statement("CREATE TABLE other.t (a INT)");
  EXPECT_THAT(coverage_->newest(), IsEmpty());
}

TEST_F(CoverageTest, TableWithUnseenRowsIsReturned) {
  const auto statement = schema::Classify("RENAME TABLE other.t TO shop.orders, a.b TO c.d", "x");
  EXPECT_THAT(coverage_->OnStatement(statement, false, {9}), ElementsAre(kOrders));
}

TEST_F(CoverageTest, PartialRowDoesNotRestartReading) {
  coverage_->BeginReading(kOrders, {7});
  coverage_->OnPartialRow(kOrders);
  EXPECT_FALSE(coverage_->ReadingMustRestart(kOrders, {7}));
  coverage_->EndReading(kOrders, {7});
  EXPECT_FALSE(coverage_->Newest(kOrders)->valid());
}

TEST_F(CoverageTest, TrimmedTableDoesNotHoldAllRows) {
  EXPECT_TRUE(kValidCoverage.HoldsAllRows({7}));
  EXPECT_FALSE(kValidCoverage.HoldsAllRows({8}));
}

// Tables that are no longer captured, or captured again.

TEST_F(CoverageTest, RecapturedTableMustBeReadAgain) {
  coverage_->Set(kOrders, kValidCoverage);
  coverage_->Set(kItems, kValidCoverage);
  Store();
  Restart({"shop.*", "!shop.orders"});
  EXPECT_EQ(InvalidReason(kOrders), kNotCaptured);
  EXPECT_EQ(InvalidReason(kItems), "");
  EXPECT_FALSE(coverage_->Find(kOrders)->valid()) << "readers see it immediately";
  Store();
  Restart({"shop.*"});
  EXPECT_EQ(InvalidReason(kOrders), kNotCaptured);
  EXPECT_FALSE(coverage_->Newest(kOrders)->complete) << "read like a new table";
}

// While no batch is stored, no event has been processed.
TEST_F(CoverageTest, UnstoredExclusionLosesNothing) {
  coverage_->Set(kOrders, kValidCoverage);
  Store();
  Restart({"other.*"});
  Restart({"shop.*"});
  EXPECT_EQ(coverage_->Newest(kOrders), kValidCoverage);
}

TEST_F(CoverageTest, DroppedDatabaseDoesNotCoverUncapturedTables) {
  coverage_->Set(kOrders, kValidCoverage);
  coverage_->Set(kItems, kValidCoverage);
  Store();
  Restart({"shop.*", "!shop.orders"});
  Statement("DROP DATABASE shop");
  EXPECT_EQ(InvalidReason(kOrders), kNotCaptured);
  EXPECT_EQ(coverage_->Newest(kItems)->begin, Sequence{9});
}

TEST_F(CoverageTest, ReadingOfUncapturedTableMustRestart) {
  coverage_->BeginReading(kOrders, {7});
  Store();
  Restart({"other.*"});
  EXPECT_TRUE(coverage_->ReadingMustRestart(kOrders, {7}));
}

TEST_F(CoverageTest, NewlyExcludedColumnInvalidatesItsTable) {
  Define({"id", "note"});
  coverage_->Set(kOrders, kValidCoverage);
  coverage_->Set(kItems, kValidCoverage);
  Store();
  Restart({"shop.*"}, {"shop.*.other"});
  EXPECT_EQ(InvalidReason(kOrders), "");
  Restart({"shop.*"}, {"shop.*.note"});
  EXPECT_EQ(InvalidReason(kOrders), kOtherColumns);
  EXPECT_EQ(InvalidReason(kItems), "");
}

TEST_F(CoverageTest, RecapturedColumnInvalidatesItsTable) {
  Restart({"shop.*"}, {"shop.*.note"});
  Define({"id", "note"});
  coverage_->Set(kOrders, kValidCoverage);
  Store();
  Restart({"shop.*"}, {"shop.*.note"});
  EXPECT_EQ(InvalidReason(kOrders), "");
  Restart({"shop.*"});
  EXPECT_EQ(InvalidReason(kOrders), kOtherColumns);
}

// Definitions that changed without a statement in the binlog.

TEST_F(CoverageTest, OtherDefinitionInvalidatesTable) {
  coverage_->Set(kOrders, kValidCoverage);
  EXPECT_FALSE(coverage_->OnRows(*Define({"id"})));
  EXPECT_TRUE(coverage_->OnRows(*Define({"id", "note"})));
  EXPECT_EQ(InvalidReason(kOrders), kRedefined);
  EXPECT_FALSE(coverage_->OnRows(*Define({"id"}))) << "reported once";
}

TEST_F(CoverageTest, OtherDefinitionInvalidatesTableAfterRestart) {
  coverage_->Set(kOrders, kValidCoverage);
  coverage_->OnRows(*Define({"id"}));
  Store();
  Restart({"shop.*"});
  EXPECT_TRUE(coverage_->OnRows(*Define({"id", "note"})));
}

TEST_F(CoverageTest, EmptiedTableMayHaveAnyDefinition) {
  coverage_->Set(kOrders, kValidCoverage);
  coverage_->OnRows(*Define({"id"}));
  Statement("DROP TABLE orders");
  Statement("CREATE TABLE orders (id INT, note TEXT)");
  EXPECT_FALSE(coverage_->OnRows(*Define({"id", "note"})));
  EXPECT_TRUE(coverage_->Newest(kOrders)->valid());
}

TEST_F(CoverageTest, TableReadAgainMayHaveAnyDefinition) {
  coverage_->Set(kOrders, kValidCoverage);
  coverage_->OnRows(*Define({"id"}));
  Statement("ALTER TABLE orders ADD note TEXT");
  coverage_->BeginReading(kOrders, {20});
  EXPECT_FALSE(coverage_->OnRows(*Define({"id", "note"})));
  coverage_->EndReading(kOrders, {20});
  EXPECT_TRUE(coverage_->Newest(kOrders)->valid());
}

TEST_F(CoverageTest, SilentRedefinitionRestartsReading) {
  coverage_->BeginReading(kOrders, {7});
  coverage_->OnRows(*Define({"id"}));
  EXPECT_TRUE(coverage_->OnRows(*Define({"id", "note"})));
  EXPECT_TRUE(coverage_->ReadingMustRestart(kOrders, {7}));
}

TEST_F(CoverageTest, MissingShapeIsThatOfNewestDefinition) {
  // A record as older versions wrote it, without row_shape.
  PutRecord(std::string("coverage.shop\0orders", 20),
            absl::HexStringToBytes("01"
                                   "0a0e0a0473686f7012066f7264657273"
                                   "1007"
                                   "1801"));
  const auto version = Define({"id"});
  Restart({"shop.*"});
  EXPECT_EQ(coverage_->Newest(kOrders)->row_shape, RowShape(*version));
  EXPECT_TRUE(coverage_->OnRows(*Define({"id", "note"})));
}

TEST(RowShape, KeysAndDescriptiveTextDoNotCount) {
  schema::TableVersion version;
  version.columns = {{.name = "id", .field_number = 1, .key_ordinal = 1, .mysql_type = "int"},
                     {.name = "note", .field_number = 2}};
  schema::TableVersion other = version;
  other.columns[0].key_ordinal = 0;
  other.columns[0].mysql_type = "int(11)";
  other.columns[1].invisible = true;
  EXPECT_EQ(RowShape(other), RowShape(version));
  other.columns[1].name = "text";
  EXPECT_NE(RowShape(other), RowShape(version));
}

TEST(RowShape, UncapturedColumnsDoNotCount) {
  schema::TableVersion version;
  version.columns = {{.name = "id", .field_number = 1}};
  schema::TableVersion other = version;
  other.columns.push_back({.name = "secret", .captured = false});
  EXPECT_EQ(RowShape(other), RowShape(version));
}

// The digest is stored on disk.
TEST(RowShape, NeverChanges) {
  schema::TableVersion version;
  version.columns = {{.name = "id",
                      .field_number = 1,
                      .field_type = schema::FieldType::kInt32,
                      .type = ColumnType::kLong,
                      .nullable = false},
                     {.name = "state",
                      .field_number = 2,
                      .field_type = schema::FieldType::kString,
                      .type = ColumnType::kString,
                      .metadata = 0xf701,
                      .charset = "utf8mb4",
                      .labels = {"a", "b"}}};
  EXPECT_EQ(RowShape(version), 0x9753faac7cd6dcf2u);
}

// Tables that are being read.

TEST(CoverageDuringReading, ValidCoverageStaysValid) {
  EXPECT_EQ(AfterReadingBegins(kValidCoverage, {20}), kValidCoverage);
  EXPECT_FALSE(ReadingMustRestart(kValidCoverage, {20}));
}

TEST(CoverageDuringReading, InvalidCoverageStartsAtTheReading) {
  const TableCoverage reading{.begin = {20}, .complete = false};
  EXPECT_EQ(AfterReadingBegins(std::nullopt, {20}), reading);
  EXPECT_EQ(AfterReadingBegins(TableCoverage{.begin = {7}, .row_shape = 5}, {20}), reading);
  EXPECT_EQ(AfterReadingBegins(
                TableCoverage{.begin = {7}, .complete = true, .invalid_reason = "altered"}, {20}),
            reading);
}

TEST(CoverageDuringReading, CompletedReadingMovesBegin) {
  const TableCoverage read{.begin = {20}, .complete = true};
  EXPECT_EQ(AfterReadingEnds(kValidCoverage, {20}), read);
  EXPECT_EQ(AfterReadingEnds({.begin = {20}, .complete = false}, {20}), read);
}

TEST(CoverageDuringReading, TableEmptiedDuringReadingKeepsLaterBegin) {
  const TableCoverage emptied{.begin = {30}, .complete = true};
  EXPECT_FALSE(ReadingMustRestart(emptied, {20}));
  EXPECT_EQ(AfterReadingEnds(emptied, {20}), emptied);
  EXPECT_TRUE(ReadingMustRestart({.begin = {30}, .complete = false}, {20}));
  EXPECT_FALSE(ReadingMustRestart({.begin = {20}, .complete = false}, {20}));
}

TEST(CoverageDuringReading, AlteredTableMustBeReadAgain) {
  for (const bool complete : {true, false}) {
    EXPECT_TRUE(ReadingMustRestart(
        {.begin = {20}, .complete = complete, .invalid_reason = "altered"}, {20}));
  }
}

TEST_F(CoverageTest, MissingColumnListUsesDefinitions) {
  schema::TableVersionPtr version = Define({"id", "note"});
  ASSERT_TRUE(version->columns[1].captured);
  coverage_->Set(kOrders, kValidCoverage);
  Store();
  ASSERT_TRUE(
      log_->PutRecords({{log::RecordKind::kMeta, "capture.excluded_columns", std::nullopt}}).ok());
  Restart({"shop.*"}, {"shop.orders.note"});
  EXPECT_EQ(InvalidReason(kOrders), kOtherColumns);
}

TEST_F(CoverageTest, DamagedRecordFailsOpen) {
  PutRecord("coverage.other", "");
  EXPECT_EQ(ReasonOfOpen(), "LOG_DAMAGED");
  PutRecord("coverage.other", "\x01\xff");
  EXPECT_EQ(ReasonOfOpen(), "LOG_DAMAGED");
  PutRecord("coverage.other", "\x01");  // for a table without a name
  EXPECT_EQ(ReasonOfOpen(), "LOG_DAMAGED");
}

TEST_F(CoverageTest, DamagedListOfColumnsFailsOpen) {
  PutRecord("capture.excluded_columns", "\x01\x05");
  EXPECT_EQ(ReasonOfOpen(), "LOG_DAMAGED");
}

TEST_F(CoverageTest, RecordOfALaterFormatFailsOpen) {
  PutRecord("coverage.other", "\x02");
  EXPECT_EQ(ReasonOfOpen(), "FORMAT_TOO_NEW");
}

TEST_F(CoverageTest, OtherRecordsAreIgnored) {
  PutRecord("coverages", "x");
  EXPECT_THAT(Coverage::Open(*log_).value()->List(), IsEmpty());
}

}  // namespace
}  // namespace millrace::coverage
