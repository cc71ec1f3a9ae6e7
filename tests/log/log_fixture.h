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

// A clock that moves only when the test moves it.
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

// A log with small files in its own directory.
class LogTest : public ::testing::Test {
 protected:
  LogTest();
  ~LogTest() override;

  // Closes `log_`, then sets it to the log in `options_.directory`.
  absl::Status Reopen();
  // Opens another log, in `directory`.
  absl::StatusOr<std::unique_ptr<Log>> OpenIn(const std::string& directory) const;
  // Copies the directory as a crash of the process would leave it now. Returns the copy's path.
  std::string CrashCopy();
  // The same for a power loss, without unsynced data.
  std::string PowerLossCopy();

  // The next frame, with `change_count` changes.
  StoredFrame NextFrame(uint32_t change_count, size_t payload_bytes = 200, Micros commit_time = 0);
  // A batch that makes `frames` and all staged frames visible.
  Batch BatchOf(std::vector<StoredFrame> frames) const;
  absl::Status CommitFrame(uint32_t change_count, size_t payload_bytes = 200,
                           Micros commit_time = 0);
  // Commits `count` frames of ten changes and 4 KiB, a second apart.
  void CommitMany(int count);
  // The first sequences of all frames from `from` on.
  std::vector<uint64_t> FirstSequencesFrom(Sequence from) const;
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
