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

TEST_F(MysqlProcessorTest, TransactionPositionIsItsGtidEvent) {
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

TEST_F(MysqlProcessorTest, UncapturedTablesLeaveAnEmptyTransaction) {
  Start({"b.*", "!b.small"});
  Transaction(3, 2);
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_THAT(Gtids(), HasSubstr(":3"));
  EXPECT_TRUE(processor_->TakePositionMoved());
  EXPECT_FALSE(processor_->TakePositionMoved());
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

TEST_F(MysqlProcessorTest, CommitOrRollbackOutsideTransactionIsAnError) {
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

TEST_F(MysqlProcessorTest, UnknownIgnorableEventIsSkipped) {
  source_.flags = binlog::EventHeader::kFlagIgnorable;
  EXPECT_EQ(Send(static_cast<EventType>(99), "body"), "within");
}

TEST_F(MysqlProcessorTest, DamagedEventNamesFileAndPosition) {
  std::string event = source_.Event(EventType::kXid, std::string(8, '\0'));
  event.back() ^= 1;
  EXPECT_EQ(SendBytes(event), "EVENT_CHECKSUM_MISMATCH");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("binlog.000001:"));
}

TEST_F(MysqlProcessorTest, SessionSettingsDoNotMatterToBegin) {
  std::string body = EventSource::Query("BEGIN");
  // Makes the status variables unparsable: the first one now has another code, and so another
  // length.
  body[13] = '\0';
  Gtid(1);
  EXPECT_EQ(Send(EventType::kQuery, body), "within") << error_;
  SmallMap();
  Insert(1);
  EXPECT_EQ(Xid(), "ended") << error_;
  EXPECT_THAT(Changes(), ElementsAre("INSERT b.small"));
}

TEST_F(MysqlProcessorTest, RollbackWithoutCapturedRowsCountsItsGtid) {
  Gtid(4);
  Query("BEGIN");
  EXPECT_EQ(Query("ROLLBACK"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_THAT(Gtids(), HasSubstr(":4"));
}

TEST_F(MysqlProcessorTest, RolledBackRowsAreDroppedButGtidCounts) {
  Gtid(4);
  Query("BEGIN");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Query("ROLLBACK"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_THAT(Gtids(), HasSubstr(":4"));
}

TEST_F(MysqlProcessorTest, RollbackToSavepointDropsLaterRows) {
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

TEST_F(MysqlProcessorTest, RollbackToUnknownSavepointIsUnexpected) {
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

TEST_F(MysqlProcessorTest, RollbackToStartDropsAllRows) {
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

TEST_F(MysqlProcessorTest, PreparedXaWithCapturedRowsIsUnsupported) {
  Gtid(1);
  Query("XA START X'78',X'79',5");
  SmallMap();
  Insert(1);
  Query("XA END X'78',X'79',5");
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)),
            "XA_UNSUPPORTED");
}

TEST_F(MysqlProcessorTest, PreparedXaWithoutCapturedRowsMayCommit) {
  Gtid(1);
  Query("XA START X'78',X'79',5");
  Query("XA END X'78',X'79',5");
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)), "ended");
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "ended");
  Gtid(3);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "XA_UNSUPPORTED");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("XA COMMIT of 'X\\'78\\',X\\'79\\',5'"));
  EXPECT_THAT(std::string(error_.message()), HasSubstr("start a new log"));
}

TEST_F(MysqlProcessorTest, XaCommitOfLaterCapturedTableIsUnsupported) {
  Start({"c.*"});
  Gtid(1);
  Query("XA START X'78',X'79',5");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)), "ended");
  StorePreparedXa();
  Start({"b.*"});
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "XA_UNSUPPORTED");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("b.small"));
  // The error does not remove the prepared transaction.
  StorePreparedXa();
  Start({"c.*"});
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "ended") << error_;
}

TEST_F(MysqlProcessorTest, XaCommitOfLaterCapturedDatabaseIsUnsupported) {
  Start({"c.*"});
  Gtid(1);
  Query("XA START X'78',X'79',5");
  EXPECT_EQ(RowStatement("UPDATE b.small SET id = 1", {"b"}), "within");
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)), "ended");
  StorePreparedXa();
  Start({"b.*"});
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "XA_UNSUPPORTED");
  EXPECT_THAT(std::string(error_.message()), HasSubstr("any table of 'b'"));
}

TEST_F(MysqlProcessorTest, PreparedXaIsKnownAfterRestart) {
  Start({"c.*"});
  Gtid(1);
  Query("XA START X'78',X'79',5");
  SmallMap();
  Insert(1);
  EXPECT_EQ(Send(EventType::kXaPrepare, EventSource::BodyOf(captured::kMysqlXaPrepare)), "ended");
  StorePreparedXa();
  Start({"c.*"});
  Gtid(2);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "ended") << error_;
  StorePreparedXa();
  Start({"c.*"});
  Gtid(3);
  EXPECT_EQ(Query("XA COMMIT X'78',X'79',5"), "XA_UNSUPPORTED");
}

