// SPDX-License-Identifier: Apache-2.0

#include "log/log.h"

#include <limits>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"
#include "log/database.h"
#include "log/directory.h"
#include "log/meta.h"

namespace millrace::log {
namespace {

constexpr Micros kDiskBytesAgeMax = 1'000'000;
// Staged frames are removed in batches of this many keys.
constexpr size_t kKeysPerRemoval = 1024;

Family FamilyOf(RecordKind kind) {
  switch (kind) {
    case RecordKind::kMeta:
      return Family::kMeta;
    case RecordKind::kSchema:
      return Family::kSchema;
    case RecordKind::kSubscription:
      return Family::kSubscription;
  }
  MILLRACE_UNREACHABLE();
}

// The size of a write with `frames`, so that it is allocated once and does not grow step by step.
size_t WriteBytes(const std::vector<StoredFrame>& frames) {
  size_t bytes = 1024;
  for (const auto& [first, stored] : frames) bytes += stored.size() + 32;
  return bytes;
}

bool IsInternalRecord(RecordKind kind, std::string_view key) {
  return kind == RecordKind::kMeta && key.starts_with(kInternalPrefix);
}

}  // namespace

Range Log::range() const {
  // Read `oldest` first: both only grow, so `newest` is never too small for this `oldest`.
  const uint64_t oldest = oldest_.load(std::memory_order_acquire);
  const uint64_t newest = newest_.load(std::memory_order_acquire);
  return {{oldest}, {newest}};
}

std::string Log::source_position() const {
  absl::MutexLock lock(&mutex_);
  return source_position_;
}

Micros Log::commit_time_max() const {
  absl::MutexLock lock(&mutex_);
  return commit_time_max_;
}

absl::Status Log::Stage(const std::vector<StoredFrame>& frames) {
  MILLRACE_RETURN_IF_ERROR(PrepareToWrite());
  rocksdb::WriteBatch batch(WriteBytes(frames));
  const Sequence next = AddFrames(frames, batch);
  MILLRACE_RETURN_IF_ERROR(database_->Write(batch, false));
  next_ = next;
  CountFrames(frames);
  return absl::OkStatus();
}

void Log::CountFrames(const std::vector<StoredFrame>& frames) {
  uint64_t bytes = 0;
  for (const auto& [first, stored] : frames) bytes += stored.size();
  frames_.Add(frames.size());
  frame_bytes_.Add(bytes);
}

WriteCounts Log::written() const {
  return {.frames = frames_.value(),
          .frame_bytes = frame_bytes_.value(),
          .commits = commits_.value(),
          .commit_duration = static_cast<Micros>(commit_micros_.value())};
}

// Adds the frames to a write and returns the sequence after them.
Sequence Log::AddFrames(const std::vector<StoredFrame>& frames, rocksdb::WriteBatch& to) {
  Sequence next = next_;
  for (const auto& [first, stored] : frames) {
    MILLRACE_CHECK(first == next);
    const uint32_t change_count = Frame::ChangeCountOf(stored);
    MILLRACE_CHECK(change_count > 0);
    to.Put(database_->family(Family::kLog), FrameKey(first), compressor_.Compress(first, stored));
    next.value += change_count;
  }
  compressor_.Release();
  return next;
}

void Log::AddRecords(const std::vector<Record>& records, rocksdb::WriteBatch& to) const {
  for (const Record& record : records) {
    MILLRACE_CHECK(!IsInternalRecord(record.kind, record.key));
    rocksdb::ColumnFamilyHandle* const family = database_->family(FamilyOf(record.kind));
    if (record.value.has_value()) {
      to.Put(family, record.key, *record.value);
    } else {
      to.Delete(family, record.key);
    }
  }
}

absl::Status Log::DropStaged() {
  MILLRACE_RETURN_IF_ERROR(PrepareToWrite());
  return RemoveStaged();
}

absl::Status Log::RemoveStaged() {
  const Sequence newest = range().newest;
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const auto frames = database_->Iterate(Family::kLog, options);
  frames->Seek(FrameKey(newest.next()));
  while (frames->Valid()) {
    rocksdb::WriteBatch batch;
    for (size_t i = 0; i < kKeysPerRemoval && frames->Valid(); ++i, frames->Next()) {
      batch.Delete(database_->family(Family::kLog), frames->key());
    }
    MILLRACE_RETURN_IF_ERROR(database_->Write(batch, false, WhenFull::kWriteAnyway));
  }
  if (!frames->status().ok()) return database_->ReadError(frames->status());
  next_ = newest.next();
  return absl::OkStatus();
}

absl::Status Log::Commit(const Batch& batch) {
  MILLRACE_RETURN_IF_ERROR(PrepareToWrite());
  const Micros begin = clock_.SteadyMicros();
  rocksdb::WriteBatch write(WriteBytes(batch.frames));
  const Sequence next = AddFrames(batch.frames, write);
  MILLRACE_CHECK(batch.newest >= range().newest && batch.newest < next);
  AddRecords(batch.records, write);
  write.Put(database_->family(Family::kMeta), rocksdb::Slice(kVisibleKey),
            SerializeVisible(batch.newest, batch.commit_time_max, batch.source_position));
  const bool durable = options_.durability == Durability::kDurable;
  MILLRACE_RETURN_IF_ERROR(database_->Write(write, durable));
  // After DISK_FULL the caller commits the same batch again, which writes the same records.
  if (durable) MILLRACE_RETURN_IF_ERROR(WriteMark(batch.newest));
  next_ = next;
  Publish(batch);
  CountFrames(batch.frames);
  commits_.Add();
  commit_micros_.Add(static_cast<uint64_t>(clock_.SteadyMicros() - begin));
  return absl::OkStatus();
}

absl::Status Log::WriteMark(Sequence newest) {
  absl::Status status = mark_.Write(log_id_, newest);
  while (HasReason(status, reason::kDiskFull) && database_->OnNoSpace()) {
    status = mark_.Write(log_id_, newest);
  }
  return status;
}

void Log::Publish(const Batch& batch) {
  absl::MutexLock lock(&mutex_);
  source_position_ = batch.source_position;
  commit_time_max_ = batch.commit_time_max;
  newest_.store(batch.newest.value, std::memory_order_release);
}

absl::Status Log::PutRecords(const std::vector<Record>& records) {
  MILLRACE_RETURN_IF_ERROR(PrepareToWrite());
  rocksdb::WriteBatch write;
  AddRecords(records, write);
  return database_->WriteAndSyncSeparately(write);
}

absl::StatusOr<std::optional<std::string>> Log::GetRecord(RecordKind kind,
                                                          std::string_view key) const {
  MILLRACE_CHECK(!IsInternalRecord(kind, key));
  return database_->Get(FamilyOf(kind), key);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Log::ListRecords(
    RecordKind kind) const {
  const auto at = database_->Iterate(FamilyOf(kind), rocksdb::ReadOptions());
  std::vector<std::pair<std::string, std::string>> records;
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    if (IsInternalRecord(kind, at->key().ToStringView())) continue;
    records.emplace_back(at->key().ToString(), at->value().ToString());
  }
  if (!at->status().ok()) return database_->ReadError(at->status());
  return records;
}

uint64_t Log::DiskBytes() const {
  absl::MutexLock lock(&disk_bytes_mutex_);
  const Micros now = clock_.SteadyMicros();
  if (!disk_bytes_at_.has_value() || now - *disk_bytes_at_ >= kDiskBytesAgeMax) {
    disk_bytes_ = DirectoryBytes(options_.directory);
    disk_bytes_at_ = now;
  }
  return disk_bytes_;
}

}  // namespace millrace::log
