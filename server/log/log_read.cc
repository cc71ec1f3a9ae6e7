// SPDX-License-Identifier: Apache-2.0

// Reading frames, while another thread may trim: see Log::MakeView.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "log/damage.h"
#include "log/database.h"
#include "log/log.h"
#include "log/meta.h"
#include "log/no_wait_reads.h"

namespace millrace::log {
namespace {

constexpr size_t kReadaheadBytesMin = size_t{32} << 10;
// More does not make a disk faster, and each lagging reader needs this memory.
constexpr size_t kReadaheadBytesMax = size_t{1} << 20;
// About how much smaller frames are on disk. Readahead beyond the needed frames is wasted.
constexpr size_t kCompressionRatio = 4;

absl::Status Missing(Sequence sequence) {
  return LogDamaged(
      fmt::format("no stored frame contains sequence {}; readers cannot continue past it",
                  sequence.value),
      {{"sequence", std::to_string(sequence.value)}});
}

absl::Status Trimmed(Sequence sequence, Range kept) {
  return MakeError(reason::kTokenTrimmed,
                   fmt::format("sequence {} is no longer retained; the oldest is {}",
                               sequence.value, kept.oldest.value),
                   {{"sequence", std::to_string(sequence.value)},
                    {"oldest_sequence", std::to_string(kept.oldest.value)}});
}

absl::Status Ahead(Sequence sequence, Range kept) {
  return MakeError(reason::kTokenAhead,
                   fmt::format("sequence {} is past the end of the log; the newest is {}",
                               sequence.value, kept.newest.value),
                   {{"sequence", std::to_string(sequence.value)},
                    {"newest_sequence", std::to_string(kept.newest.value)}});
}

absl::Status CheckInside(Sequence sequence, Range kept) {
  if (sequence < kept.oldest) return Trimmed(sequence, kept);
  if (sequence > kept.newest) return Ahead(sequence, kept);
  return absl::OkStatus();
}

// Parses the frame at the iterator, which must be valid.
absl::StatusOr<std::shared_ptr<const Frame>> ParseAt(const rocksdb::Iterator& at) {
  const std::optional<Sequence> first = ParseFrameKey(at.key().ToStringView());
  if (!first.has_value()) return Missing({});
  return Frame::ParseCopy(*first, at.value().ToStringView());
}

}  // namespace

struct Log::View {
  IteratorPtr frames;
  Range kept;
};

// The iterator keeps its snapshot of the frames while other threads trim. `newest` is read before
// the iterator is made, and `oldest` after it, so the snapshot includes all frames from `oldest` to
// `newest`. If trimming moved past `newest` in between, the loop takes a new snapshot.
Log::View Log::MakeView(size_t readahead_bytes) const {
  rocksdb::ReadOptions options;
  options.readahead_size = readahead_bytes;
  options.fill_cache = readahead_bytes == 0;
  while (true) {
    const Sequence newest{newest_.load(std::memory_order_acquire)};
    auto frames = database_->Iterate(Family::kLog, options);
    const Sequence oldest{oldest_.load(std::memory_order_acquire)};
    if (oldest <= newest.next()) return {std::move(frames), {oldest, newest}};
  }
}

// Leaves the iterator at the returned frame.
absl::StatusOr<std::shared_ptr<const Frame>> Log::ReadFrameContaining(View& view,
                                                                      Sequence sequence) const {
  MILLRACE_RETURN_IF_ERROR(CheckInside(sequence, view.kept));
  view.frames->SeekForPrev(FrameKey(sequence));
  if (!view.frames->Valid()) {
    const rocksdb::Status status = view.frames->status();
    if (WouldWait(status)) return NotInMemory();
    return status.ok() ? Missing(sequence) : database_->ReadError(status);
  }
  MILLRACE_ASSIGN_OR_RETURN(std::shared_ptr<const Frame> frame, ParseAt(*view.frames));
  if (sequence > frame->last()) return Missing(sequence);
  return frame;
}

absl::StatusOr<std::shared_ptr<const Frame>> Log::FrameContaining(Sequence sequence) const {
  View view = MakeView(0);
  return ReadFrameContaining(view, sequence);
}

absl::StatusOr<std::vector<std::shared_ptr<const Frame>>> Log::ReadFrames(Sequence from,
                                                                          size_t bytes_max,
                                                                          ReadFrom source) const {
  std::optional<NoWaitReads> no_wait;
  if (source == ReadFrom::kMemory) {
    if (!database_->supports_no_wait_reads()) return NotInMemory();
    no_wait.emplace();
  }
  View view =
      MakeView(std::clamp(bytes_max / kCompressionRatio, kReadaheadBytesMin, kReadaheadBytesMax));
  std::vector<std::shared_ptr<const Frame>> frames;
  if (from == view.kept.newest.next()) return frames;
  MILLRACE_ASSIGN_OR_RETURN(std::shared_ptr<const Frame> frame, ReadFrameContaining(view, from));
  size_t bytes = frame->bytes();
  frames.push_back(std::move(frame));
  while (frames.back()->last() < view.kept.newest) {
    view.frames->Next();
    if (!view.frames->Valid()) break;
    bytes += Frame::ApproximatePayloadBytes(view.frames->value().ToStringView());
    if (bytes > bytes_max) break;
    auto next = ParseAt(*view.frames);
    // The next call starts at this missing or damaged frame and reports it.
    if (!next.ok() || (*next)->first() != frames.back()->last().next()) break;
    frames.push_back(*std::move(next));
  }
  return frames;
}

absl::StatusOr<std::shared_ptr<const Frame>> Log::FindFirst(
    const std::function<bool(const Frame&)>& after_place) const {
  View view = MakeView(0);
  std::shared_ptr<const Frame> found;
  // If a frame before `found` matches, the first such frame starts in low … high.
  uint64_t low = view.kept.oldest.value;
  uint64_t high = view.kept.newest.value;
  while (low <= high) {
    const Sequence middle{low + (high - low) / 2};
    MILLRACE_ASSIGN_OR_RETURN(std::shared_ptr<const Frame> frame,
                              ReadFrameContaining(view, middle));
    if (after_place(*frame)) {
      high = frame->first().value - 1;
      found = std::move(frame);
    } else {
      low = frame->last().value + 1;
    }
  }
  return found;
}

}  // namespace millrace::log
