// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ingest/event_processor.h"
#include "ingest/event_source.h"
#include "log/frame.h"
#include "log/log_fixture.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::ingest {

namespace captured = binlog::captured;
using binlog::EventType;

// Sends events to a processor one by one and keeps the resulting changes as a list.
class ProcessorTest : public log::testing::LogTest {
 protected:
  explicit ProcessorTest(Flavour flavour = Flavour::kMysql) : flavour_(flavour) {
    EXPECT_TRUE(Reopen().ok());
    Start({"b.*"});
  }

  void Start(const std::vector<std::string>& tables) {
    registry_ = schema::Registry::FromRecords({}, flavour_).value();
    coverage_ = coverage::Coverage::Open(*log_).value();
    coverage_->StartCapture(CaptureRules::Parse(tables, excluded_).value(), *registry_);
    coverage_->TakeUnstored();
    coverage_->MarkStored();
    prepared_xa_ = PreparedXa::Open(*log_).value();
    merge_tables_ = MergeTables::Open(*log_).value();
    builder_.emplace(frame_bytes_, transcode::FrameBuilder::Start{});
    processor_ = std::make_unique<EventProcessor>(
        EventProcessor::Options{.flavour = flavour_,
                                .capture = CaptureRules::Parse(tables, excluded_).value(),
                                .statement_tables = TablePatterns::Parse(statement_tables_).value(),
                                .event_bytes_max = 1 << 20,
                                .start = {.file = "binlog.000001", .offset = 4, .gtids = {}}},
        EventProcessor::Parts{
            .registry = *registry_,
            .builder = *builder_,
            .counters = counters_,
            .coverage = *coverage_,
            .prepared_xa = *prepared_xa_,
            .merge_tables = *merge_tables_,
            .live_changes = live_changes_,
            .fetch_details = [](const TableName&) { return std::optional<TableDetails>(); },
            .redefined_later = [](const TableName&, RedefinedPart,
                                  const BinlogPlace&) { return false; },
            .hand_over =
                [this] {
                  Take();
                  return absl::OkStatus();
                }});
    source_ = EventSource();
    Send(EventType::kFormatDescription,
         EventSource::BodyOf(flavour_ == Flavour::kMysql ? captured::kMysqlFormat
                                                         : captured::kMariadbFormat));
  }

  // Sends the next event. Returns "within" (kContinue), "ended" (kCommitPoint), "drop staged", or
  // the reason of the error, which is kept in `error_`.
  std::string Send(EventType type, std::string_view body) {
    return OutcomeOf(processor_->Process(source_.Event(type, body)));
  }
  std::string SendBytes(std::string_view bytes) { return OutcomeOf(processor_->Process(bytes)); }
  // The connection breaks, and a new stream starts at the beginning of `file`, as a dump by GTID
  // set does. `position_is_valid`: see EventProcessor::StreamStart.
  void RestartStream(const std::string& file, bool position_is_valid) {
    processor_->Reset();
    processor_->BeginStream({.position_is_valid = position_is_valid});
    SendBytes(source_.EventAt(EventType::kRotate, EventSource::Rotate(file, 4), 0));
  }
  std::string Query(std::string_view statement, std::string_view database = "b") {
    return Send(EventType::kQuery, EventSource::Query(statement, database));
  }
  // A statement that changes rows; the source lists the databases whose tables it opened.
  std::string RowStatement(std::string_view statement, const std::vector<std::string>& databases) {
    return Send(EventType::kQuery,
                EventSource::Query(statement, "b", 255, 0, EventSource::Databases(databases)));
  }
  // `bytes`: the length that the event declares for its transaction; 0: none.
  std::string Gtid(uint8_t number, uint16_t bytes = 0) {
    std::string body = EventSource::BodyOf(captured::kMysqlGtid);
    body[17] = static_cast<char>(number);
    SetLength(body, bytes);
    return Send(EventType::kGtid, body);
  }
  std::string AnonymousGtid() {
    std::string body = EventSource::BodyOf(captured::kMysqlAnonymousGtid);
    SetLength(body, 0);
    return Send(EventType::kAnonymousGtid, body);
  }
  std::string Xid() { return Send(EventType::kXid, std::string(8, '\x01')); }
  std::string SmallMap(uint8_t table_id = 0x58) {
    std::string body = EventSource::BodyOf(captured::kMysqlSmallMap);
    body[0] = static_cast<char>(table_id);
    // MariaDB does not know MySQL's default collation 255.
    const std::string_view collation("\x02\x03\xfc\xff\x00", 5);
    if (flavour_ == Flavour::kMariadb) {
      body.replace(body.find(collation), collation.size(), "\x02\x01\x2d");
    }
    return Send(EventType::kTableMap, body);
  }
  std::string Insert(uint32_t id, std::string_view name = "x") {
    return Send(EventType::kWriteRows, EventSource::SmallRows(EventSource::SmallRow(id, name)));
  }
  // GTID, BEGIN, rows, XID.
  void Transaction(uint8_t number, uint32_t rows) {
    Gtid(number);
    Query("BEGIN");
    SmallMap();
    for (uint32_t i = 0; i < rows; ++i) ASSERT_EQ(Insert(i), "within") << error_;
    ASSERT_EQ(Xid(), "ended") << error_;
  }

