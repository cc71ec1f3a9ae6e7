// SPDX-License-Identifier: Apache-2.0

// Opening a log: the checks before anyone can read or write it.
#include <random>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "log/damage.h"
#include "log/database.h"
#include "log/log.h"
#include "log/meta.h"

namespace millrace::log {
namespace {

absl::Status Damaged(const std::string& directory, std::string_view what) {
  return LogDamaged(fmt::format("log in {}: {}; nothing has been repaired", directory, what),
                    {{"path", directory}});
}

// Never zero: tokens use zero for "no log".
uint64_t RandomId() {
  std::random_device device;
  uint64_t id = 0;
  while (id == 0) id = uint64_t{device()} << 32 | device();
  return id;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Log>> Log::Open(const LogOptions& options, const Clock& clock) {
  return Open(options, clock, StorageSeams());
}

absl::StatusOr<std::unique_ptr<Log>> Log::Open(const LogOptions& options, const Clock& clock,
                                               const StorageSeams& seams) {
  MILLRACE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                            Database::Open(options.directory, options.ballast_bytes, seams));
  MILLRACE_ASSIGN_OR_RETURN(VisibleMark mark, VisibleMark::Open(options.directory));
  auto log = std::make_unique<Log>(Key(), options, clock, std::move(database), std::move(mark));
  MILLRACE_RETURN_IF_ERROR(log->Load());
  return log;
}

Log::Log(Key, const LogOptions& options, const Clock& clock, std::unique_ptr<Database> database,
         VisibleMark mark)
    : options_(options),
      clock_(clock),
      database_(std::move(database)),
      mark_(std::move(mark)),
      age_limit_(options.retention_age, clock) {}

Log::~Log() = default;

absl::Status Log::Load() {
  MILLRACE_ASSIGN_OR_RETURN(const auto format, database_->Get(Family::kMeta, kFormatKey));
  is_new_ = !format.has_value();
  if (is_new_) {
    MILLRACE_RETURN_IF_ERROR(CheckEmpty());
    log_id_ = RandomId();
    next_ = {1};
  } else {
    MILLRACE_RETURN_IF_ERROR(LoadMeta());
    MILLRACE_RETURN_IF_ERROR(CheckFrames());
    MILLRACE_RETURN_IF_ERROR(CheckNoVisibleChangeIsLost());
  }
  const absl::Status prepared = PrepareToWrite();
  return HasReason(prepared, reason::kDiskFull) ? absl::OkStatus() : prepared;
}

absl::Status Log::PrepareToWrite() {
  if (is_prepared_.load(std::memory_order_acquire)) return absl::OkStatus();
  absl::MutexLock lock(&prepare_mutex_);
  if (is_prepared_.load(std::memory_order_acquire)) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(database_->MakeWritable());
  MILLRACE_RETURN_IF_ERROR(is_new_ ? Create() : CheckUnchanged());
  MILLRACE_RETURN_IF_ERROR(RemoveStaged());
  // Relaxed durability allows the loss of visible changes, so it keeps no mark.
  const bool durable = options_.durability == Durability::kDurable;
  MILLRACE_RETURN_IF_ERROR(WriteMark(durable ? range().newest : Sequence{}));
  is_prepared_.store(true, std::memory_order_release);
  return absl::OkStatus();
}

// Checks that the log did not change between opening it for reading and opening it for writing.
absl::Status Log::CheckUnchanged() const {
  MILLRACE_ASSIGN_OR_RETURN(const auto stored, database_->Get(Family::kMeta, kVisibleKey));
  const std::optional<Visible> visible = ParseVisible(stored.value_or(""));
  if (visible.has_value() && visible->newest == range().newest) return absl::OkStatus();
  return Damaged(options_.directory, "it changed while this server had it open for reading");
}

absl::Status Log::CheckEmpty() const {
  for (const Family family : {Family::kLog, Family::kMeta, Family::kSchema}) {
    const auto records = database_->Iterate(family, rocksdb::ReadOptions());
    records->SeekToFirst();
    if (records->Valid()) return Damaged(options_.directory, "it contains records but no format");
    if (!records->status().ok()) return database_->ReadError(records->status());
  }
  // Either the write-ahead log is lost, or the mark was copied from another directory.
  MILLRACE_ASSIGN_OR_RETURN(const bool was_used, mark_.HasVisibleChanges());
  if (was_used) {
    return Damaged(options_.directory,
                   "it is empty, but its file VISIBLE belongs to a log with changes");
  }
  return absl::OkStatus();
}

absl::Status Log::Create() {
  std::string format;
  AppendLittle32(format, kFormat);
  std::string id;
  AppendLittle64(id, log_id_);
  std::string oldest;
  AppendLittle64(oldest, 1);
  rocksdb::WriteBatch batch;
  const auto meta = database_->family(Family::kMeta);
  batch.Put(meta, rocksdb::Slice(kFormatKey), format);
  batch.Put(meta, rocksdb::Slice(kIdKey), id);
  batch.Put(meta, rocksdb::Slice(kOldestKey), oldest);
  batch.Put(meta, rocksdb::Slice(kVisibleKey), SerializeVisible({}, 0, {}));
  return database_->Write(batch, true, WhenFull::kWriteAnyway);
}

absl::Status Log::LoadMeta() {
  const auto read = [&](std::string_view key) { return database_->Get(Family::kMeta, key); };
  MILLRACE_ASSIGN_OR_RETURN(const auto format, read(kFormatKey));
  if (format.has_value() && format->size() == 4 && LoadLittle32(format->data()) > kFormat) {
    return FormatTooNew(
        fmt::format("the log in {} has format {}, but this version reads only up to {}",
                    options_.directory, LoadLittle32(format->data()), kFormat),
        {{"path", options_.directory}});
  }
  MILLRACE_ASSIGN_OR_RETURN(const auto id, read(kIdKey));
  MILLRACE_ASSIGN_OR_RETURN(const auto oldest, read(kOldestKey));
  MILLRACE_ASSIGN_OR_RETURN(const auto stored, read(kVisibleKey));
  const std::optional<Visible> visible = ParseVisible(stored.value_or(""));
  const bool is_valid = format.has_value() && format->size() == 4 &&
                        LoadLittle32(format->data()) == kFormat && id.has_value() &&
                        id->size() == 8 && oldest.has_value() && oldest->size() == 8 &&
                        visible.has_value();
  if (!is_valid) return Damaged(options_.directory, "meta records are missing or malformed");
  log_id_ = LoadLittle64(id->data());
  oldest_ = LoadLittle64(oldest->data());
  newest_ = visible->newest.value;
  next_ = visible->newest.next();
  absl::MutexLock lock(&mutex_);
  commit_time_max_ = visible->commit_time_max;
  source_position_ = visible->source_position;
  return absl::OkStatus();
}

absl::Status Log::CheckFrames() const {
  const Range kept = range();
  if (kept.newest.value == 0 && kept.oldest.value == 1) return absl::OkStatus();
  if (kept.oldest.value == 0 || kept.oldest > kept.newest) {
    return Damaged(options_.directory, fmt::format("oldest sequence {} and newest {} disagree",
                                                   kept.oldest.value, kept.newest.value));
  }
  MILLRACE_ASSIGN_OR_RETURN(const auto oldest, FrameContaining(kept.oldest));
  MILLRACE_ASSIGN_OR_RETURN(const auto newest, FrameContaining(kept.newest));
  if (oldest->first() == kept.oldest && newest->last() == kept.newest) return absl::OkStatus();
  return Damaged(options_.directory, "oldest or newest sequence is not at the edge of a frame");
}

absl::Status Log::CheckNoVisibleChangeIsLost() const {
  if (options_.durability == Durability::kRelaxed) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(const Sequence seen, mark_.Read(log_id_));
  const Sequence newest = range().newest;
  if (seen <= newest) return absl::OkStatus();
  return Damaged(options_.directory, fmt::format("changes {} to {} were visible and are missing",
                                                 newest.value + 1, seen.value));
}

}  // namespace millrace::log
