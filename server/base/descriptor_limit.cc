// SPDX-License-Identifier: Apache-2.0

#include "base/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace millrace {
namespace {

// The minimum that POSIX guarantees.
constexpr uint64_t kDescriptorsIfUnknown = 20;
constexpr uint64_t kLogFilesCeiling = 512;
// RocksDB's minimum.
constexpr uint64_t kLogFilesFloor = 20;

}  // namespace

uint64_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  return DescriptorLimit();
}

uint64_t DescriptorLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : kDescriptorsIfUnknown;
}

uint32_t LogFilesMax(uint64_t limit) {
  return static_cast<uint32_t>(std::clamp(limit / 4, kLogFilesFloor, kLogFilesCeiling));
}

}  // namespace millrace
