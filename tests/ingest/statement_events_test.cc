// SPDX-License-Identifier: Apache-2.0

// Tests how the feed handles statements in the binlog: for which tables they become changes, and
// which of them stop the feed.

#include "ingest/event_processor.h"
#include "ingest/processor_fixture.h"

namespace millrace::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StatementEventsTest : public ProcessorTest {};

TEST_F(StatementEventsTest, DroppedDatabaseChangesEachTable) {
  Transaction(1, 1);
  coverage_->Set({"b", "unseen"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  coverage_->Set({"other", "x"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Changes();
  Gtid(2);
  EXPECT_EQ(Query("DROP DATABASE b", "other"), "ended");
  EXPECT_THAT(Changes(),
              ElementsAre("INSERT b.small", "SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.unseen"));
  EXPECT_EQ(ChangeMessages()[1].schema_change().statement(), "DROP DATABASE b");
  EXPECT_EQ(coverage_->Newest({"b", "unseen"})->begin.value, 2u);
  EXPECT_EQ(coverage_->Newest({"other", "x"})->begin.value, 1u);
}

TEST_F(StatementEventsTest, DatabaseWithoutCapturedTablesIsIgnored) {
  Gtid(1);
  EXPECT_EQ(Query("CREATE DATABASE c"), "ended");
  EXPECT_EQ(Changes(), std::vector<std::string>());
  Gtid(2);
  Query("CREATE DATABASE b");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b."));
}

TEST_F(StatementEventsTest, RoutinesAndEventsAreIgnored) {
  uint8_t number = 1;
  for (const std::string_view text :
       {"CREATE PROCEDURE p() BEGIN DROP TABLE small; END", "DROP FUNCTION f",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SET @a = 'secret'",
        "CREATE TRIGGER other.g BEFORE INSERT ON other.x FOR EACH ROW SET @a = 'secret'"}) {
    Gtid(number++);
    EXPECT_EQ(Query(text), "ended") << text;
  }
  EXPECT_THAT(Changes(), IsEmpty());
}

TEST_F(StatementEventsTest, BodiesOfTriggersAndViewsAreOmitted) {
  Gtid(1);
  Query("CREATE TRIGGER g BEFORE INSERT ON small FOR EACH ROW SET @a = 'secret'");
  Gtid(2);
  Query("CREATE VIEW v AS SELECT 'secret' FROM other.x");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.v"));
  for (const v1::Change& change : ChangeMessages()) {
    EXPECT_EQ(change.schema_change().statement(), "");
  }
}

TEST_F(StatementEventsTest, StatementsNamingExcludedColumnsAreOmitted) {
  excluded_ = {"b.small.ssn*"};
  Start({"b.*"});
  uint8_t number = 1;
  for (const std::string_view text :
       {"ALTER TABLE small ADD ssn INT DEFAULT 7", "ALTER TABLE small ADD `SSN_2` INT DEFAULT 7",
        "ALTER TABLE small CHANGE small.ssn x INT DEFAULT 7", "ALTER TABLE c ADD ssn INT"}) {
    Gtid(number++);
    Query(text);
  }
  const std::vector<v1::Change> changes = ChangeMessages();
  ASSERT_THAT(changes, SizeIs(4));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(changes[i].schema_change().statement(), "");
  EXPECT_EQ(changes[3].schema_change().statement(), "ALTER TABLE c ADD ssn INT");
}

// What the server logs for CREATE TABLE … SELECT ssn AS plain FROM small, which copies the default.
TEST_F(StatementEventsTest, ServerWrittenColumnsAreOmittedWithExclusions) {
  const std::string text =
      "CREATE TABLE `x` (\n  `plain` varchar(9) DEFAULT 'hunter2'\n) START TRANSACTION";
  Gtid(1);
  Query(text);
  Query("COMMIT");
  EXPECT_EQ(ChangeMessages().back().schema_change().statement(), text);
  excluded_ = {"b.small.ssn"};
  Start({"b.*"});
  Gtid(1);
  Query(text);
  Query("COMMIT");
  EXPECT_EQ(ChangeMessages().back().schema_change().statement(), "");
}

TEST_F(StatementEventsTest, UnparsedStatementChangesEachTableWithoutText) {
  Transaction(1, 1);
  coverage_->Set({"b", "small"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(2);
  EXPECT_EQ(Query("ALTER TABLE small COMMENT 'hunter2"), "ended");
  EXPECT_THAT(Changes(), ElementsAre("INSERT b.small", "SCHEMA_CHANGE b.small"));
  EXPECT_EQ(ChangeMessages()[1].schema_change().statement(), "");
  EXPECT_EQ(coverage_->Newest({"b", "small"})->invalid_reason,
            "a statement that could not be read");
}

TEST_F(StatementEventsTest, SilentRedefinitionInvalidatesCoverage) {
  coverage_->Set({"b", "small"}, {.begin = {1}, .complete = true, .row_shape = 77});
  snapshot::TableChanges& changes = live_changes_.Start({"b", "small"}, 100);
  Transaction(1, 1);
  EXPECT_EQ(coverage_->Newest({"b", "small"})->invalid_reason, coverage::kRedefined);
  EXPECT_EQ(changes.definition_changes(), 1u);
}

TEST_F(StatementEventsTest, StatementIsParsedUnderItsSqlMode) {
  coverage_->Set({"b", "odd\\"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(1);
  constexpr uint64_t kMode =
      schema::StatementSession::kAnsiQuotes | schema::StatementSession::kNoBackslashEscapes;
  Send(EventType::kQuery, EventSource::Query("TRUNCATE \"odd\\\"", "b", 255, kMode));
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.odd\\"));
}

// The statement may have been prepared under utf8mb4, or written by the source.
TEST_F(StatementEventsTest, TextValidInTwoCharsetsChangesBothTables) {
  coverage_->Set({"b", "é"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  coverage_->Set({"b", "Ã©"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(1);
  Send(EventType::kQuery, EventSource::Query("TRUNCATE `\xc3\xa9`", "b", /*latin1*/ 8));
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.Ã©", "SCHEMA_CHANGE b.é"));
  for (const v1::Change& change : ChangeMessages()) {
    EXPECT_EQ(change.schema_change().statement(), "");
    EXPECT_THAT(change.schema_change().tables(), ElementsAre("b.Ã©", "b.é"));
  }
  EXPECT_EQ(coverage_->Newest({"b", "é"})->invalid_reason, coverage::kAlteredByStatement);
  EXPECT_EQ(coverage_->Newest({"b", "Ã©"})->invalid_reason, coverage::kAlteredByStatement);
}

TEST_F(StatementEventsTest, SameStatementInBothCharsetsIsCertain) {
  Gtid(1);
  Send(EventType::kQuery,
       EventSource::Query("ALTER TABLE small COMMENT '\xc3\xa9'", "b", /*latin1*/ 8));
  EXPECT_EQ(ChangeMessages()[0].schema_change().statement(), "ALTER TABLE small COMMENT 'Ã©'");
}

TEST_F(StatementEventsTest, StatementAmbiguousUnderModesInvalidatesBothTables) {
  coverage_->Set({"b", "small"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(1);
  Query(R"(ALTER TABLE small COMMENT 'C:\', RENAME TO y -- ')");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.y"));
  EXPECT_EQ(coverage_->Newest({"b", "y"})->invalid_reason, coverage::kRenamed);
  EXPECT_EQ(coverage_->Newest({"b", "small"})->invalid_reason, coverage::kAlteredByStatement);
}

TEST_F(StatementEventsTest, SecretUnderAnotherModeIsOmitted) {
  Gtid(1);
  Query(R"(ALTER TABLE small COMMENT 'a\'b', PASSWORD = 'hunter2', COMMENT 'c\'d')");
  Gtid(2);
  Query(R"(ALTER TABLE small COMMENT 'it\'s', COMMENT 'it\'s')");
  const std::vector<v1::Change> changes = ChangeMessages();
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].schema_change().statement(), "");
  EXPECT_EQ(changes[1].schema_change().statement(),
            R"(ALTER TABLE small COMMENT 'it\'s', COMMENT 'it\'s')");
}

TEST_F(StatementEventsTest, NameInDoubleQuotesIsNoSecret) {
  const std::string text = "CREATE TABLE small (\"id\" INT, \"password\" TEXT)";
  Gtid(1);
  Send(EventType::kQuery,
       EventSource::Query(text, "b", 255, schema::StatementSession::kAnsiQuotes));
  EXPECT_EQ(ChangeMessages()[0].schema_change().statement(), text);
}

TEST_F(StatementEventsTest, RenameReachesBothNames) {
  Start({"b.small", "b.new"});
  Gtid(1);
  Query("RENAME TABLE small TO other.gone, other.came TO new");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.new"));
}

TEST_F(StatementEventsTest, DefinitionIsItsOwnTransaction) {
  Gtid(1);
  EXPECT_EQ(Query("ALTER TABLE small ADD c INT"), "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
  const v1::SchemaChange change = ChangeMessages()[0].schema_change();
  EXPECT_EQ(change.statement(), "ALTER TABLE small ADD c INT");
  EXPECT_EQ(change.default_database(), "b");
  EXPECT_THAT(change.tables(), ElementsAre("b.small"));
}

TEST_F(StatementEventsTest, DefinitionChangesEachCapturedTable) {
  Gtid(1);
  Query("DROP TABLE small, other.x, c");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.c"));
}

TEST_F(StatementEventsTest, LowerCaseSourceFoldsTableNames) {
  processor_->SetNames(NameFolding::ToLower({}));
  coverage_->Set({"b", "small"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(1);
  EXPECT_EQ(Query("ALTER TABLE B.Small ADD c INT"), "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
  EXPECT_THAT(ChangeMessages()[0].schema_change().tables(), ElementsAre("b.small"));
  EXPECT_EQ(coverage_->Newest({"b", "small"})->invalid_reason, "altered");
}

TEST_F(StatementEventsTest, UnfoldableNameMayConcernAnyTable) {
  processor_->SetNames(NameFolding::ToLower({{"\u1e9e", std::nullopt}}));
  coverage_->Set({"b", "small"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(1);
  EXPECT_EQ(Query("TRUNCATE `stra\u1e9ee`"), "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
  EXPECT_EQ(coverage_->Newest({"b", "small"})->invalid_reason,
            "a statement that could not be read");
}

TEST_F(StatementEventsTest, DefinitionLargerThanAFrameIsCommittedWhole) {
  std::string statement = "DROP TABLE t0";
  for (int i = 1; i < 300; ++i) statement += ", table_with_a_longer_name_" + std::to_string(i);
  Gtid(1);
  EXPECT_EQ(Query(statement), "ended");
  EXPECT_TRUE(builder_->has_closed_frames());
  EXPECT_FALSE(builder_->has_open_changes());
  EXPECT_THAT(Changes(), SizeIs(300));
}

TEST_F(StatementEventsTest, TruncateIsATruncate) {
  Gtid(1);
  Query("TRUNCATE TABLE small");
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
}

TEST_F(StatementEventsTest, EmptiedMemoryTableIsATruncate) {
  Gtid(1);
  Query("DELETE FROM `b`.`small` /* generated by server */");
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
}

TEST_F(StatementEventsTest, TemporaryTableDefinitionIsNoChange) {
  Gtid(1);
  EXPECT_EQ(Query("CREATE TEMPORARY TABLE small (id INT)"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
}

TEST_F(StatementEventsTest, StatementsWithoutTablesOnlyMoveThePosition) {
  Gtid(1);
  EXPECT_EQ(Query("FLUSH PRIVILEGES"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_THAT(Gtids(), HasSubstr(":1"));
}

TEST_F(StatementEventsTest, SecretsInStatementsAreOmitted) {
  Gtid(1);
  Query("CREATE TABLE small (id INT) CONNECTION='mysql://u:secret@h/d'");
  ASSERT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
  EXPECT_EQ(ChangeMessages()[0].schema_change().statement(), "");
}

TEST_F(StatementEventsTest, NamesInOtherCharsetsBecomeUtf8) {
  Gtid(1);
  Send(EventType::kQuery, EventSource::Query("DROP TABLE `\xe9t\xe9`", "b", /*latin1*/ 8));
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.été"));
  EXPECT_THAT(ChangeMessages()[0].schema_change().tables(), ElementsAre("b.été"));
  EXPECT_EQ(ChangeMessages()[0].schema_change().statement(), "DROP TABLE `été`");
}

TEST_F(StatementEventsTest, CreateSelectContinuesAsATransaction) {
  Gtid(1);
  EXPECT_EQ(Query("CREATE TABLE small (id INT, name VARCHAR(20)) START TRANSACTION"), "within");
  SmallMap();
  EXPECT_EQ(Insert(1), "within") << error_;
  EXPECT_EQ(Xid(), "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "INSERT b.small"));
}

TEST_F(StatementEventsTest, LoggedCreateSelectStopsTheFeed) {
  Gtid(1);
  EXPECT_EQ(Query("CREATE TABLE other.n AS SELECT * FROM b.small"), "ended");
  Gtid(2);
  EXPECT_EQ(Query("CREATE TABLE n AS SELECT * FROM small"), "STATEMENT_BASED_CHANGE");
}

TEST_F(StatementEventsTest, RowsChangedByAStatementStopTheFeed) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(RowStatement("INSERT INTO small VALUES (1, 'x')", {"b"}), "STATEMENT_BASED_CHANGE");
}

// Through a trigger, a view or a function.
TEST_F(StatementEventsTest, StatementOpeningCapturedTablesStopsTheFeed) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(RowStatement("INSERT INTO other.x VALUES (1)", {"other", "b"}),
            "STATEMENT_BASED_CHANGE");
}

// The source lists no databases: MariaDB never does, MySQL not if foreign keys refer to the table.
TEST_F(StatementEventsTest, StatementWithUnknownTablesStopsTheFeed) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(Query("INSERT INTO other.x VALUES (1)"), "STATEMENT_BASED_CHANGE");
  EXPECT_EQ(RowStatement("DELETE FROM other.x", {""}), "STATEMENT_BASED_CHANGE");
  EXPECT_EQ(
      Send(EventType::kQuery, EventSource::Query("DELETE FROM other.x", "b", 255, 0, "\x0c\xfe")),
      "STATEMENT_BASED_CHANGE");
}

TEST_F(StatementEventsTest, StatementOpeningOnlyOtherTablesIsIgnored) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(RowStatement("INSERT INTO other.x VALUES (1)", {"other"}), "within");
  EXPECT_EQ(RowStatement("UPDATE other.x JOIN third.y SET x.a = 1", {"third", "other"}), "within");
  EXPECT_EQ(Xid(), "ended");
}

// Statements of pt-table-checksum: they open captured tables and change a table of the tool.
TEST_F(StatementEventsTest, DeclaredStatementTablesAreSkipped) {
  statement_tables_ = {"tool.sums"};
  Start({"b.*", "!b.small", "!b.plain"});
  Gtid(1);
  Query("BEGIN");
  for (const char* text :
       {"REPLACE INTO `tool`.`sums` (db, tbl) SELECT 'b', 'x' FROM `b`.`x` /*checksum table*/",
        "UPDATE `tool`.`sums` SET master_cnt = 1 WHERE db = 'b'", "DELETE FROM `tool`.`sums`",
        "INSERT IGNORE INTO tool.sums VALUES (1)"}) {
    EXPECT_EQ(RowStatement(text, {"b", "tool"}), "within") << text;
  }
  // MariaDB does not list the opened databases.
  EXPECT_EQ(Query("DELETE FROM tool.sums WHERE a = 1"), "within");
  for (const char* text :
       {"REPLACE INTO b.x SELECT * FROM tool.sums", "UPDATE tool.sums, b.x SET x.a = 1",
        "UPDATE tool.sums JOIN b.x SET x.a = 1", "DELETE tool.sums, b.x FROM tool.sums JOIN b.x",
        "CALL tool.p()", "INSERT INTO tool.other VALUES (1)"}) {
    EXPECT_EQ(RowStatement(text, {"b", "tool"}), "STATEMENT_BASED_CHANGE") << text;
  }
}

TEST_F(StatementEventsTest, StatementTablesDoNotCoverCapturedTables) {
  statement_tables_ = {"b.*"};
  Start({"b.*"});
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(RowStatement("DELETE FROM small", {"b"}), "STATEMENT_BASED_CHANGE");
}

TEST_F(StatementEventsTest, LoadedFileStopsTheFeedForCapturedTables) {
  const auto load = [](const std::string& database) {
    return EventSource::LoadQuery(EventSource::Query("LOAD DATA INFILE 'x' INTO TABLE x", "b", 255,
                                                     0, EventSource::Databases({database})));
  };
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(Send(EventType::kBeginLoadQuery, "file"), "within");
  EXPECT_EQ(Send(EventType::kExecuteLoadQuery, load("other")), "within");
  EXPECT_EQ(Send(EventType::kExecuteLoadQuery, load("b")), "STATEMENT_BASED_CHANGE");
}

}  // namespace
}  // namespace millrace::ingest
