// SPDX-License-Identifier: Apache-2.0

#include "ingest/file_order.h"

#include "base/bytes.h"
#include "ingest/processor_fixture.h"

namespace millrace::ingest {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class FileOrderTest : public ProcessorTest {
 protected:
  explicit FileOrderTest(Flavour flavour = Flavour::kMysql) : ProcessorTest(flavour) {}

  // Starts the stream in the first file.
  void Begin(bool by_gtid) {
    processor_->Reset();
    processor_->BeginStream({.position_is_valid = true, .by_gtid = by_gtid});
    BeginFile("binlog.000001");
  }
  // Sends what a dump sends when it opens the file.
  std::string BeginFile(const std::string& file) {
    source_.flags = binlog::EventHeader::kFlagArtificial;
    std::string outcome =
        SendBytes(source_.EventAt(EventType::kRotate, EventSource::Rotate(file, 4), 0));
    source_.flags = 0;
    source_.set_position(4);
    if (outcome != "ended" && outcome != "within") return outcome;
    Send(EventType::kFormatDescription,
         EventSource::BodyOf(flavour_ == Flavour::kMysql ? captured::kMysqlFormat
                                                         : captured::kMariadbFormat));
    return outcome;
  }
  void EndFile(const std::string& next) {
    EXPECT_EQ(Send(EventType::kRotate, EventSource::Rotate(next, 4)), "ended") << error_;
  }
  std::string Message() const { return std::string(error_.message()); }
};

// PREVIOUS_GTIDS with the numbers from 1 to `last` of the server whose GTIDs the fixture sends.
std::string NumbersUpTo(uint64_t last) {
  constexpr size_t kUuidAt = 1;
  constexpr size_t kUuidSize = 16;
  std::string body;
  AppendLittle64(body, 1);
  body += EventSource::BodyOf(captured::kMysqlGtid).substr(kUuidAt, kUuidSize);
  AppendLittle64(body, 1);
  AppendLittle64(body, 1);
  AppendLittle64(body, last + 1);
  return body;
}

TEST_F(FileOrderTest, MissingFileWithTransactionsEndsTheStream) {
  Begin(/*by_gtid=*/true);
  Transaction(1, 1);
  EndFile("binlog.000002");
  EXPECT_EQ(BeginFile("binlog.000003"), "within");
  EXPECT_FALSE(processor_->between_transactions());
  EXPECT_EQ(Send(EventType::kPreviousGtids, NumbersUpTo(3)), "SOURCE_PURGED");
  EXPECT_THAT(Message(), AllOf(HasSubstr("binlog.000003"), HasSubstr("binlog.000002"),
                               HasSubstr(":2-3"), HasSubstr("start a new log")));
  EXPECT_EQ(Place(), "binlog.000002:4");
}

TEST_F(FileOrderTest, MissingFileWithoutNewTransactionsIsAccepted) {
  Begin(/*by_gtid=*/true);
  Transaction(1, 1);
  EndFile("binlog.000002");
  BeginFile("binlog.000003");
  EXPECT_EQ(Send(EventType::kPreviousGtids, NumbersUpTo(1)), "ended") << error_;
  EXPECT_TRUE(processor_->between_transactions());
  EXPECT_THAT(Place(), StartsWith("binlog.000003:"));
  Transaction(2, 1);
  EXPECT_THAT(Gtids(), EndsWith(":1-2"));
}

// As `SET gtid_purged` adds them.
TEST_F(FileOrderTest, UnreadGtidsBeforeNextFileAreNoGap) {
  Begin(/*by_gtid=*/true);
  Transaction(1, 1);
  EndFile("binlog.000002");
  EXPECT_EQ(BeginFile("binlog.000002"), "ended");
  EXPECT_EQ(Send(EventType::kPreviousGtids, NumbersUpTo(3)), "within") << error_;
}

TEST_F(FileOrderTest, WithoutGtidsMissingFileEndsTheStream) {
  Begin(/*by_gtid=*/false);
  EndFile("binlog.000002");
  EXPECT_EQ(BeginFile("binlog.000003"), "SOURCE_PURGED");
  EXPECT_EQ(Place(), "binlog.000002:4");
}

TEST_F(FileOrderTest, NextNumberIsExpectedAfterStopOrCrash) {
  for (const EventType last : {EventType::kStop, EventType::kIntvar}) {
    Begin(/*by_gtid=*/false);
    Send(last, "");
    EXPECT_EQ(BeginFile("binlog.000002"), "ended") << error_;
    EXPECT_EQ(BeginFile("binlog.000004"), "SOURCE_PURGED");
    EXPECT_THAT(Message(), HasSubstr("after its binlog.000002 comes binlog.000004"));
    EXPECT_EQ(Place(), "binlog.000002:4");
    Start({"b.*"});
  }
}

TEST_F(FileOrderTest, NumbersMayRestartAfterLogBinRename) {
  Begin(/*by_gtid=*/false);
  Send(EventType::kStop, "");
  EXPECT_EQ(BeginFile("renamed.000001"), "ended") << error_;
}

TEST_F(FileOrderTest, GtidsDecideAfterLogBinRename) {
  for (const uint64_t written : {1, 2}) {
    Start({"b.*"});
    Begin(/*by_gtid=*/true);
    Transaction(1, 1);
    Send(EventType::kStop, "");
    BeginFile("renamed.000001");
    EXPECT_EQ(Send(EventType::kPreviousGtids, NumbersUpTo(written)),
              written == 1 ? "ended" : "SOURCE_PURGED");
  }
}

TEST_F(FileOrderTest, StreamMayStartInLaterFile) {
  Begin(/*by_gtid=*/false);
  processor_->Reset();
  processor_->BeginStream({.position_is_valid = true});
  EXPECT_EQ(BeginFile("binlog.000007"), "within") << error_;
}

class MariadbFileOrderTest : public FileOrderTest {
 protected:
  MariadbFileOrderTest() : FileOrderTest(Flavour::kMariadb) {}

