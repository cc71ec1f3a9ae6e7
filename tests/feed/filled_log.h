// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "feed/feed.h"
#include "feed/position.h"
#include "feed/row_types.h"
#include "feed/subscriptions.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "log/database.h"
#include "log/log_fixture.h"
#include "millrace/v1/change_feed.pb.h"
#include "model/source_position.h"
#include "support/numbered_gtid.h"
#include "transcode/frame_builder.h"

namespace millrace::feed {

using log::testing::ManualClock;
using testing::GtidOf;
using testing::GtidTextOf;

// GTIDs 1 to `last`.
inline GtidSet GtidsUpTo(uint64_t last) {
  GtidSet set;
  for (uint64_t number = 1; number <= last; ++number) set.Add(GtidOf(number));
  return set;
}
inline constexpr Micros kSecond = 1'000'000;

// A change that a test adds.
struct RowChange {
  std::string table = "orders";  // of the database shop
  v1::Operation operation = v1::OPERATION_INSERT;
  uint32_t id = 0;
  size_t note_bytes = 10;
  // The row before an UPDATE, if it differs.
  std::optional<std::pair<uint32_t, size_t>> before = std::nullopt;
};
// A change in the log.
struct KnownChange {
  uint64_t sequence;
  uint64_t transaction;
  RowChange row;
};

// A log with transactions on tables shop.*, and everything that readers need. Tables whose name
// begins with `keyed` have the primary key id. Tests fill it directly, the way ingestion does.
class FilledLog {
 public:
  struct Options {
    uint32_t frame_bytes = 600;
    uint64_t ring_bytes = 32 << 20;
    // With this environment, files count as on disk even if the machine caches them.
    log::StorageSeams seams = {.env = rocksdb::Env::Default()};
    // Notes that do not compress.
    bool noisy = false;
  };
  FilledLog() : FilledLog(Options()) {}
  explicit FilledLog(const Options& options) : noisy_(options.noisy) {
    std::string name = ::testing::TempDir() + "millrace_feed_XXXXXX";
    MILLRACE_CHECK(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    log_options_.directory = (root_ / "log").string();
    log_options_.durability = Durability::kRelaxed;
    log_options_.retention_age = kRetentionAge;
    log_options_.retention_bytes = 0;
    log_options_.ballast_bytes = 0;
    log_ = log::Log::Open(log_options_, clock_, options.seams).value();
    registry_ = schema::Registry::Open(*log_, Flavour::kMysql).value();
    subscriptions_ = Subscriptions::Open(*log_, clock_).value();
    feed_.emplace(*log_, options.ring_bytes);
    types_.emplace(*registry_);
    builder_.emplace(options.frame_bytes, transcode::FrameBuilder::Start{});
  }
  ~FilledLog() {
    feed_.reset();
    subscriptions_.reset();
    log_.reset();
    std::filesystem::remove_all(root_);
  }

  log::Log& log() { return *log_; }
  Feed& feed() { return *feed_; }
  schema::Registry& registry() { return *registry_; }
  RowTypes& types() { return *types_; }
  Subscriptions& subscriptions() { return *subscriptions_; }
  ManualClock& clock() { return clock_; }
  const std::vector<KnownChange>& changes() const { return changes_; }
  uint64_t newest() const { return changes_.size(); }

  // Adds a transaction of `count` inserts into shop.orders.
  void Inserts(uint64_t number, uint32_t count, size_t note_bytes = 10) {
    Transaction(number, std::vector<RowChange>(count, {.note_bytes = note_bytes}));
  }
  // Adds a transaction. It stays in the open frame until Commit.
  void Transaction(uint64_t number, const std::vector<RowChange>& rows) {
    Begin(number);
    for (const RowChange& row : rows) Add(row);
    End();
  }
  void Begin(uint64_t number) { BeginAt(number, static_cast<Micros>(number) * kSecond); }
  // `clamped_time`: the commit time that counts for the log; 0: `commit_time`.
  void BeginAt(uint64_t number, Micros commit_time, Micros clamped_time = 0) {
    number_ = number;
    const std::string gtid = GtidTextOf(number);
    builder_->BeginTransaction({.gtid = gtid,
                                .commit_time = commit_time,
                                .clamped_time = clamped_time,
                                .server_id = 11,
                                .file = "binlog.000001",
                                .position = 100 * number});
  }
  void Add(const RowChange& row) {
    const bool is_update = row.operation == v1::OPERATION_UPDATE;
    if (row.operation == v1::OPERATION_READ) return AddRead(row);
    std::string images;
    if (is_update) images = row.before.has_value() ? BeforeImage(row) : Image(row);
    images += Image(row);
    binlog::Rows event;
    event.kind = row.operation == v1::OPERATION_DELETE ? binlog::RowsKind::kDelete
                 : is_update                           ? binlog::RowsKind::kUpdate
                                                       : binlog::RowsKind::kWrite;
    event.column_count = 2;
    event.present = "\x03";
    if (is_update) event.present_after = "\x03";
    event.rows = images;
    MILLRACE_CHECK(builder_->AddRows(PlanOf(row.table), event).ok());
    pending_.push_back(row);
  }
  void AddRead(const RowChange& row) {
    std::string message("\x08", 1);
    AppendVarint(message, row.id);
    message.push_back('\x12');
    AppendSized(message, std::string(row.note_bytes, static_cast<char>('a' + row.id % 26)));
    MILLRACE_CHECK(builder_->AddRead(*PlanOf(row.table).table(), message, {}).ok());
    pending_.push_back(row);
  }
  // Adds a definition change that concerns no single table.
  void AddDatabaseChange() {
    MILLRACE_CHECK(builder_
                       ->AddDefinitionChange({.operation = v1::OPERATION_SCHEMA_CHANGE,
                                              .table = {"shop", ""},
                                              .statement = "CREATE DATABASE shop"})
                       .ok());
    pending_.push_back({.table = "", .operation = v1::OPERATION_SCHEMA_CHANGE});
  }
  void End() {
    builder_->gtids().Add(GtidOf(number_));
    builder_->EndTransaction();
    for (const RowChange& row : pending_) {
      changes_.push_back({.sequence = changes_.size() + 1, .transaction = number_, .row = row});
    }
    pending_.clear();
  }
  // Writes ended transactions to the log and stages frames of the open one, without publishing.
  void CommitWithoutPublishing() {
    builder_->CloseFrame();
    std::vector<log::StoredFrame> staged;
    log::Batch batch;
    for (transcode::BuiltFrame& frame : builder_->TakeFrames()) {
      (frame.unfinished ? staged : batch.frames).emplace_back(frame.first, std::move(frame.bytes));
    }
    batch.records = registry_->TakeUnstored();
    const bool has_records = !batch.records.empty();
    batch.newest = builder_->newest();
    batch.commit_time_max = builder_->commit_time_max();
    SourcePosition{.file = "binlog.000001", .offset = 100 * number_, .gtids = builder_->gtids()}
        .AppendBinary(batch.source_position);
    MILLRACE_CHECK(log_->Commit(batch).ok());
    if (has_records) registry_->MarkStored();
    MILLRACE_CHECK(log_->Stage(staged).ok());
    for (auto& [first, bytes] : batch.frames) {
      unpublished_.push_back(log::Frame::ParseUnverified(first, std::move(bytes)).value());
    }
  }
  void Publish() { feed_->Publish(std::exchange(unpublished_, {})); }
  void Commit() {
    CommitWithoutPublishing();
    Publish();
  }
  // Trims the frames whose transactions all have lower numbers.
  void TrimBefore(uint64_t number) {
    MILLRACE_CHECK(log_->Trim(std::nullopt).ok());
    // The wall clock is at one second.
    clock_.Pass(kRetentionAge + static_cast<Micros>(number - 1) * kSecond);
    MILLRACE_CHECK(log_->Trim(std::nullopt).ok());
    MILLRACE_CHECK(log_->range().oldest.value > 1);
  }

  // The number that the registry assigned to the table.
  uint32_t TableId(const std::string& table) { return PlanOf(table).table()->table_id; }

 private:
  std::string Image(const RowChange& row) {
    std::string image(1, '\0');
    AppendLittle32(image, row.id);
    AppendLittle16(image, static_cast<uint16_t>(row.note_bytes));
    if (!noisy_) {
      image.append(row.note_bytes, static_cast<char>('a' + row.id % 26));
      return image;
    }
    for (size_t i = 0; i < row.note_bytes; ++i) {
      image.push_back(static_cast<char>('0' + random_() % 64));
    }
    return image;
  }
  std::string BeforeImage(const RowChange& row) {
    return Image({.id = row.before->first, .note_bytes = row.before->second});
  }
  // (id INT, note VARCHAR(15000)) as in TABLE_MAP under binlog_row_metadata=FULL.
  static binlog::TableMap MapOf(const std::string& table) {
    binlog::TableMap map;
    map.database = "shop";
    map.table = table;
    map.columns.resize(2);
    map.columns[0].name = "id";
    map.columns[0].type = ColumnType::kLong;
    map.columns[0].key_ordinal = table.starts_with("keyed") ? 1 : 0;
    map.columns[1].name = "note";
    map.columns[1].type = ColumnType::kVarchar;
    map.columns[1].metadata = 60'000;
    map.columns[1].collation = 255;
    map.has_signedness = map.has_names = map.has_collations = map.has_labels = true;
    return map;
  }
  transcode::RowPlan& PlanOf(const std::string& table) {
    std::unique_ptr<transcode::RowPlan>& plan = plans_[table];
    if (plan == nullptr) {
      const binlog::TableMap map = MapOf(table);
      plan = transcode::RowPlan::Compile(map, registry_->Resolve(map, nullptr).value()).value();
    }
    return *plan;
  }

  static constexpr Micros kRetentionAge = 1000 * kSecond;

  const bool noisy_;
  std::minstd_rand random_;
  std::filesystem::path root_;
  ManualClock clock_;
  LogOptions log_options_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<schema::Registry> registry_;
  std::unique_ptr<Subscriptions> subscriptions_;
  std::optional<Feed> feed_;
  std::optional<RowTypes> types_;
  std::optional<transcode::FrameBuilder> builder_;
  std::map<std::string, std::unique_ptr<transcode::RowPlan>> plans_;
  std::vector<FramePtr> unpublished_;
  uint64_t number_ = 0;
  std::vector<RowChange> pending_;
  std::vector<KnownChange> changes_;
};

// "OK", or the reason of the error.
inline std::string ReasonOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::string reason = ErrorReason(status);
  return reason.empty() ? status.ToString() : reason;
}
template <typename T>
std::string ReasonOf(const absl::StatusOr<T>& result) {
  return ReasonOf(result.status());
}

}  // namespace millrace::feed