  // Stores new XA records in the log, as a group does.
  void StorePreparedXa() { EXPECT_TRUE(log_->PutRecords(prepared_xa_->TakeUnstored()).ok()); }

  // All changes of finished transactions, as `INSERT b.small`.
  std::vector<std::string> Changes() {
    std::vector<std::string> changes;
    for (const v1::Change& change : ChangeMessages()) {
      changes.push_back(v1::Operation_Name(change.operation()).substr(10) + " " +
                        change.database() + "." + change.table());
    }
    return changes;
  }
  std::vector<v1::Change> ChangeMessages() {
    if (!builder_->in_transaction()) builder_->CloseFrame();
    Take();
    std::vector<v1::Change> changes;
    for (const v1::Transaction& transaction : transactions_) {
      changes.insert(changes.end(), transaction.changes().begin(), transaction.changes().end());
    }
    return changes;
  }
  const std::vector<v1::Transaction>& Transactions() {
    ChangeMessages();
    return transactions_;
  }
  std::string Place() const { return processor_->position().ToString(); }
  std::string Gtids() const { return builder_->gtids().ToString(); }

  Flavour flavour_;
  uint32_t frame_bytes_ = 64 << 10;
  std::unique_ptr<schema::Registry> registry_;
  std::unique_ptr<coverage::Coverage> coverage_;
  std::unique_ptr<PreparedXa> prepared_xa_;
  std::unique_ptr<MergeTables> merge_tables_;
  std::vector<std::string> excluded_;
  std::vector<std::string> statement_tables_;
  snapshot::LiveChanges live_changes_;
  std::optional<transcode::FrameBuilder> builder_;
  TableCounterMap counters_;
  std::unique_ptr<EventProcessor> processor_;
  EventSource source_;
  absl::Status error_;

 private:
  // Sets the transaction's length in the body of a captured GTID event.
  static void SetLength(std::string& body, uint16_t bytes) {
    constexpr size_t kLengthAt = 50;
    std::memcpy(body.data() + kLengthAt, &bytes, sizeof bytes);
  }
  std::string OutcomeOf(const absl::StatusOr<Step>& step) {
    if (!step.ok()) {
      error_ = step.status();
      const std::string reason = ErrorReason(error_);
      return reason.empty() ? error_.ToString() : reason;
    }
    return *step == Step::kContinue      ? "within"
           : *step == Step::kCommitPoint ? "ended"
                                         : "drop staged";
  }
  void Take() {
    for (transcode::BuiltFrame& built : builder_->TakeFrames()) {
      const auto frame = log::Frame::ParseUnverified(built.first, std::move(built.bytes)).value();
      v1::SubscribeResponse response;
      ASSERT_TRUE(response.ParseFromString(std::string(frame->payload())));
      for (v1::Transaction& transaction : *response.mutable_transactions()) {
        transactions_.push_back(std::move(transaction));
      }
    }
  }

  std::vector<v1::Transaction> transactions_;
};

}  // namespace millrace::ingest
