// SPDX-License-Identifier: Apache-2.0

#include "listener/memory_growth.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace millrace::listener {
namespace {

constexpr Micros kBaseInterval = 200'000;
// Only what is worth the time that giving memory back takes.
constexpr uint64_t kFloodBytes = uint64_t{32} << 20;

}  // namespace

MemoryGrowth::MemoryGrowth()
    : statm_(open("/proc/self/statm", O_RDONLY | O_CLOEXEC)), base_(Resident()) {}

uint64_t MemoryGrowth::Resident() const {
  std::array<char, 128> text{};
  if (pread(statm_.get(), text.data(), text.size() - 1, 0) <= 0) return 0;
  // proc(5): size and resident, in pages.
  char* rest = nullptr;
  std::strtoull(text.data(), &rest, 10);
  return std::strtoull(rest, nullptr, 10) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t MemoryGrowth::Bytes(bool is_suspect, Micros now) {
  if (!is_suspect && now - base_at_ < kBaseInterval) return 0;
  const uint64_t resident = Resident();
  const uint64_t growth = resident > base_ ? resident - base_ : 0;
  if (is_suspect) {
    flooded_ = flooded_ || growth > kFloodBytes;
    // Long enough for gRPC to free what it holds for connections that were cut.
    base_at_ = now + 5 * kBaseInterval;
    return growth;
  }
  if (flooded_) malloc_trim(0);
  base_ = flooded_ ? Resident() : resident;
  flooded_ = false;
  base_at_ = now;
  return 0;
}

}  // namespace millrace::listener
