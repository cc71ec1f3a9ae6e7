// SPDX-License-Identifier: Apache-2.0

// Retention: choosing and moving the low-water mark.
#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "log/commit_time.h"
#include "log/database.h"
#include "log/directory.h"
#include "log/log.h"
#include "log/meta.h"

namespace millrace::log {

absl::Status Log::Trim(std::optional<Sequence> keep_from) {
  if (range().newest.value == 0) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(PrepareToWrite());
  MILLRACE_ASSIGN_OR_RETURN(const Sequence cut, ChooseCut(keep_from));
  if (cut > range().oldest) MILLRACE_RETURN_IF_ERROR(MoveOldest(cut));
  // Needed even if the mark stays: some files could not be deleted when it last moved.
  return database_->DeleteFramesBelow(FrameKey(range().oldest));
}

// The first sequence of the frame that will be the oldest.
absl::StatusOr<Sequence> Log::ChooseCut(std::optional<Sequence> keep_from) {
  const Range kept = range();
  MILLRACE_ASSIGN_OR_RETURN(const auto newest, FrameContaining(kept.newest));
  MILLRACE_ASSIGN_OR_RETURN(const Sequence by_age, CutByAge(*newest));
  MILLRACE_ASSIGN_OR_RETURN(const Sequence by_bytes, CutByBytes(options_.retention_bytes, *newest));
  const Sequence wanted = std::max(by_age, by_bytes);
  if (!keep_from.has_value() || *keep_from >= wanted || options_.hold_bytes_max == 0) return wanted;

  MILLRACE_ASSIGN_OR_RETURN(const auto held, FrameContaining(std::max(*keep_from, kept.oldest)));
  MILLRACE_ASSIGN_OR_RETURN(const Sequence forced, CutByBytes(options_.hold_bytes_max, *newest));
  return std::min(wanted, std::max(held->first(), forced));
}

absl::StatusOr<Sequence> Log::CutByAge(const Frame& newest) {
  const Sequence oldest = range().oldest;
  if (options_.retention_age == 0) return oldest;
  MILLRACE_ASSIGN_OR_RETURN(const auto frame, FrameContaining(oldest));
  if (PlausibleCommitTimeMax(*frame, clock_.WallMicros()) != frame->commit_time_max()) {
    return CutByPlausibleTimes(newest);
  }
  const Micros cutoff = age_limit_.Cutoff(frame->commit_time_max(), newest.commit_time_max());
  if (frame->commit_time_max() >= cutoff) return oldest;
  MILLRACE_ASSIGN_OR_RETURN(
      const auto kept, FindFirst([&](const Frame& at) { return at.commit_time_max() >= cutoff; }));
  return kept != nullptr ? kept->first() : newest.first();
}

// For oldest frames whose commit_time_max is implausible, so that bisection cannot find the cut.
// Checks the frames' own transactions instead, a limited number of frames per call.
absl::StatusOr<Sequence> Log::CutByPlausibleTimes(const Frame& newest) {
  constexpr int kFramesMax = 1000;
  const Micros now = clock_.WallMicros();
  Sequence cut = range().oldest;
  std::optional<Micros> cutoff;
  Sequence at = cut;
  for (int i = 0; i < kFramesMax && at < newest.first(); ++i) {
    MILLRACE_ASSIGN_OR_RETURN(const auto frame, FrameContaining(at));
    at = frame->last().next();
    const std::optional<Micros> time = PlausibleCommitTimeMax(*frame, now);
    // This frame is trimmed together with the next frame whose time is plausible.
    if (!time.has_value()) continue;
    if (!cutoff.has_value()) cutoff = age_limit_.Cutoff(*time, newest.commit_time_max());
    if (*time >= *cutoff) break;
    cut = at;
  }
  return cut;
}

// RocksDB frees only whole files, so the cut is the end of the last file that must go.
absl::StatusOr<Sequence> Log::CutByBytes(uint64_t bytes_max, const Frame& newest) const {
  Sequence cut = range().oldest;
  if (bytes_max == 0) return cut;
  const std::vector<FrameFile> files = database_->FrameFiles();
  uint64_t bytes = BytesOutsideTables(options_.directory);
  for (const FrameFile& file : files) bytes += file.bytes;
  if (bytes <= bytes_max) return cut;
  const uint64_t excess = bytes - bytes_max;
  uint64_t freed = 0;
  for (const FrameFile& file : files) {
    if (freed >= excess) break;
    freed += file.bytes;
    const std::optional<Sequence> last_frame = ParseFrameKey(file.largest_key);
    if (!last_frame.has_value() || *last_frame < cut) continue;  // already below the mark
    if (*last_frame >= newest.first()) return newest.first();
    MILLRACE_ASSIGN_OR_RETURN(const auto frame, FrameContaining(*last_frame));
    cut = frame->last().next();
  }
  return cut;
}

// Writes the mark to disk before any file is deleted: after a crash, no frame above the mark may be
// missing.
absl::Status Log::MoveOldest(Sequence oldest) {
  std::string value;
  AppendLittle64(value, oldest.value);
  rocksdb::WriteBatch write;
  write.Put(database_->family(Family::kMeta), rocksdb::Slice(kOldestKey), value);
  MILLRACE_RETURN_IF_ERROR(database_->WriteAndSyncSeparately(write, WhenFull::kWriteAnyway));
  oldest_.store(oldest.value, std::memory_order_release);
  return absl::OkStatus();
}

}  // namespace millrace::log
