// SPDX-License-Identifier: Apache-2.0

// Finds the start of a stream by commit time. Part of position.h.

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"
#include "feed/before_transaction.h"
#include "feed/position.h"
#include "fmt/format.h"
#include "log/commit_time.h"

namespace millrace::feed {
namespace {

// Bytes of frames read at a time.
constexpr size_t kReadBytes = 256 << 10;

// Scans transactions in order for the first one committed at `time` or later.
class Scan {
 public:
  // `before`: greatest commit time before the first frame.
  Scan(Micros time, Micros now, Micros before) : time_(time), now_(now), before_(before) {}

  // Scans the next frame. True: found() is final.
  bool ScanFrame(const log::Frame& frame) {
    Sequence first = frame.first();
    for (const log::Segment& segment : frame.segments()) {
      if (ScanTransaction(frame, segment, first)) return true;
      first.value += segment.change_count;
    }
    return false;
  }

  struct Found {
    log::Segment segment;
    Sequence first;
  };
  // The first wanted transaction so far. Nothing: all scanned transactions were committed earlier.
  const std::optional<Found>& found() const { return found_; }

 private:
  bool ScanTransaction(const log::Frame& frame, const log::Segment& segment, Sequence first) {
    const bool ahead = !log::IsPlausibleCommitTime(frame, segment, now_);
    const bool behind = !ahead && segment.commit_time + log::kClockAheadMax < before_;
    const bool late = segment.commit_time >= time_;
    // A clock that was ahead gives only an upper bound, one that was behind only a lower bound.
    const bool uncertain = ahead ? late : behind && !late;
    if (!ahead) before_ = std::max(before_, segment.commit_time);
    if (late || uncertain) {
      // Better one transaction too many: an uncertain one is wanted unless an unwanted one
      // follows.
      if (!found_.has_value()) found_ = Found{segment, first};
      return !uncertain;
    }
    found_.reset();
    return false;
  }

  const Micros time_;
  const Micros now_;
  Micros before_;
  std::optional<Found> found_;
};

// Whether `frame` may contain transactions committed at `time` or later although `plausible_max`,
// its greatest plausible commit time, is earlier. It may if one has an implausible time as late as
// `time`, or if the clock was behind at the last one.
bool MayContainLater(const log::Frame& frame, Micros time, Micros plausible_max) {
  const std::vector<log::Segment>& segments = frame.segments();
  if (segments.back().commit_time + log::kClockAheadMax < plausible_max) return true;
  return std::any_of(segments.begin(), segments.end(),
                     [&](const log::Segment& segment) { return segment.commit_time >= time; });
}

absl::Status TimeInFuture(Micros time, Micros now) {
  return PositionNotFound(fmt::format("the time is {} s in the future", (time - now) / 1'000'000));
}

}  // namespace

absl::StatusOr<Place> FindCommitTime(const Feed& feed, Micros time, Micros now, ReadFrom source) {
  const log::Range range = feed.range();
  if (time > now + log::kClockAheadMax) return TimeInFuture(time, now);
  if (source == ReadFrom::kMemory) return NotInMemory();
  if (range.oldest > range.newest) return Place{.after = range.newest};
  MILLRACE_ASSIGN_OR_RETURN(FramePtr frame,
                            feed.log().FindFirst([time](const log::Frame& candidate) {
                              return candidate.commit_time_max() >= time;
                            }));
  Sequence begin =
      frame == nullptr || frame->first() > range.newest ? range.newest.next() : frame->first();
  // commit_time_max() ignores times that were implausible when written, which was wrong if our own
  // clock was off. So frames before `begin` can also contain wanted transactions.
  Micros before = 0;
  while (begin > range.oldest) {
    MILLRACE_ASSIGN_OR_RETURN(frame, feed.log().FrameContaining(Sequence{begin.value - 1}));
    const Micros plausible_max = log::PlausibleCommitTimeMax(*frame, now).value_or(0);
    if (!MayContainLater(*frame, time, plausible_max)) {
      before = plausible_max;
      break;
    }
    begin = frame->first();
  }
  Scan scan(time, now, before);
  bool found = false;
  while (!found && begin <= range.newest) {
    MILLRACE_ASSIGN_OR_RETURN(const std::vector<FramePtr> frames,
                              feed.log().ReadFrames(begin, kReadBytes));
    for (const FramePtr& next : frames) {
      if (found || next->first() > range.newest) break;
      found = scan.ScanFrame(*next);
    }
    begin = frames.back()->last().next();
  }
  if (!scan.found().has_value()) return Place{.after = range.newest};
  const auto& [segment, first] = *scan.found();
  if (first == range.oldest && range.oldest.value > 1) {
    return PositionNotFound("transactions of that time may have been trimmed");
  }
  return BeforeTransaction(feed, segment, first);
}

}  // namespace millrace::feed
