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

// RocksDB formats nothing that is below the level of its logger.
InfoLog::InfoLog(const Clock& clock)
    : Logger(spdlog::should_log(spdlog::level::debug) ? rocksdb::InfoLogLevel::INFO_LEVEL
                                                      : rocksdb::InfoLogLevel::ERROR_LEVEL),
      clock_(clock),
      counted_at_(clock.SteadyMicros()) {}

bool InfoLog::TakeTurn(uint64_t& left_out) {
  absl::MutexLock lock(&mutex_);
  const Micros seconds = (clock_.SteadyMicros() - counted_at_) / kSecond;
  counted_at_ += seconds * kSecond;
  turns_ = static_cast<int>(std::min<Micros>(kBurst, turns_ + seconds * kPerSecond));
  if (turns_ == 0) {
    ++left_out_;
    return false;
  }
  --turns_;
  left_out = std::exchange(left_out_, 0);
  return true;
}

void InfoLog::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  const spdlog::level::level_enum ours = LevelOf(level);
  if (level < GetInfoLogLevel() || !spdlog::should_log(ours)) return;
  uint64_t left_out = 0;
  if (!TakeTurn(left_out)) return;
  std::array<char, kLineBytesMax + 1> buffer;
  if (std::vsnprintf(buffer.data(), buffer.size(), format, arguments) < 0) return;
  std::string line(buffer.data());
  while (!line.empty() && line.back() == '\n') line.pop_back();
  std::replace(line.begin(), line.end(), '\n', ' ');
  if (left_out > 0) spdlog::log(ours, "rocksdb: {} lines left out", left_out);
  spdlog::log(ours, "rocksdb: {}", line);
}

}  // namespace millrace::log
