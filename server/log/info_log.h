// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdarg>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "rocksdb/env.h"

namespace millrace::log {

// Sends RocksDB's messages to the server's log instead of a file `LOG` in the log's directory. With
// that file, an assertion in Debian's RocksDB aborts the process when the disk is full. RocksDB's
// errors become warnings, because the log reports the failed operation itself. All other messages
// become `debug`, even RocksDB's warnings, which repeat errors that it returns. Limits the rate of
// lines. Thread-safe.
class InfoLog final : public rocksdb::Logger {
 public:
  // The rate limit: a burst of lines, then lines per second.
  static constexpr int kBurst = 20;
  static constexpr int kPerSecond = 1;
  static constexpr size_t kLineBytesMax = 1000;

  explicit InfoLog(const Clock& clock);
  using rocksdb::Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;

 private:
  // False: drop the line. True: log it; `dropped` is the number of lines dropped before it.
  bool AllowLine(uint64_t& dropped) ABSL_LOCKS_EXCLUDED(mutex_);

  const Clock& clock_;
  absl::Mutex mutex_;
  int lines_allowed_ ABSL_GUARDED_BY(mutex_) = kBurst;
  Micros refilled_at_ ABSL_GUARDED_BY(mutex_);
  uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::log
