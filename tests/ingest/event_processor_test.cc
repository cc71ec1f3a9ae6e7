// SPDX-License-Identifier: Apache-2.0

#include "ingest/event_processor.h"

#include "ingest/processor_fixture.h"

namespace millrace::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MysqlProcessorTest : public ProcessorTest {};

TEST_F(MysqlProcessorTest, RowsBetweenBeginAndXidAreATransaction) {
  Transaction(3, 2);
  EXPECT_THAT(Changes(), ElementsAre("INSERT b.small", "INSERT b.small"));
  EXPECT_THAT(Gtids(), HasSubstr(":3"));
  EXPECT_EQ(Place(), "binlog.000001:" + std::to_string(source_.position()));
}

TEST_F(MysqlProcessorTest, TransactionStandsWhereItsGtidEventDoes) {
  const uint64_t begins_at = source_.position();
  Transaction(3, 1);
  ASSERT_THAT(Transactions(), SizeIs(1));
  const v1::Transaction& transaction = Transactions()[0];
  EXPECT_EQ(transaction.source().file(), "binlog.000001");
  EXPECT_EQ(transaction.source().position(), begins_at);
  EXPECT_EQ(transaction.source().server_id(), 11u);
  EXPECT_THAT(transaction.gtid(), HasSubstr(":3"));
  EXPECT_GT(transaction.commit_time().nanos(), 0);
}

TEST_F(MysqlProcessorTest, PositionStaysBeforeTheTransactionInProgress) {
  Transaction(1, 1);
  const std::string place = Place();
  Gtid(2);
  Query("BEGIN");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Place(), place);
  EXPECT_TRUE(processor_->in_transaction());
}

TEST_F(MysqlProcessorTest, TablesNobodyCapturesLeaveAnEmptyTransaction) {
  Start({"b.*", "!b.small"});
  Transaction(3, 2);
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_THAT(Gtids(), HasSubstr(":3"));
  EXPECT_TRUE(processor_->TakeMoved());
  EXPECT_FALSE(processor_->TakeMoved());
}

TEST_F(MysqlProcessorTest, CommitStatementEndsATransactionToo) {
  Gtid(1);
  Query("BEGIN");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Query("COMMIT"), "ended");
  EXPECT_THAT(Changes(), SizeIs(1));
}

TEST_F(MysqlProcessorTest, RowsAreCountedByTable) {
  Transaction(1, 3);
  const auto counters = counters_.List();
  ASSERT_THAT(counters, SizeIs(1));
  EXPECT_EQ(counters[0].first.ToString(), "b.small");
  EXPECT_EQ(counters[0].second->inserts.load(), 3u);
}

TEST_F(MysqlProcessorTest, RowsOutsideOfATransactionAreAnError) {
  SmallMap();
  EXPECT_EQ(Insert(1), "EVENT_UNEXPECTED");
}

TEST_F(MysqlProcessorTest, RowsOfAnUnknownTableAreAnError) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(Insert(1), "EVENT_UNEXPECTED");
  EXPECT_EQ(Send(EventType::kWriteRows, EventSource::SmallRows("", 0x77)), "within");
}

TEST_F(MysqlProcessorTest, CommitAndRollbackOutsideOfATransactionAreErrors) {
  EXPECT_EQ(Xid(), "EVENT_UNEXPECTED");
  EXPECT_EQ(Query("COMMIT"), "EVENT_UNEXPECTED");
  EXPECT_EQ(Query("ROLLBACK"), "EVENT_UNEXPECTED");
}

TEST_F(MysqlProcessorTest, TransactionInsideAnotherIsAnError) {
  Gtid(1);
  EXPECT_EQ(Gtid(2), "EVENT_UNEXPECTED");
  Query("BEGIN");
  EXPECT_EQ(Query("BEGIN"), "EVENT_UNEXPECTED");
}

TEST_F(MysqlProcessorTest, UnknownEventNamesFileAndPosition) {
  const uint64_t place = source_.position();
  EXPECT_EQ(Send(static_cast<EventType>(99), "body"), "EVENT_UNKNOWN");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("binlog.000001:" + std::to_string(place)));
  EXPECT_THAT(std::string(error_.message()), HasSubstr("event type 99"));
}

TEST_F(MysqlProcessorTest, UnknownEventMarkedIgnorableIsPassedOver) {
  source_.flags = binlog::EventHeader::kFlagIgnorable;
  EXPECT_EQ(Send(static_cast<EventType>(99), "body"), "within");
}

