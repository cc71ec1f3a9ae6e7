// SPDX-License-Identifier: Apache-2.0

#include "kafka/change_reader.h"

#include <string>
#include <vector>

#include "feed/filled_log.h"

namespace millrace::kafka {
namespace {

using feed::FilledLog;
using feed::FramePtr;
using feed::ReasonOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Reads a log like a mirror.
class ChangeReaderTest : public ::testing::Test {
 protected:
  struct Seen {
    uint64_t sequence = 0;
    uint8_t operation = 0;
    std::string table;
    std::string gtid;
    uint64_t first = 0;
    bool last = false;
  };

  ChangeReader& reader() {
    if (reader_ == nullptr) {
      routes_ = Routes::Make(options_, log_.registry()).value();
      reader_ = std::make_unique<ChangeReader>(log_.registry(), *routes_, scope_);
    }
    return *reader_;
  }
  std::vector<FramePtr> Frames() { return log_.feed().Read({1}, 1 << 30).value(); }

  std::vector<Seen> ReadFrom(uint64_t from) {
    std::vector<Seen> seen;
    const auto frames = log_.feed().Read({from}, 1 << 30).value();
    for (const FramePtr& frame : frames) {
      reader().Open(frame, {from});
      while (const ChangeView* change = reader().Next().value()) {
        seen.push_back({.sequence = change->sequence.value,
                        .operation = change->operation,
                        .table = std::string(change->table),
                        .gtid = std::string(change->transaction.gtid),
                        .first = change->transaction.first.value,
                        .last = change->last_of_transaction});
      }
      EXPECT_EQ(reader().last_change(), frame->last());
    }
    return seen;
  }
  static std::vector<uint64_t> Numbers(const std::vector<Seen>& changes) {
    std::vector<uint64_t> numbers;
    for (const Seen& seen : changes) numbers.push_back(seen.sequence);
    return numbers;
  }
  // Returns a copy of the frame whose content was changed by `edit`.
  template <typename Edit>
  static FramePtr Edited(const FramePtr& frame, Edit edit) {
    log::FrameContent content{.first = frame->first(),
                              .change_count = frame->change_count(),
                              .payload = std::string(frame->payload()),
                              .segments = frame->segments(),
                              .runs = frame->runs(),
                              .gtids_before = std::string(frame->gtids_before()),
                              .gtids_after = std::string(frame->gtids_after()),
                              .commit_time_max = frame->commit_time_max()};
    edit(content);
    return log::Frame::Parse(content.first, log::Frame::Serialize(content)).value();
  }
  // Reads the whole frame; returns the first error.
  absl::Status ReadAll(const FramePtr& frame) {
    reader().Open(frame, frame->first());
    while (true) {
      const auto change = reader().Next();
      if (!change.ok()) return change.status();
      if (*change == nullptr) return absl::OkStatus();
    }
  }

