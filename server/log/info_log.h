// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdarg>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "rocksdb/env.h"

namespace millrace::log {

// Sends RocksDB's own messages to the server's log instead of a file `LOG` in the log's directory:
// Debian's RocksDB is built with assertions, and one of them ends the process when that file meets
// a full disk. Errors are warnings here, since what they prevent is reported by us; the rest is
// `debug`, also RocksDB's warnings, which repeat errors that it returns. A flood is logged in part.
// Thread-safe.
class InfoLog final : public rocksdb::Logger {
 public:
  // Lines logged at once, and then a second.
  static constexpr int kBurst = 20;
  static constexpr int kPerSecond = 1;
  static constexpr size_t kLineBytesMax = 1000;

  explicit InfoLog(const Clock& clock);
  using rocksdb::Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;

 private:
  // Lines that were left out before this one; nothing if it is left out too.
  bool AllowLine(uint64_t& dropped) ABSL_LOCKS_EXCLUDED(mutex_);

  const Clock& clock_;
  absl::Mutex mutex_;
  int lines_allowed_ ABSL_GUARDED_BY(mutex_) = kBurst;
  Micros refilled_at_ ABSL_GUARDED_BY(mutex_);
  uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::log