TEST_F(MysqlProcessorTest, DamagedEventNamesFileAndPosition) {
  std::string event = source_.Event(EventType::kXid, std::string(8, '\0'));
  event.back() ^= 1;
  EXPECT_EQ(SendBytes(event), "EVENT_CHECKSUM_MISMATCH");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("binlog.000001:"));
}

TEST_F(MysqlProcessorTest, SettingsOfTheSessionDoNotMatterToBegin) {
  std::string body = EventSource::Query("BEGIN");
  body[13] = '\0';  // flags, of four bytes, and two of the database's name are there
  Gtid(1);
  EXPECT_EQ(Send(EventType::kQuery, body), "within") << error_;
  SmallMap();
  Insert(1);
  EXPECT_EQ(Xid(), "ended") << error_;
  EXPECT_THAT(Changes(), ElementsAre("INSERT b.small"));
}

TEST_F(MysqlProcessorTest, RolledBackTransactionWithoutOurRowsOnlyCountsItsGtid) {
  Gtid(4);
  Query("BEGIN");
  EXPECT_EQ(Query("ROLLBACK"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_THAT(Gtids(), HasSubstr(":4"));
}

TEST_F(MysqlProcessorTest, RolledBackRowsAreVoidAndTheirGtidCounts) {
  Gtid(4);
  Query("BEGIN");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Query("ROLLBACK"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_THAT(Gtids(), HasSubstr(":4"));
}

TEST_F(MysqlProcessorTest, RollbackToASavepointTakesBackTheRowsSinceIt) {
  Gtid(4);
  Query("BEGIN");
  SmallMap();
  EXPECT_EQ(Insert(1), "within") << error_;
  EXPECT_EQ(Query("SAVEPOINT `s`"), "within");
  SmallMap();
  EXPECT_EQ(Insert(2), "within") << error_;
  EXPECT_EQ(Query("ROLLBACK TO `s`"), "within");
  SmallMap();
  EXPECT_EQ(Insert(3), "within") << error_;
  EXPECT_EQ(Query("COMMIT"), "ended");
  EXPECT_EQ(ChangeMessages().size(), 2u);
}

TEST_F(MysqlProcessorTest, RollbackToASavepointThatWasNotSetIsUnexpected) {
  Gtid(4);
  Query("BEGIN");
  SmallMap();
  EXPECT_EQ(Insert(1), "within") << error_;
  EXPECT_EQ(Query("ROLLBACK TO `s`"), "EVENT_UNEXPECTED");
}

TEST_F(MysqlProcessorTest, SavepointsAreComparedWithoutCaseAndAccents) {
  Gtid(4);
  Query("BEGIN");
  SmallMap();
  Insert(1);
  Query("SAVEPOINT `Alpha é`");
  SmallMap();
  Insert(2);
  EXPECT_EQ(Query("ROLLBACK TO `ALPHA E`"), "within") << error_;
  EXPECT_EQ(Xid(), "ended");
  EXPECT_THAT(Changes(), SizeIs(1));
}

TEST_F(MysqlProcessorTest, AnyNumberOfSavepointsMayBeSet) {
  Gtid(4);
  Query("BEGIN");
  SmallMap();
  Insert(1);
  Query("SAVEPOINT first");
  SmallMap();
  Insert(2);
  for (int i = 0; i < 10'001; ++i) {
    ASSERT_EQ(Query("SAVEPOINT `s" + std::to_string(i) + "`"), "within") << error_;
  }
  SmallMap();
  Insert(3);
  EXPECT_EQ(Query("ROLLBACK TO `s10000`"), "within") << error_;
  EXPECT_EQ(Query("ROLLBACK TO `first`"), "within") << error_;
  EXPECT_EQ(Xid(), "ended");
  EXPECT_THAT(Changes(), SizeIs(1));
}

TEST_F(MysqlProcessorTest, RollbackToTheBeginningTakesAllBack) {
  Gtid(4);
  Query("BEGIN");
  Query("SAVEPOINT s");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Query("ROLLBACK TO `S`"), "within") << error_;
  SmallMap();
  Insert(2);
  EXPECT_EQ(Xid(), "ended");
  EXPECT_THAT(Changes(), SizeIs(1));
}

TEST_F(MysqlProcessorTest, DroppedDatabaseIsToldOfEachTable) {
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

TEST_F(MysqlProcessorTest, DatabaseThatCannotHoldCapturedTablesIsNotTold) {
  Gtid(1);
  EXPECT_EQ(Query("CREATE DATABASE c"), "ended");
  EXPECT_EQ(Changes(), std::vector<std::string>());
  Gtid(2);
  Query("CREATE DATABASE b");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b."));
}

TEST_F(MysqlProcessorTest, RoutinesAndEventsReachNobody) {
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

TEST_F(MysqlProcessorTest, BodiesOfTriggersAndViewsAreLeftOut) {
  Gtid(1);
  Query("CREATE TRIGGER g BEFORE INSERT ON small FOR EACH ROW SET @a = 'secret'");
  Gtid(2);
  Query("CREATE VIEW v AS SELECT 'secret' FROM other.x");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.v"));
  for (const v1::Change& change : ChangeMessages()) {
    EXPECT_EQ(change.schema_change().statement(), "");
  }
}

TEST_F(MysqlProcessorTest, StatementsThatNameExcludedColumnsAreLeftOut) {
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

// As for CREATE TABLE … SELECT ssn AS plain FROM small, which copies the default.
TEST_F(MysqlProcessorTest, ColumnsCopiedByTheServerAreLeftOutWhereSomeAreExcluded) {
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

TEST_F(MysqlProcessorTest, StatementThatIsNotUnderstoodIsToldOfEachTableWithoutItsText) {
  Transaction(1, 1);
  coverage_->Set({"b", "small"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(2);
  EXPECT_EQ(Query("ALTER TABLE small COMMENT 'hunter2"), "ended");
  EXPECT_THAT(Changes(), ElementsAre("INSERT b.small", "SCHEMA_CHANGE b.small"));
  EXPECT_EQ(ChangeMessages()[1].schema_change().statement(), "");
  EXPECT_EQ(coverage_->Newest({"b", "small"})->invalid_reason,
            "a statement that could not be read");
}

TEST_F(MysqlProcessorTest, SilentRedefinitionInvalidatesCoverage) {
  coverage_->Set({"b", "small"}, {.begin = {1}, .complete = true, .row_shape = 77});
  snapshot::TableChanges& changes = live_changes_.Start({"b", "small"}, 100);
  Transaction(1, 1);
  EXPECT_EQ(coverage_->Newest({"b", "small"})->invalid_reason, coverage::kRedefined);
  EXPECT_EQ(changes.definitions(), 1u);
}

TEST_F(MysqlProcessorTest, StatementIsReadUnderItsOwnMode) {
  coverage_->Set({"b", "odd\\"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(1);
  constexpr uint64_t kMode =
      schema::StatementSession::kAnsiQuotes | schema::StatementSession::kNoBackslashEscapes;
  Send(EventType::kQuery, EventSource::Query("TRUNCATE \"odd\\\"", "b", 255, kMode));
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.odd\\"));
}

TEST_F(MysqlProcessorTest, TextThatHappensToBeUtf8IsConvertedAllTheSame) {
  Gtid(1);
  Send(EventType::kQuery, EventSource::Query("TRUNCATE `\xc3\xa9`", "b", /*latin1*/ 8));
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.Ã©"));
  EXPECT_EQ(ChangeMessages()[0].schema_change().statement(), "TRUNCATE `Ã©`");
}

TEST_F(MysqlProcessorTest, RenameReachesBothNames) {
  Start({"b.small", "b.new"});
  Gtid(1);
  Query("RENAME TABLE small TO other.gone, other.came TO new");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.new"));
}

TEST_F(MysqlProcessorTest, DefinitionIsATransactionOfItsOwn) {
  Gtid(1);
  EXPECT_EQ(Query("ALTER TABLE small ADD c INT"), "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
  const v1::SchemaChange change = ChangeMessages()[0].schema_change();
  EXPECT_EQ(change.statement(), "ALTER TABLE small ADD c INT");
  EXPECT_EQ(change.default_database(), "b");
  EXPECT_THAT(change.tables(), ElementsAre("b.small"));
}

TEST_F(MysqlProcessorTest, DefinitionOfSeveralTablesIsAChangeOfEachCapturedOne) {
  Gtid(1);
  Query("DROP TABLE small, other.x, c");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.c"));
}

TEST_F(MysqlProcessorTest, StatementOfASourceThatKeepsLowerCaseIsOfTheTableItMeans) {
  processor_->SetNames(NameFolding::ToLower({}));
  coverage_->Set({"b", "small"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(1);
  EXPECT_EQ(Query("ALTER TABLE B.Small ADD c INT"), "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
  EXPECT_THAT(ChangeMessages()[0].schema_change().tables(), ElementsAre("b.small"));
  EXPECT_EQ(coverage_->Newest({"b", "small"})->invalid_reason, "altered");
}

TEST_F(MysqlProcessorTest, StatementWhoseNamesCannotBeFoldedMayConcernAnyTable) {
  processor_->SetNames(NameFolding::ToLower({{"\u1e9e", std::nullopt}}));
  coverage_->Set({"b", "small"}, {.begin = {1}, .complete = true, .invalid_reason = {}});
  Gtid(1);
  EXPECT_EQ(Query("TRUNCATE `stra\u1e9ee`"), "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
  EXPECT_EQ(coverage_->Newest({"b", "small"})->invalid_reason,
            "a statement that could not be read");
}

TEST_F(MysqlProcessorTest, DefinitionThatFillsFramesIsCommittedWhole) {
  std::string statement = "DROP TABLE t0";
  for (int i = 1; i < 300; ++i) statement += ", table_with_a_longer_name_" + std::to_string(i);
  Gtid(1);
  EXPECT_EQ(Query(statement), "ended");
  EXPECT_TRUE(builder_->has_closed_frames());
  EXPECT_FALSE(builder_->has_open_changes());
  EXPECT_THAT(Changes(), SizeIs(300));
}

TEST_F(MysqlProcessorTest, TruncateIsToldAsSuch) {
  Gtid(1);
  Query("TRUNCATE TABLE small");
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
}

TEST_F(MysqlProcessorTest, EmptiedMemoryTableIsATruncate) {
  Gtid(1);
  Query("DELETE FROM `b`.`small` /* generated by server */");
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
}

TEST_F(MysqlProcessorTest, DefinitionOfATemporaryTableIsNoChange) {
  Gtid(1);
  EXPECT_EQ(Query("CREATE TEMPORARY TABLE small (id INT)"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
}

TEST_F(MysqlProcessorTest, StatementsThatConcernNoTableOnlyMoveThePosition) {
  Gtid(1);
  EXPECT_EQ(Query("FLUSH PRIVILEGES"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_THAT(Gtids(), HasSubstr(":1"));
}

TEST_F(MysqlProcessorTest, SecretsOfAStatementAreLeftOut) {
  Gtid(1);
  Query("CREATE TABLE small (id INT) CONNECTION='mysql://u:secret@h/d'");
  ASSERT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
  EXPECT_EQ(ChangeMessages()[0].schema_change().statement(), "");
}

TEST_F(MysqlProcessorTest, NamesInAStatementOfAnotherCharsetAreUtf8) {
  Gtid(1);
  Send(EventType::kQuery, EventSource::Query("DROP TABLE `\xe9t\xe9`", "b", /*latin1*/ 8));
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.été"));
  EXPECT_THAT(ChangeMessages()[0].schema_change().tables(), ElementsAre("b.été"));
  EXPECT_EQ(ChangeMessages()[0].schema_change().statement(), "DROP TABLE `été`");
}

TEST_F(MysqlProcessorTest, CreateSelectGoesOnAsATransaction) {
  Gtid(1);
  EXPECT_EQ(Query("CREATE TABLE small (id INT, name VARCHAR(20)) START TRANSACTION"), "within");
  SmallMap();
  EXPECT_EQ(Insert(1), "within") << error_;
  EXPECT_EQ(Xid(), "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "INSERT b.small"));
}

TEST_F(MysqlProcessorTest, CreateSelectLoggedAsAStatementStopsTheFeed) {
  Gtid(1);
  EXPECT_EQ(Query("CREATE TABLE other.n AS SELECT * FROM b.small"), "ended");
  Gtid(2);
  EXPECT_EQ(Query("CREATE TABLE n AS SELECT * FROM small"), "STATEMENT_BASED_CHANGE");
}

TEST_F(MysqlProcessorTest, RowsChangedByAStatementStopTheFeed) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(RowStatement("INSERT INTO small VALUES (1, 'x')", {"b"}), "STATEMENT_BASED_CHANGE");
}

// A trigger, a view, a function.
TEST_F(MysqlProcessorTest, StatementThatOpensCapturedTablesStopsTheFeedWhateverItNames) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(RowStatement("INSERT INTO other.x VALUES (1)", {"other", "b"}),
            "STATEMENT_BASED_CHANGE");
}

// Foreign keys that refer to the table; MariaDB never says.
TEST_F(MysqlProcessorTest, StatementWhoseTablesAreUnknownStopsTheFeed) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(Query("INSERT INTO other.x VALUES (1)"), "STATEMENT_BASED_CHANGE");
  EXPECT_EQ(RowStatement("DELETE FROM other.x", {""}), "STATEMENT_BASED_CHANGE");
  EXPECT_EQ(
      Send(EventType::kQuery, EventSource::Query("DELETE FROM other.x", "b", 255, 0, "\x0c\xfe")),
      "STATEMENT_BASED_CHANGE");
}

TEST_F(MysqlProcessorTest, StatementThatOnlyOpensOtherTablesIsHarmless) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(RowStatement("INSERT INTO other.x VALUES (1)", {"other"}), "within");
  EXPECT_EQ(RowStatement("UPDATE other.x JOIN third.y SET x.a = 1", {"third", "other"}), "within");
  EXPECT_EQ(Xid(), "ended");
}

TEST_F(MysqlProcessorTest, LoadedFileStopsTheFeedUnlessItOnlyOpensOtherTables) {
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

TEST_F(MysqlProcessorTest, IncidentStopsTheFeed) {
  EXPECT_EQ(Send(EventType::kIncident, std::string("\x01\0\x04lost", 7)), "SOURCE_INCIDENT");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("'lost'"));
}

TEST_F(MysqlProcessorTest, XaCommitInOnePhaseIsACommit) {
  Gtid(1);
  Query("XA START X'78',X'',1");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Query("XA END X'78',X'',1"), "within");
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaOnePhase)), "ended");
  EXPECT_THAT(Changes(), SizeIs(1));
}

TEST_F(MysqlProcessorTest, PreparedXaTransactionWithOurRowsIsNotSupported) {
  Gtid(1);
  Query("XA START X'78',X'79',5");
  SmallMap();
  Insert(1);
  Query("XA END X'78',X'79',5");
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)),
            "XA_UNSUPPORTED");
}

TEST_F(MysqlProcessorTest, PreparedXaTransactionWithoutOurRowsMayBeCommitted) {
  Gtid(1);
  Query("XA START X'78',X'79',5");
  Query("XA END X'78',X'79',5");
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)), "ended");
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "ended");
  Gtid(3);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "XA_UNSUPPORTED");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("start a new log"));
}

TEST_F(MysqlProcessorTest, XaCommitOfATableCapturedSinceIsNotSupported) {
  Start({"c.*"});
  Gtid(1);
  Query("XA START X'78',X'79',5");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)), "ended");
  StoreXa();
  Start({"b.*"});
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "XA_UNSUPPORTED");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("b.small"));
  // The error takes nothing from what is known of it.
  StoreXa();
  Start({"c.*"});
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "ended") << error_;
}

