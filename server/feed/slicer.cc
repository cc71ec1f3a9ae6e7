// SPDX-License-Identifier: Apache-2.0

#include "feed/slicer.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "base/error.h"
#include "fmt/format.h"
#include "log/damage.h"
#include "wire/transaction.h"

namespace millrace::feed {
namespace {

absl::Status IndexDamaged(const log::Frame& frame) {
  return log::LogDamaged(
      fmt::format("the frame at sequence {}: its index does not match its payload",
                  frame.first().value),
      {{"sequence", fmt::format("{}", frame.first().value)}});
}

}  // namespace

// The changes taken from one segment.
struct Slicer::Part {
  Sequence segment_first;
  Sequence segment_last;
  Sequence from;
  Sequence until;
  size_t bytes_left = 0;   // budget
  bool force_one = false;  // take the next change even if it exceeds the budget

  std::vector<std::string_view> ranges;
  size_t bytes = 0;
  uint64_t changes = 0;
  Sequence covered;   // last change looked at
  bool full = false;  // the budget is used up

  void Add(std::string_view range, uint64_t count) {
    const bool adjacent =
        !ranges.empty() && ranges.back().data() + ranges.back().size() == range.data();
    if (adjacent) {
      ranges.back() = {ranges.back().data(), ranges.back().size() + range.size()};
    } else {
      ranges.push_back(range);
    }
    bytes += range.size();
    changes += count;
    bytes_left -= std::min(bytes_left, range.size());
    force_one = false;
  }
  bool Fits(size_t size) const { return size <= bytes_left || force_one; }
};

absl::StatusOr<bool> Slicer::Take(const FramePtr& frame, Sequence from, Sequence until,
                                  size_t bytes_max, Selection& selection) {
  if (TakeWhole(frame, from, until, bytes_max, selection)) return true;
  Sequence first = frame->first();
  for (const log::Segment& segment : frame->segments()) {
    const Sequence last{first.value + segment.change_count - 1};
    if (last >= from) {
      Part part;
      part.segment_first = first;
      part.segment_last = last;
      part.from = std::max(from, first);
      part.until = std::min(until, last);
      part.bytes_left = bytes_max - std::min(bytes_max, selection.bytes);
      part.force_one = selection.changes == 0;
      part.covered = {part.from.value - 1};
      if (part.from > part.until) return true;
      MILLRACE_RETURN_IF_ERROR(Collect(*frame, segment, part));
      Emit(frame, segment, part, selection);
      selection.covered = part.covered;
      if (part.full) return false;
    }
    first = last.next();
  }
  return true;
}

bool Slicer::TakeWhole(const FramePtr& frame, Sequence from, Sequence until, size_t bytes_max,
                       Selection& selection) {
  if (!filter_.wants_everything() || from > frame->first() || until < frame->last()) return false;
  const std::string_view payload = frame->payload();
  if (selection.bytes + payload.size() > bytes_max) return false;
  selection.pieces.push_back({.frame = frame, .view = payload, .owned = {}});
  selection.bytes += payload.size();
  selection.changes += frame->change_count();
  selection.covered = frame->last();
  open_ = frame->segments().back().more;
  return true;
}

absl::Status Slicer::Collect(const log::Frame& frame, const log::Segment& segment, Part& part) {
  Sequence first = part.segment_first;
  for (uint32_t i = 0; i < segment.run_count; ++i) {
    const log::Run& run = frame.runs()[segment.first_run + i];
    const Sequence last{first.value + run.change_count - 1};
    if (last >= part.from && first <= part.until) {
      const bool whole = first >= part.from && last <= part.until;
      if (!filter_.Wants(run.table_id, run.operation)) {
        part.covered = std::min(last, part.until);
      } else if (whole && run.size <= part.bytes_left) {
        part.Add(frame.payload().substr(run.offset, run.size), run.change_count);
        part.covered = last;
      } else {
        MILLRACE_RETURN_IF_ERROR(CollectFromRun(frame, run, first, part));
        if (part.full) return absl::OkStatus();
      }
    }
    first = last.next();
  }
  return absl::OkStatus();
}

absl::Status Slicer::CollectFromRun(const log::Frame& frame, const log::Run& run, Sequence first,
                                    Part& part) {
  const std::string_view bytes = frame.payload().substr(run.offset, run.size);
  ByteReader reader(bytes);
  for (Sequence at = first; at.value < first.value + run.change_count; at = at.next()) {
    const size_t begin = reader.offset();
    std::string_view change;
    if (!wire::NextChange(reader, change)) return IndexDamaged(frame);
    if (at < part.from) continue;
    if (at > part.until) return absl::OkStatus();
    const size_t size = reader.offset() - begin;
    if (!part.Fits(size)) {
      part.full = true;
      return absl::OkStatus();
    }
    part.Add(bytes.substr(begin, size), 1);
    part.covered = at;
  }
  return absl::OkStatus();
}

void Slicer::Emit(const FramePtr& frame, const log::Segment& segment, const Part& part,
                  Selection& selection) {
  const bool ends = !segment.more && part.covered == part.segment_last;
  const bool closes = open_ && ends;
  if (part.changes == 0 && !closes) return;

  // If the segment itself continues, its header already says so.
  const bool more = !ends && !segment.more;
  const std::string_view header =
      frame->payload().substr(segment.header_offset, segment.header_size);
  std::string head = wire::TransactionPrefix(header, part.bytes, more);
  selection.bytes += head.size() + part.bytes;
  selection.changes += part.changes;
  selection.pieces.push_back({.frame = nullptr, .view = {}, .owned = std::move(head)});
  for (const std::string_view range : part.ranges) {
    selection.pieces.push_back({.frame = frame, .view = range, .owned = {}});
  }
  open_ = !ends;
}

}  // namespace millrace::feed
