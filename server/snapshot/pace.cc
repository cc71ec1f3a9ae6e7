// SPDX-License-Identifier: Apache-2.0

#include "snapshot/pace.h"

#include <algorithm>

namespace millrace::snapshot {
namespace {

// Slow queries do not reduce a chunk below this. The fixed cost of a query would dominate, and
// smaller chunks would only pay it more often.
constexpr uint64_t kRowsForTime = 256;

}  // namespace

void ChunkSize::NoteChunk(uint64_t rows, uint64_t bytes, Micros time) {
  if (rows == 0) return;
  // At most doubled, because the first rows of a table may differ from the rest.
  const uint64_t in_time = rows * static_cast<uint64_t>(options_.chunk_time) /
                           static_cast<uint64_t>(std::max<Micros>(time, 1));
  const uint64_t in_bytes = options_.chunk_bytes_max / std::max<uint64_t>(bytes / rows, 1);
  const uint64_t most = std::min({2 * rows_, in_bytes, uint64_t{options_.chunk_rows_max}});
  rows_ = std::min(std::max(in_time, kRowsForTime), std::max<uint64_t>(most, 1));
}

bool ChunkSize::Halve() {
  if (rows_ == 1) return false;
  rows_ /= 2;
  return true;
}

Micros Pace::Spend(uint64_t rows) {
  if (rows_per_second_ == 0) return 0;
  constexpr uint64_t kSecond = 1'000'000;
  absl::MutexLock lock(&mutex_);
  const Micros now = clock_.SteadyMicros();
  free_at_ = std::max(free_at_, now) + static_cast<Micros>(rows * kSecond / rows_per_second_);
  return free_at_ - now;
}

}  // namespace millrace::snapshot