TEST_F(MysqlProcessorTest, XaCommitOfADatabaseCapturedSinceIsNotSupported) {
  Start({"c.*"});
  Gtid(1);
  Query("XA START X'78',X'79',5");
  EXPECT_EQ(RowStatement("UPDATE b.small SET id = 1", {"b"}), "within");
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)), "ended");
  StoreXa();
  Start({"b.*"});
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "XA_UNSUPPORTED");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("any table of 'b'"));
}

TEST_F(MysqlProcessorTest, PreparedXaTransactionIsKnownAfterARestart) {
  Start({"c.*"});
  Gtid(1);
  Query("XA START X'78',X'79',5");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)), "ended");
  StoreXa();
  Start({"c.*"});
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "ended") << error_;
  StoreXa();
  Start({"c.*"});
  Gtid(3);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "XA_UNSUPPORTED");
}

TEST_F(MysqlProcessorTest, XaRollbackChangesNothing) {
  Gtid(1);
  EXPECT_EQ(Query("XA ROLLBACK X'78',X'79',5"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
}

TEST_F(MysqlProcessorTest, PositionGoesOnBehindFourGibibytes) {
  constexpr uint64_t kWrap = uint64_t{1} << 32;
  SendBytes(
      source_.EventAt(EventType::kRotate, EventSource::Rotate("binlog.000001", kWrap - 30), 0));
  source_.set_position(kWrap - 30);
  Transaction(1, 1);
  EXPECT_GT(source_.position(), kWrap);
  EXPECT_EQ(Place(), "binlog.000001:" + std::to_string(source_.position()));
  Transaction(2, 1);
  EXPECT_EQ(Place(), "binlog.000001:" + std::to_string(source_.position()));
}

TEST_F(MysqlProcessorTest, RotationMovesToTheNextFile) {
  EXPECT_EQ(Send(EventType::kRotate, EventSource::Rotate("binlog.000002", 4)), "ended");
  EXPECT_EQ(Place(), "binlog.000002:4");
}

TEST_F(MysqlProcessorTest, EventsMadeForTheDumpDoNotMoveThePosition) {
  Transaction(1, 1);
  const std::string place = Place();
  source_.flags = binlog::EventHeader::kFlagArtificial;
  SendBytes(source_.EventAt(EventType::kPreviousGtids, std::string(8, '\0'), 77'777));
  source_.flags = 0;
  EXPECT_EQ(Query("FLUSH LOGS"), "ended");
  EXPECT_EQ(Place(), "binlog.000001:" + std::to_string(source_.position()));
}

TEST_F(MysqlProcessorTest, RestartOfTheSourceDropsTheTransactionInProgress) {
  Gtid(1);
  Query("BEGIN");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Send(EventType::kFormatDescription, EventSource::BodyOf(captured::kMysqlFormat)),
            "within");
  EXPECT_FALSE(processor_->in_transaction());
  Transaction(2, 1);
  EXPECT_THAT(Changes(), SizeIs(1));
  EXPECT_THAT(Gtids(), ::testing::EndsWith(":2"));
}

TEST_F(MysqlProcessorTest, RestartOfTheSourceDropsWhatWasStaged) {
  frame_bytes_ = 1000;
  Start({"b.*"});
  Gtid(1);
  Query("BEGIN");
  SmallMap();
  for (int i = 0; i < 40; ++i) Insert(1, "twenty characters long");
  ASSERT_TRUE(builder_->has_closed_frames());
  builder_->TakeFrames();
  EXPECT_EQ(Send(EventType::kFormatDescription, EventSource::BodyOf(captured::kMysqlFormat)),
            "drop staged");
}

TEST_F(MysqlProcessorTest, GtidAnnouncedBeforeARestartIsNotCounted) {
  Gtid(1);
  Send(EventType::kFormatDescription, EventSource::BodyOf(captured::kMysqlFormat));
  Query("BEGIN");
  EXPECT_EQ(Xid(), "ended");
  EXPECT_EQ(Gtids(), "");
}

TEST_F(MysqlProcessorTest, TableNumbersAreForgottenAtARestart) {
  Transaction(1, 1);
  Send(EventType::kFormatDescription, EventSource::BodyOf(captured::kMysqlFormat));
  Gtid(2);
  Query("BEGIN");
  EXPECT_EQ(Insert(1), "EVENT_UNEXPECTED");
}

TEST_F(MysqlProcessorTest, ResetGoesBackToTheLastEnd) {
  Transaction(1, 1);
  const uint64_t end = source_.position();
  Gtid(2);
  Query("BEGIN");
  SmallMap();
  Insert(1);
  EXPECT_FALSE(processor_->Reset());
  EXPECT_FALSE(processor_->in_transaction());
  source_.set_position(end);
  Send(EventType::kFormatDescription, EventSource::BodyOf(captured::kMysqlFormat));
  Transaction(2, 1);
  EXPECT_THAT(Changes(), SizeIs(2));
}

TEST_F(MysqlProcessorTest, HeartbeatMovesThePositionBetweenTransactions) {
  EXPECT_EQ(SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000001", 5000)), "ended");
  EXPECT_EQ(Place(), "binlog.000001:5000");
  EXPECT_TRUE(processor_->TakeMoved());
  EXPECT_EQ(SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000001", 4000)), "within");
  EXPECT_EQ(SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000009", 9000)), "within");
  EXPECT_EQ(Place(), "binlog.000001:5000");
}

// By GTID set a dump begins at a file of which a part has been read: its beginning is no position.
TEST_F(MysqlProcessorTest, StreamThatBeginsBeforeThePositionKeepsIt) {
  Transaction(1, 1);
  const std::string place = Place();
  StreamAgain("binlog.000001", /*of_position=*/true);
  EXPECT_EQ(Place(), place);
  StreamAgain("binlog.000001", /*of_position=*/false);
  EXPECT_EQ(Place(), "binlog.000001:4");
}

// Tasks wait for the place: it must come to the end of an idle binlog.
TEST_F(MysqlProcessorTest, HeartbeatAtThePositionMovesThePlace) {
  Transaction(1, 1);
  const SourcePosition end = processor_->position();
  StreamAgain("binlog.000001", /*of_position=*/true);
  EXPECT_LT(processor_->place().offset, end.offset);
  SendBytes(source_.EventAt(EventType::kHeartbeat, end.file, static_cast<uint32_t>(end.offset)));
  EXPECT_EQ(processor_->place().offset, end.offset);
}

TEST_F(MysqlProcessorTest, HeartbeatOfALaterFileMovesThePositionThere) {
  SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000001", 5000));
  StreamAgain("binlog.000003", /*of_position=*/true);
  EXPECT_EQ(Place(), "binlog.000001:5000");
  EXPECT_EQ(SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000003", 200)), "ended");
  EXPECT_EQ(Place(), "binlog.000003:200");
}

TEST_F(MysqlProcessorTest, HeartbeatInsideATransactionIsAGap) {
  Gtid(1);
  const std::string place = Place();
  EXPECT_EQ(SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000001", 5000)),
            "EVENT_TRUNCATED");
  EXPECT_EQ(Place(), place);
}

TEST_F(MysqlProcessorTest, EndOfAFileInsideATransactionIsAGap) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(Send(EventType::kRotate, EventSource::Rotate("binlog.000002", 4)), "EVENT_TRUNCATED");
}

TEST_F(MysqlProcessorTest, TransactionShorterThanItSaysIsAGap) {
  const uint64_t begin = source_.position();
  Transaction(1, 1);
  const auto size = static_cast<uint16_t>(source_.position() - begin);
  for (const bool whole : {true, false}) {
    Gtid(2, static_cast<uint16_t>(whole ? size : size + 1));
    Query("BEGIN");
    SmallMap();
    Insert(1);
    EXPECT_EQ(Xid(), whole ? "ended" : "EVENT_TRUNCATED");
  }
}

// Whatever a compressed transaction is taken for, it is not passed over.
TEST_F(MysqlProcessorTest, PayloadOfAnotherTypeIsNotPassedOver) {
  const std::string body = EventSource::BodyOf(captured::kMysqlPayload);
  for (int type = 0; type < 256; ++type) {
    if (type == static_cast<int>(EventType::kTransactionPayload)) continue;
    Start({"b.*"});
    Gtid(1);
    std::string result = Send(static_cast<EventType>(type), body);
    if (result == "within") {
      result = SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000001",
                                         static_cast<uint32_t>(source_.position())));
    }
    EXPECT_THAT(result, HasSubstr("_")) << "type " << type;
    EXPECT_EQ(Gtids(), "") << "type " << type;
  }
}

TEST_F(MysqlProcessorTest, CompressedTransactionIsUnpacked) {
  Gtid(1);
  EXPECT_EQ(
      Send(EventType::kTransactionPayload, EventSource::BodyOf(captured::kMysqlPayloadThousand)),
      "ended")
      << error_;
  EXPECT_THAT(Changes(), SizeIs(1000));
  EXPECT_EQ(Place(), "binlog.000001:" + std::to_string(source_.position()));
}

TEST_F(MysqlProcessorTest, CompressedTransactionIsHandedOverAsItIsUnpacked) {
  frame_bytes_ = 1000;
  Start({"b.*"});
  Gtid(1);
  Send(EventType::kTransactionPayload, EventSource::BodyOf(captured::kMysqlPayloadThousand));
  ASSERT_GT(Transactions().size(), 10u);
  EXPECT_TRUE(Transactions().front().more());
  EXPECT_FALSE(Transactions().back().more());
}

TEST_F(MysqlProcessorTest, AnonymousTransactionsHaveNoGtid) {
  AnonymousGtid();
  Query("BEGIN");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Xid(), "ended");
  EXPECT_EQ(Transactions()[0].gtid(), "");
  EXPECT_GT(Transactions()[0].commit_time().seconds(), 0);
}

TEST_F(MysqlProcessorTest, BookkeepingOfTheServerIsPassedOver) {
  for (const EventType type : {EventType::kStop, EventType::kPreviousGtids, EventType::kIntvar,
                               EventType::kRowsQuery, EventType::kViewChange}) {
    EXPECT_EQ(Send(type, "anything"), "within");
  }
}

class MariadbProcessorTest : public ProcessorTest {
 protected:
  MariadbProcessorTest() : ProcessorTest(Flavour::kMariadb) {}
  std::string MariadbGtid(uint8_t number, uint8_t flags) {
    std::string body = EventSource::BodyOf(captured::kMariadbGtid);
    body[0] = static_cast<char>(number);
    body[12] = static_cast<char>(flags);
    return Send(EventType::kMariadbGtid, body);
  }
};

constexpr uint8_t kStandalone = 0x01;
constexpr uint8_t kTransactional = 0x0c;

TEST_F(MariadbProcessorTest, GtidEventBeginsATransaction) {
  MariadbGtid(7, kTransactional);
  SmallMap();
  EXPECT_EQ(Insert(1), "within") << error_;
  EXPECT_EQ(Xid(), "ended");
  EXPECT_THAT(Changes(), ElementsAre("INSERT b.small"));
  EXPECT_EQ(Gtids(), "0-11-7");
}

TEST_F(MariadbProcessorTest, BeginBehindAGtidEventIsNoSecondTransaction) {
  MariadbGtid(7, kTransactional);
  EXPECT_EQ(Query("BEGIN"), "within");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Query("BEGIN"), "EVENT_UNEXPECTED");
}

class TemporaryTablesTest : public MariadbProcessorTest {
 protected:
  TemporaryTablesTest() {
    coverage_->Set({"b", "small"}, {.begin = Sequence{1}, .complete = true, .invalid_reason = {}});
  }
  // `mark`: of the session's temporary tables.
  std::string Run(std::string_view statement, bool mark = true) {
    source_.flags = mark ? binlog::EventHeader::kFlagThreadSpecific : 0;
    MariadbGtid(++number_, kStandalone);
    return Query(statement);
  }
  std::string WhyInvalid() { return coverage_->Newest({"b", "small"})->invalid_reason; }

 private:
  uint8_t number_ = 7;
};

TEST_F(TemporaryTablesTest, WhatConcernsAKnownOneIsNotTold) {
  for (const char* statement :
       {"CREATE TEMPORARY TABLE small (id INT)", "TRUNCATE small", "ALTER TABLE small RENAME TO z",
        "RENAME TABLE z TO small", "DROP TEMPORARY TABLE `small` /* generated by server */"}) {
    EXPECT_EQ(Run(statement), "ended") << error_;
  }
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_EQ(coverage_->Newest({"b", "small"})->begin, Sequence{1});
  EXPECT_EQ(WhyInvalid(), "");
  Run("TRUNCATE small", /*mark=*/false);
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
}

// In a procedure that used another temporary table, or one made before the stream began.
TEST_F(TemporaryTablesTest, TruncateThatMayConcernOneLeavesADoubt) {
  Run("TRUNCATE small");
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
  EXPECT_EQ(WhyInvalid(), coverage::kAlteredByStatement);
}

TEST_F(TemporaryTablesTest, EveryRenameOfMariadbLeavesADoubt) {
  Run("RENAME TABLE small TO z", /*mark=*/false);
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.z"));
  EXPECT_EQ(WhyInvalid(), coverage::kAlteredByStatement);
}

TEST_F(TemporaryTablesTest, AreGoneWhenTheSourceStarts) {
  Run("CREATE TEMPORARY TABLE small (id INT)");
  source_.flags = 0;
  Send(EventType::kFormatDescription, EventSource::BodyOf(captured::kMariadbFormat));
  Run("TRUNCATE small");
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
}

// A function in the query may write captured tables.
TEST_F(MariadbProcessorTest, CreateSelectLoggedAsAStatementStopsTheFeed) {
  MariadbGtid(7, kStandalone);
  EXPECT_EQ(Query("CREATE OR REPLACE TABLE other.n AS SELECT other.f() AS id"),
            "STATEMENT_BASED_CHANGE");
}

TEST_F(MariadbProcessorTest, StandaloneStatementIsAWholeTransaction) {
  MariadbGtid(7, kStandalone);
  EXPECT_EQ(Query("ALTER TABLE small ADD c INT"), "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
  MariadbGtid(8, kStandalone);
  EXPECT_EQ(Query("ANALYZE TABLE small"), "ended");
  EXPECT_EQ(Gtids(), "0-11-8");
}

TEST_F(MariadbProcessorTest, SplitAlterIsToldOnceItIsDone) {
  Send(EventType::kMariadbGtid, EventSource::BodyOf(captured::kMariadbStartAlterGtid));
  EXPECT_EQ(Query("ALTER TABLE small ADD c INT"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
  Send(EventType::kMariadbGtid, EventSource::BodyOf(captured::kMariadbCommitAlterGtid));
  Query("ALTER TABLE small ADD c INT");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
}

TEST_F(MariadbProcessorTest, SplitAlterThatFailedIsNotTold) {
  Send(EventType::kMariadbGtid, EventSource::BodyOf(captured::kMariadbRollbackAlterGtid));
  EXPECT_EQ(Query("ALTER TABLE small ADD c INT"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
}

TEST_F(MariadbProcessorTest, CompressedStatementIsUnpacked) {
  MariadbGtid(7, kStandalone);
  EXPECT_EQ(Send(EventType::kMariadbQueryCompressed,
                 EventSource::BodyOf(captured::kMariadbQueryCompressed)),
            "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
}

TEST_F(MariadbProcessorTest, CompressedRowsAreUnpacked) {
  MariadbGtid(7, kTransactional);
  SmallMap(0x16);
  EXPECT_EQ(Send(EventType::kMariadbWriteRowsCompressedV1,
                 EventSource::BodyOf(captured::kMariadbWriteCompressed)),
            "within")
      << error_;
  Xid();
  EXPECT_THAT(Changes(), SizeIs(6));
}

}  // namespace
}  // namespace millrace::ingest
