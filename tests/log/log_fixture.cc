// SPDX-License-Identifier: Apache-2.0

#include "log/log_fixture.h"

#include <stdlib.h>

#include "base/check.h"
#include "rocksdb/env.h"

// RocksDB's library is not instrumented: ThreadSanitizer does not see all of its synchronisation.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:librocksdb.so\n"; }

namespace millrace::log::testing {

LogTest::LogTest() {
  std::string name = ::testing::TempDir() + "millrace_log_XXXXXX";
  MILLRACE_CHECK(::mkdtemp(name.data()) != nullptr);
  root_ = name;
  options_.directory = (root_ / "log").string();
  env_ = rocksdb::NewCompositeEnv(faults_);
  seams_.env = env_.get();
  seams_.write_buffer_bytes = 64 << 10;
  seams_.space = faults_->BallastSeams();
  options_.ballast_bytes = 0;
  seams_.sync = [this](const std::string& path, int file) { return faults_->SyncFile(path, file); };
}

LogTest::~LogTest() {
  log_.reset();
  std::filesystem::remove_all(root_);
}

absl::Status LogTest::Reopen() {
  log_.reset();
  MILLRACE_ASSIGN_OR_RETURN(log_, Log::Open(options_, clock_, seams_));
  next_ = log_->range().newest.next();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Log>> LogTest::OpenIn(const std::string& directory) const {
  LogOptions options = options_;
  options.directory = directory;
  return Log::Open(options, clock_);
}

std::string LogTest::CrashCopy() {
  const std::string copy = root_ / ("copy" + std::to_string(++copies_));
  faults_->CopyAfterCrash(options_.directory, copy);
  return copy;
}

std::string LogTest::PowerLossCopy() {
  const std::string copy = root_ / ("copy" + std::to_string(++copies_));
  faults_->CopyAfterPowerLoss(options_.directory, copy);
  return copy;
}

StoredFrame LogTest::NextFrame(uint32_t change_count, size_t payload_bytes, Micros commit_time) {
  const FrameContent content = OneTransaction(next_, change_count, payload_bytes, commit_time);
  next_.value += change_count;
  return Stored(content);
}

Batch LogTest::BatchOf(std::vector<StoredFrame> frames) const {
  Batch batch;
  batch.frames = std::move(frames);
  batch.newest = {next_.value - 1};
  batch.source_position = "position after " + std::to_string(batch.newest.value);
  return batch;
}

absl::Status LogTest::CommitFrame(uint32_t change_count, size_t payload_bytes, Micros commit_time) {
  Batch batch = BatchOf({NextFrame(change_count, payload_bytes, commit_time)});
  batch.commit_time_max = commit_time;
  return log_->Commit(batch);
}

void LogTest::CommitMany(int count) {
  for (int i = 0; i < count; ++i) {
    clock_.Pass(1'000'000);
    ASSERT_EQ(ReasonOf(CommitFrame(10, 4096, clock_.WallMicros())), "OK");
  }
}

std::vector<uint64_t> LogTest::FirstSequencesFrom(Sequence from) const {
  std::vector<uint64_t> firsts;
  while (true) {
    const auto frames = log_->ReadFrames(from, 1 << 20);
    MILLRACE_CHECK(frames.ok());
    if (frames->empty()) return firsts;
    for (const auto& frame : *frames) firsts.push_back(frame->first().value);
    from = frames->back()->last().next();
  }
}

void LogTest::ExpectRange(uint64_t oldest, uint64_t newest) const {
  EXPECT_EQ(log_->range().oldest.value, oldest);
  EXPECT_EQ(log_->range().newest.value, newest);
}

std::string ReasonOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::string reason = ErrorReason(status);
  return reason.empty() ? status.ToString() : reason;
}

}  // namespace millrace::log::testing