  void SendTransaction(uint8_t number) {
    std::string body = EventSource::BodyOf(captured::kMariadbGtid);
    body[0] = static_cast<char>(number);
    body[12] = 0x01;  // standalone
    Send(EventType::kMariadbGtid, body);
    EXPECT_EQ(Query("CREATE DATABASE a"), "ended") << error_;
  }
  // In a file after a missing one: GTID_LIST with a number of server 11 in `domain`.
  std::string ListAfterGap(uint64_t number, uint32_t domain = 0) {
    EndFile("binlog.000002");
    BeginFile("binlog.000003");
    std::string body;
    AppendLittle32(body, 1);
    AppendLittle32(body, domain);
    AppendLittle32(body, 11);
    AppendLittle64(body, number);
    return Send(EventType::kMariadbGtidList, body);
  }
};

TEST_F(MariadbFileOrderTest, MissingFileWithTransactionsEndsTheStream) {
  for (const bool by_gtid : {false, true}) {
    Start({"b.*"});
    Begin(by_gtid);
    SendTransaction(5);
    EXPECT_EQ(ListAfterGap(7), "SOURCE_PURGED");
    EXPECT_THAT(Message(), HasSubstr("0-11-7"));
    EXPECT_EQ(Place(), "binlog.000002:4");
  }
}

TEST_F(MariadbFileOrderTest, MissingFileWithNewDomainEndsTheStream) {
  Begin(/*by_gtid=*/true);
  SendTransaction(5);
  EXPECT_EQ(ListAfterGap(1, /*domain=*/2), "SOURCE_PURGED");
}

TEST_F(MariadbFileOrderTest, MissingFileWithoutTransactionsIsAccepted) {
  Begin(/*by_gtid=*/false);
  SendTransaction(5);
  EXPECT_EQ(ListAfterGap(5), "ended") << error_;
}

// By GTIDs a dump may start before our position; by file it does not, so the numbers decreased.
TEST_F(MariadbFileOrderTest, LowerNumberIsAGapByFileOnly) {
  Begin(/*by_gtid=*/true);
  SendTransaction(5);
  EXPECT_EQ(ListAfterGap(4), "ended") << error_;
  Start({"b.*"});
  Begin(/*by_gtid=*/false);
  SendTransaction(5);
  EXPECT_EQ(ListAfterGap(4), "SOURCE_PURGED");
}

}  // namespace
}  // namespace millrace::ingest
