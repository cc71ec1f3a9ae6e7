// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "log/content.h"
#include "log/database.h"
#include "log/fault_file_system.h"
#include "log/log.h"

namespace millrace::log::testing {

// A clock that stands still until told.
class ManualClock final : public Clock {
 public:
  Micros WallMicros() const override { return wall_; }
  Micros SteadyMicros() const override { return steady_; }
  void Pass(Micros time) {
    wall_ += time;
    steady_ += time;
  }
  void JumpWall(Micros time) { wall_ += time; }

 private:
  std::atomic<Micros> wall_ = 1'000'000;
  std::atomic<Micros> steady_ = 5'000'000;
};

// A log in a directory of its own, with small files.
class LogTest : public ::testing::Test {
 protected:
  LogTest();
  ~LogTest() override;

  // Opens the log in `options_.directory` into `log_`, closing it first.
  absl::Status Reopen();
  // Opens a log in `directory` beside `log_`.
  absl::StatusOr<std::unique_ptr<Log>> OpenIn(const std::string& directory) const;
  // What a crash of the process would leave: a copy of the directory as it is now.
  std::string CrashCopy();
  // What a power loss would leave: the same without what was not synced.
  std::string PowerLossCopy();

  // The next frame, of `change_count` changes.
  StoredFrame NextFrame(uint32_t change_count, size_t payload_bytes = 200, Micros commit_time = 0);
  // A batch that makes `frames` and everything staged visible.
  Batch BatchOf(std::vector<StoredFrame> frames) const;
  absl::Status CommitFrame(uint32_t change_count, size_t payload_bytes = 200,
                           Micros commit_time = 0);
  // Commits `count` frames of ten changes and 4 KiB, a second apart.
  void CommitMany(int count);
  // The first sequences of all frames from `from` on.
  std::vector<uint64_t> FirstsFrom(Sequence from) const;
  void ExpectRange(uint64_t oldest, uint64_t newest) const;

  std::filesystem::path root_;
  ManualClock clock_;
  LogOptions options_;
  std::shared_ptr<FaultFileSystem> faults_ = std::make_shared<FaultFileSystem>();
  std::unique_ptr<rocksdb::Env> env_;
  StorageSeams seams_;
  std::unique_ptr<Log> log_;
  Sequence next_{1};

 private:
  int copies_ = 0;
};

// OK, or the reason of the error.
std::string ReasonOf(const absl::Status& status);
template <typename T>
std::string ReasonOf(const absl::StatusOr<T>& result) {
  return ReasonOf(result.status());
}

}  // namespace millrace::log::testing