  FilledLog log_;
  KafkaOptions options_;
  ChangeReader::Scope scope_ = ChangeReader::Scope::kMirrored;
  std::unique_ptr<Routes> routes_;
  std::unique_ptr<ChangeReader> reader_;
};

TEST_F(ChangeReaderTest, AllChangesComeInOrder) {
  for (uint64_t number = 1; number <= 30; ++number) {
    log_.Transaction(number, {{.table = "orders", .id = 1},
                              {.table = "visits", .operation = v1::OPERATION_UPDATE, .id = 2},
                              {.table = "orders", .operation = v1::OPERATION_DELETE, .id = 3},
                              {.table = "orders", .operation = v1::OPERATION_READ, .id = 3}});
  }
  log_.Commit();
  const auto seen = ReadFrom(1);
  ASSERT_EQ(seen.size(), log_.newest());
  for (size_t i = 0; i < seen.size(); ++i) {
    const feed::KnownChange& known = log_.changes()[i];
    EXPECT_EQ(seen[i].sequence, known.sequence);
    EXPECT_EQ(seen[i].operation, known.row.operation);
    EXPECT_EQ(seen[i].table, known.row.table);
    EXPECT_EQ(seen[i].gtid, feed::GtidTextOf(known.transaction));
    EXPECT_EQ(seen[i].first, 4 * known.transaction - 3);
    EXPECT_EQ(seen[i].last, known.sequence % 4 == 0);
  }
}

TEST_F(ChangeReaderTest, ChangeMatchesLog) {
  log_.Transaction(7, {{.operation = v1::OPERATION_UPDATE, .id = 9, .before = {{8, 3}}}});
  log_.Commit();
  reader().Open(Frames().front(), {1});
  const ChangeView& change = *reader().Next().value();
  v1::Change parsed;
  ASSERT_TRUE(parsed.ParseFromArray(change.bytes.data(), static_cast<int>(change.bytes.size())));
  EXPECT_EQ(parsed.before().value(), change.before.bytes);
  EXPECT_EQ(parsed.after().value(), change.after.bytes);
  EXPECT_EQ(change.version->name.ToString(), "shop.orders");
  EXPECT_EQ(change.transaction.commit_time, 7'000'000);
  EXPECT_EQ(change.transaction.server_id, 11);
  EXPECT_EQ(change.transaction.file, "binlog.000001");
  EXPECT_EQ(change.transaction.position, 700);
}

TEST_F(ChangeReaderTest, TransactionOverManyFramesBeginsAndEndsOnce) {
  log_.Inserts(1, 2);
  log_.Inserts(2, 100);
  log_.Inserts(3, 1);
  log_.Commit();
  ASSERT_GT(Frames().size(), 5);
  for (const Seen& seen : ReadFrom(1)) {
    const bool second = seen.sequence > 2 && seen.sequence <= 102;
    if (second) {
      EXPECT_EQ(seen.first, 3) << seen.sequence;
    }
    EXPECT_EQ(seen.last, seen.sequence == 2 || seen.sequence == 102 || seen.sequence == 103);
  }
}

TEST_F(ChangeReaderTest, ReadingMayStartAtAnyChange) {
  log_.Inserts(1, 5);
  log_.Transaction(2, {{.table = "visits"}, {.table = "orders"}, {.table = "orders"}});
  log_.Inserts(3, 40);
  log_.Commit();
  for (uint64_t from = 1; from <= log_.newest(); ++from) {
    const auto numbers = Numbers(ReadFrom(from));
    ASSERT_EQ(numbers.size(), log_.newest() - from + 1);
    EXPECT_EQ(numbers.front(), from);
    EXPECT_EQ(numbers.back(), log_.newest());
  }
}

TEST_F(ChangeReaderTest, UnmirroredTablesAreSkipped) {
  options_.tables = {"shop.orders"};
  log_.Transaction(1, {{.table = "visits"}, {.table = "orders"}, {.table = "visits"}});
  log_.Commit();
  EXPECT_THAT(Numbers(ReadFrom(1)), ElementsAre(2));
}

TEST_F(ChangeReaderTest, ScopeAllReturnsAllTables) {
  options_.tables = {"shop.orders"};
  scope_ = ChangeReader::Scope::kAll;
  log_.Transaction(1, {{.table = "visits"}, {.table = "orders"}, {.table = "visits"}});
  log_.Commit();
  EXPECT_THAT(Numbers(ReadFrom(1)), ElementsAre(1, 2, 3));
}

TEST_F(ChangeReaderTest, DatabaseStatementIsReadWithoutTablePatterns) {
  log_.Begin(1);
  log_.AddDatabaseChange();
  log_.End();
  log_.Commit();
  reader().Open(Frames().front(), {1});
  const ChangeView* change = reader().Next().value();
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(change->statement, "CREATE DATABASE shop");
  EXPECT_EQ(change->database, "shop");
  EXPECT_EQ(change->version, nullptr);
}

TEST_F(ChangeReaderTest, DatabaseStatementIsSkippedWithTablePatterns) {
  options_.tables = {"shop.orders"};
  log_.Begin(1);
  log_.AddDatabaseChange();
  log_.End();
  log_.Commit();
  EXPECT_THAT(ReadFrom(1), IsEmpty());
}

TEST_F(ChangeReaderTest, WrongSequenceIsDamage) {
  log_.Inserts(1, 2);
  log_.Commit();
  const FramePtr moved =
      Edited(Frames().front(), [](log::FrameContent& content) { content.first = {5}; });
  const absl::Status status = ReadAll(moved);
  EXPECT_EQ(ReasonOf(status), "LOG_DAMAGED");
  EXPECT_THAT(std::string(status.message()), HasSubstr("change 5 "));
}

TEST_F(ChangeReaderTest, WrongOperationIsDamage) {
  log_.Inserts(1, 1);
  log_.Commit();
  EXPECT_EQ(ReasonOf(ReadAll(Edited(Frames().front(),
                                    [](log::FrameContent& content) {
                                      content.runs[0].operation = v1::OPERATION_DELETE;
                                    }))),
            "LOG_DAMAGED");
}

TEST_F(ChangeReaderTest, UnknownTableIsDamage) {
  log_.Inserts(1, 1);
  log_.Commit();
  EXPECT_EQ(
      ReasonOf(ReadAll(Edited(Frames().front(),
                              [](log::FrameContent& content) { content.runs[0].table_id = 9; }))),
      "LOG_DAMAGED");
}

TEST_F(ChangeReaderTest, HostileBytesAreNeverOverread) {
  log_.Transaction(1, {{.table = "orders", .id = 1},
                       {.table = "visits", .operation = v1::OPERATION_UPDATE, .id = 2},
                       {.table = "orders", .operation = v1::OPERATION_DELETE, .id = 3}});
  log_.Commit();
  const FramePtr good = Frames().front();
  size_t refused = 0;
  for (size_t at = 0; at < good->payload().size(); ++at) {
    for (const char byte : {'\x00', '\x01', '\x7f', '\x80', '\xff'}) {
      const FramePtr bad =
          Edited(good, [&](log::FrameContent& content) { content.payload[at] = byte; });
      // Values may be any bytes, so some edits go unnoticed; none may crash.
      const absl::Status status = ReadAll(bad);
      if (status.ok()) continue;
      ++refused;
      ASSERT_EQ(ReasonOf(status), "LOG_DAMAGED");
    }
  }
  EXPECT_GT(refused, good->payload().size());
}

}  // namespace
}  // namespace millrace::kafka
