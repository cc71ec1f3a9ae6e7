// SPDX-License-Identifier: Apache-2.0

#include "ingest/committer.h"

#include <pthread.h>

#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "ingest/source_memory.h"
#include "spdlog/spdlog.h"

namespace millrace::ingest {
namespace {

// Limit of data waiting for the disk: enough to decode during one fsync, small enough to bound
// memory.
constexpr size_t kPendingBytesMax = 2 << 20;
constexpr Micros kTrimInterval = 10'000'000;
constexpr absl::Duration kDiskFullPause = absl::Seconds(1);

std::vector<log::StoredFrame> Stored(std::vector<transcode::BuiltFrame>& frames) {
  std::vector<log::StoredFrame> stored;
  stored.reserve(frames.size());
  for (transcode::BuiltFrame& frame : frames) {
    stored.emplace_back(frame.first, std::move(frame.bytes));
  }
  return stored;
}

}  // namespace

Committer::Committer(log::Log& log, schema::Registry& registry, coverage::Coverage& coverage,
                     const Clock& clock, Options options)
    : log_(log),
      registry_(registry),
      coverage_(coverage),
      clock_(clock),
      options_(std::move(options)),
      pending_(kPendingBytesMax),
      trimmed_at_(clock.SteadyMicros()),
      trimmer_(log, options_.keep_from),
      thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "commit");
}

Committer::~Committer() { Finish(); }

void Committer::Finish() {
  pending_.Close();
  if (thread_.joinable()) thread_.join();
}

bool Committer::Push(CommitGroup group) { return pending_.Push(std::move(group)); }

absl::Status Committer::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

absl::Status Committer::disk_error() const {
  absl::MutexLock lock(&mutex_);
  return disk_error_;
}

void Committer::GiveUpWaiting() {
  absl::MutexLock lock(&mutex_);
  give_up_ = true;
}

void Committer::Run() {
  while (std::optional<CommitGroup> group = pending_.Take()) {
    const absl::Status status = Handle(*std::move(group));
    if (!status.ok()) {
      absl::MutexLock lock(&mutex_);
      status_ = status;
      break;
    }
  }
  pending_.Close();
}

absl::Status Committer::Handle(CommitGroup group) {
  if (group.drop_staged) {
    MILLRACE_RETURN_IF_ERROR(RetryWhileDiskFull([this] { return log_.DropStaged(); }));
  }
  if (group.source_position.has_value()) MILLRACE_RETURN_IF_ERROR(Commit(group));
  if (!group.staged.empty()) {
    const std::vector<log::StoredFrame> frames = Stored(group.staged);
    MILLRACE_RETURN_IF_ERROR(RetryWhileDiskFull([&] { return log_.Stage(frames); }));
  }
  return TrimSometimes();
}

absl::Status Committer::Commit(CommitGroup& group) {
  group.records.push_back({.kind = log::RecordKind::kMeta,
                           .key = std::string(kSourceMemoryKey),
                           .value = std::move(group.source_memory)});
  log::Batch batch{.frames = Stored(group.frames),
                   .records = std::move(group.records),
                   .newest = group.newest,
                   .commit_time_max = group.commit_time_max,
                   .source_position = std::move(*group.source_position)};
  MILLRACE_RETURN_IF_ERROR(RetryWhileDiskFull([&] { return log_.Commit(batch); }));
  for (uint32_t step = 0; step < group.schema_steps; ++step) registry_.MarkStored();
  for (uint32_t step = 0; step < group.coverage_steps; ++step) coverage_.MarkStored();
  std::vector<std::shared_ptr<const log::Frame>> frames;
  frames.reserve(batch.frames.size());
  for (auto& [first, bytes] : batch.frames) {
    MILLRACE_ASSIGN_OR_RETURN(auto frame, log::Frame::ParseUnverified(first, std::move(bytes)));
    frames.push_back(std::move(frame));
  }
  options_.on_committed(std::move(frames));
  return absl::OkStatus();
}

absl::Status Committer::RetryWhileDiskFull(const std::function<absl::Status()>& write) {
  while (true) {
    const absl::Status status = write();
    if (!HasReason(status, reason::kDiskFull)) {
      SetDiskError(absl::OkStatus());
      return status;
    }
    SetDiskError(status);
    // Trimming expired data may free all the space that is needed.
    MILLRACE_RETURN_IF_ERROR(TrimSometimes());
    if (!PauseOnFullDisk()) return status;
  }
}

void Committer::SetDiskError(const absl::Status& disk_error) {
  {
    absl::MutexLock lock(&mutex_);
    const bool changed = disk_error_.ok() != disk_error.ok();
    disk_error_ = disk_error;
    if (!changed) return;
  }
  if (disk_error.ok()) {
    spdlog::info("the disk has room again, ingestion continues");
  } else {
    spdlog::error("ingestion is waiting: {}", std::string(disk_error.message()));
    trimmed_at_ = clock_.SteadyMicros() - kTrimInterval;
  }
  options_.on_disk_error();
}

bool Committer::PauseOnFullDisk() {
  absl::MutexLock lock(&mutex_);
  return !mutex_.AwaitWithTimeout(absl::Condition(&give_up_), kDiskFullPause);
}

// A disk that is too full to trim is no error here: the next commit reports it and waits.
absl::Status Committer::TrimSometimes() {
  const Micros now = clock_.SteadyMicros();
  if (now - trimmed_at_ < kTrimInterval) return absl::OkStatus();
  trimmed_at_ = now;
  trimmer_.Request();
  return trimmer_.status();
}

}  // namespace millrace::ingest