TEST_F(MysqlProcessorTest, XaRollbackChangesNothing) {
  Gtid(1);
  EXPECT_EQ(Query("XA ROLLBACK X'78',X'79',5"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
}

TEST_F(MysqlProcessorTest, PositionContinuesBeyondFourGibibytes) {
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

TEST_F(MysqlProcessorTest, ArtificialEventsDoNotMoveThePosition) {
  Transaction(1, 1);
  const std::string place = Place();
  source_.flags = binlog::EventHeader::kFlagArtificial;
  SendBytes(source_.EventAt(EventType::kPreviousGtids, std::string(8, '\0'), 77'777));
  source_.flags = 0;
  EXPECT_EQ(Query("FLUSH LOGS"), "ended");
  EXPECT_EQ(Place(), "binlog.000001:" + std::to_string(source_.position()));
}

TEST_F(MysqlProcessorTest, SourceRestartDropsTransactionInProgress) {
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

TEST_F(MysqlProcessorTest, SourceRestartDropsStagedFrames) {
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

TEST_F(MysqlProcessorTest, GtidAnnouncedBeforeRestartIsNotCounted) {
  Gtid(1);
  Send(EventType::kFormatDescription, EventSource::BodyOf(captured::kMysqlFormat));
  Query("BEGIN");
  EXPECT_EQ(Xid(), "ended");
  EXPECT_EQ(Gtids(), "");
}

TEST_F(MysqlProcessorTest, TableNumbersAreForgottenAtRestart) {
  Transaction(1, 1);
  Send(EventType::kFormatDescription, EventSource::BodyOf(captured::kMysqlFormat));
  Gtid(2);
  Query("BEGIN");
  EXPECT_EQ(Insert(1), "EVENT_UNEXPECTED");
}

TEST_F(MysqlProcessorTest, ResetReturnsToLastFinishedTransaction) {
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
  EXPECT_TRUE(processor_->TakePositionMoved());
  EXPECT_EQ(SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000001", 4000)), "within");
  EXPECT_EQ(SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000009", 9000)), "within");
  EXPECT_EQ(Place(), "binlog.000001:5000");
}

// By GTID set, a dump may start with a partly read file, whose beginning is not the position.
TEST_F(MysqlProcessorTest, StreamStartingBeforeThePositionKeepsIt) {
  Transaction(1, 1);
  const std::string place = Place();
  RestartStream("binlog.000001", /*position_is_valid=*/true);
  EXPECT_EQ(Place(), place);
  RestartStream("binlog.000001", /*position_is_valid=*/false);
  EXPECT_EQ(Place(), "binlog.000001:4");
}

// Tasks wait for a place, so the place must reach the end of an idle binlog.
TEST_F(MysqlProcessorTest, HeartbeatAtThePositionMovesThePlace) {
  Transaction(1, 1);
  const SourcePosition end = processor_->position();
  RestartStream("binlog.000001", /*position_is_valid=*/true);
  EXPECT_LT(processor_->place().offset, end.offset);
  SendBytes(source_.EventAt(EventType::kHeartbeat, end.file, static_cast<uint32_t>(end.offset)));
  EXPECT_EQ(processor_->place().offset, end.offset);
}

TEST_F(MysqlProcessorTest, HeartbeatOfLaterFileMovesThePosition) {
  SendBytes(source_.EventAt(EventType::kHeartbeat, "binlog.000001", 5000));
  RestartStream("binlog.000003", /*position_is_valid=*/true);
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

TEST_F(MysqlProcessorTest, FileEndInsideATransactionIsAGap) {
  Gtid(1);
  Query("BEGIN");
  EXPECT_EQ(Send(EventType::kRotate, EventSource::Rotate("binlog.000002", 4)), "EVENT_TRUNCATED");
}

TEST_F(MysqlProcessorTest, TransactionShorterThanDeclaredIsAGap) {
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

// A compressed transaction that has a wrong event type is not skipped.
TEST_F(MysqlProcessorTest, PayloadOfAnotherTypeIsNotSkipped) {
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

TEST_F(MysqlProcessorTest, CompressedTransactionIsDecompressed) {
  Gtid(1);
  EXPECT_EQ(
      Send(EventType::kTransactionPayload, EventSource::BodyOf(captured::kMysqlPayloadThousand)),
      "ended")
      << error_;
  EXPECT_THAT(Changes(), SizeIs(1000));
  EXPECT_EQ(Place(), "binlog.000001:" + std::to_string(source_.position()));
}

TEST_F(MysqlProcessorTest, CompressedTransactionIsHandedOverInFrames) {
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

TEST_F(MysqlProcessorTest, ServerBookkeepingIsSkipped) {
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

TEST_F(MariadbProcessorTest, GtidEventStartsATransaction) {
  MariadbGtid(7, kTransactional);
  SmallMap();
  EXPECT_EQ(Insert(1), "within") << error_;
  EXPECT_EQ(Xid(), "ended");
  EXPECT_THAT(Changes(), ElementsAre("INSERT b.small"));
  EXPECT_EQ(Gtids(), "0-11-7");
}

TEST_F(MariadbProcessorTest, DecreasingNumbersEndAnUnverifiedStream) {
  MariadbGtid(7, kStandalone);
  Query("CREATE DATABASE a");
  EXPECT_EQ(MariadbGtid(5, kStandalone), "within");
  Query("CREATE DATABASE b");
  processor_->BeginStream({.position_is_valid = false, .gtids_unverified = true});
  EXPECT_EQ(MariadbGtid(5, kStandalone), "SOURCE_CHANGED");
  EXPECT_EQ(MariadbGtid(6, kStandalone), "within");
}

TEST_F(MariadbProcessorTest, BeginAfterGtidEventIsNoSecondTransaction) {
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
  // `mark`: the event is marked as using temporary tables.
  std::string Run(std::string_view statement, bool mark = true) {
    source_.flags = mark ? binlog::EventHeader::kFlagThreadSpecific : 0;
    MariadbGtid(++number_, kStandalone);
    return Query(statement);
  }
  std::string WhyInvalid() { return coverage_->Newest({"b", "small"})->invalid_reason; }

 private:
  uint8_t number_ = 7;
};

TEST_F(TemporaryTablesTest, StatementsOnKnownTemporaryTablesAreIgnored) {
  for (const char* statement :
       {"CREATE TEMPORARY TABLE small (id INT)", "TRUNCATE small", "ALTER TABLE small RENAME TO z",
        "DROP TEMPORARY TABLE `z` /* generated by server */"}) {
    EXPECT_EQ(Run(statement), "ended") << error_;
  }
  EXPECT_THAT(Changes(), IsEmpty());
  EXPECT_EQ(coverage_->Newest({"b", "small"})->begin, Sequence{1});
  EXPECT_EQ(WhyInvalid(), "");
  Run("TRUNCATE small", /*mark=*/false);
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
}

// A procedure used another temporary table, or the table was created before the stream started.
TEST_F(TemporaryTablesTest, PossiblyTemporaryTruncateInvalidatesCoverage) {
  Run("TRUNCATE small");
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
  EXPECT_EQ(WhyInvalid(), coverage::kAlteredByStatement);
}

TEST_F(TemporaryTablesTest, MariadbRenameAlwaysInvalidatesCoverage) {
  Run("RENAME TABLE small TO z", /*mark=*/false);
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.z"));
  EXPECT_EQ(WhyInvalid(), coverage::kAlteredByStatement);
}

// The temporary table may have been dropped since without an event.
TEST_F(TemporaryTablesTest, RenameOfKnownTemporaryTableInvalidatesCoverage) {
  Run("CREATE TEMPORARY TABLE small (id INT)");
  Run("RENAME TABLE small TO z", /*mark=*/false);
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small", "SCHEMA_CHANGE b.z"));
  EXPECT_EQ(WhyInvalid(), coverage::kAlteredByStatement);
  Run("TRUNCATE z");
  EXPECT_THAT(Changes(), SizeIs(2));
}

TEST_F(TemporaryTablesTest, SourceStartForgetsTemporaryTables) {
  Run("CREATE TEMPORARY TABLE small (id INT)");
  source_.flags = 0;
  Send(EventType::kFormatDescription, EventSource::BodyOf(captured::kMariadbFormat));
  Run("TRUNCATE small");
  EXPECT_THAT(Changes(), ElementsAre("TRUNCATE b.small"));
}

// A function in the query may write captured tables.
TEST_F(MariadbProcessorTest, LoggedCreateSelectStopsTheFeed) {
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

TEST_F(MariadbProcessorTest, SplitAlterIsDeliveredAtItsEnd) {
  Send(EventType::kMariadbGtid, EventSource::BodyOf(captured::kMariadbStartAlterGtid));
  EXPECT_EQ(Query("ALTER TABLE small ADD c INT"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
  Send(EventType::kMariadbGtid, EventSource::BodyOf(captured::kMariadbCommitAlterGtid));
  Query("ALTER TABLE small ADD c INT");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
}

TEST_F(MariadbProcessorTest, FailedSplitAlterIsNotDelivered) {
  Send(EventType::kMariadbGtid, EventSource::BodyOf(captured::kMariadbRollbackAlterGtid));
  EXPECT_EQ(Query("ALTER TABLE small ADD c INT"), "ended");
  EXPECT_THAT(Changes(), IsEmpty());
}

TEST_F(MariadbProcessorTest, CompressedStatementIsDecompressed) {
  MariadbGtid(7, kStandalone);
  EXPECT_EQ(Send(EventType::kMariadbQueryCompressed,
                 EventSource::BodyOf(captured::kMariadbQueryCompressed)),
            "ended");
  EXPECT_THAT(Changes(), ElementsAre("SCHEMA_CHANGE b.small"));
}

TEST_F(MariadbProcessorTest, CompressedRowsAreDecompressed) {
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
