// SPDX-License-Identifier: Apache-2.0

#include "log/info_log.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "spdlog/spdlog.h"

namespace millrace::log {
namespace {

constexpr Micros kSecond = 1'000'000;

spdlog::level::level_enum LevelOf(rocksdb::InfoLogLevel level) {
  switch (level) {
    case rocksdb::InfoLogLevel::ERROR_LEVEL:
    case rocksdb::InfoLogLevel::FATAL_LEVEL:
      return spdlog::level::warn;
    default:
      return spdlog::level::debug;
  }
}

}  // namespace

// RocksDB does not format messages below the level of its logger.
InfoLog::InfoLog(const Clock& clock)
    : Logger(spdlog::should_log(spdlog::level::debug) ? rocksdb::InfoLogLevel::INFO_LEVEL
                                                      : rocksdb::InfoLogLevel::ERROR_LEVEL),
      clock_(clock),
      refilled_at_(clock.SteadyMicros()) {}

bool InfoLog::AllowLine(uint64_t& dropped) {
  absl::MutexLock lock(&mutex_);
  const Micros seconds = (clock_.SteadyMicros() - refilled_at_) / kSecond;
  refilled_at_ += seconds * kSecond;
  lines_allowed_ =
      static_cast<int>(std::min<Micros>(kBurst, lines_allowed_ + seconds * kPerSecond));
  if (lines_allowed_ == 0) {
    ++dropped_;
    return false;
  }
  --lines_allowed_;
  dropped = std::exchange(dropped_, 0);
  return true;
}

void InfoLog::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  const spdlog::level::level_enum level_of_line = LevelOf(level);
  if (level < GetInfoLogLevel() || !spdlog::should_log(level_of_line)) return;
  uint64_t dropped = 0;
  if (!AllowLine(dropped)) return;
  std::array<char, kLineBytesMax + 1> buffer;
  if (std::vsnprintf(buffer.data(), buffer.size(), format, arguments) < 0) return;
  std::string line(buffer.data());
  while (!line.empty() && line.back() == '\n') line.pop_back();
  std::replace(line.begin(), line.end(), '\n', ' ');
  if (dropped > 0) spdlog::log(level_of_line, "rocksdb: dropped {} lines", dropped);
  spdlog::log(level_of_line, "rocksdb: {}", line);
}

}  // namespace millrace::log
