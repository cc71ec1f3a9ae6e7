// SPDX-License-Identifier: Apache-2.0

#include "feed/commit_times.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "feed/position.h"

namespace millrace::feed {
namespace {

// Changes waiting for their commit time. Few, because on a slow disk the readers of old data need
// the threads more.
constexpr size_t kWantedMax = 16;
constexpr size_t kKnownMax = 4096;
// Disk reads of one task. Few, because other tasks wait for the thread too.
constexpr int kReadsMax = 8;

// See CommitTimes::Of. Requires: `frame` contains change `sequence`.
Micros CommitTimeIn(const log::Frame& frame, Sequence sequence) {
  Sequence next = frame.first();
  for (const log::Segment& segment : frame.segments()) {
    next.value += segment.change_count;
    if (sequence < next) return std::min(segment.commit_time, frame.commit_time_max());
  }
  return frame.commit_time_max();
}

std::optional<Micros> TimeIfPositive(Micros time) {
  return time > 0 ? std::optional<Micros>(time) : std::nullopt;
}

}  // namespace

class CommitTimes::State : public std::enable_shared_from_this<State> {
 public:
  State(const Feed& feed, DiskReaders& readers) : feed_(feed), readers_(readers) {}

  std::optional<Micros> Of(Sequence sequence, absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);
  std::string OldestToken(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  enum class Fact { kTime, kTokenBefore };

  bool IsKnown(Sequence sequence, Fact fact) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False: still unknown at `deadline`.
  bool WaitUntilKnown(Sequence sequence, Fact fact, absl::Time deadline)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void PostRead();
  void ReadWanted(DiskReaders::Admission admission) ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<Sequence> NextWanted() ABSL_LOCKS_EXCLUDED(mutex_);
  void Read(Sequence wanted) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remember(Sequence sequence, Micros time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Feed& feed_;
  DiskReaders& readers_;

  absl::Mutex mutex_;
  std::map<Sequence, Micros> known_ ABSL_GUARDED_BY(mutex_);
  std::deque<Sequence> order_ ABSL_GUARDED_BY(mutex_);  // keys of known_, oldest entry first
  Sequence oldest_ ABSL_GUARDED_BY(mutex_);             // the change after oldest_token_
  std::string oldest_token_ ABSL_GUARDED_BY(mutex_);
  std::set<Sequence> wanted_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;  // a task is posted
};

std::optional<Micros> CommitTimes::State::Of(Sequence sequence, absl::Time deadline) {
  const auto frames = feed_.Read(sequence, 1, ReadFrom::kMemory);
  if (frames.ok() && !frames->empty())
    return TimeIfPositive(CommitTimeIn(*frames->front(), sequence));
  if (!IsNotInMemory(frames.status()) || !WaitUntilKnown(sequence, Fact::kTime, deadline)) {
    return std::nullopt;
  }
  absl::MutexLock lock(&mutex_);
  const auto known = known_.find(sequence);
  return known == known_.end() ? std::nullopt : TimeIfPositive(known->second);
}

std::string CommitTimes::State::OldestToken(absl::Time deadline) {
  const Sequence oldest = feed_.range().oldest;
  const auto token = TokenAfter(feed_, {oldest.value - 1}, ReadFrom::kMemory);
  if (token.ok()) return token->ToString();
  if (!IsNotInMemory(token.status())) return "";
  if (!WaitUntilKnown(oldest, Fact::kTokenBefore, deadline)) return "";
  absl::MutexLock lock(&mutex_);
  return oldest_ == oldest ? oldest_token_ : "";
}

bool CommitTimes::State::IsKnown(Sequence sequence, Fact fact) const {
  return fact == Fact::kTime ? known_.contains(sequence) : oldest_ == sequence;
}

bool CommitTimes::State::WaitUntilKnown(Sequence sequence, Fact fact, absl::Time deadline) {
  bool starts_task = false;
  {
    absl::MutexLock lock(&mutex_);
    if (IsKnown(sequence, fact)) return true;
    if (wanted_.size() >= kWantedMax) return false;
    wanted_.insert(sequence);
    starts_task = !std::exchange(reading_, true);
  }
  if (starts_task) PostRead();
  const auto decided = [this, sequence]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !wanted_.contains(sequence);
  };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithDeadline(absl::Condition(&decided), deadline);
}

void CommitTimes::State::PostRead() {
  readers_.Post(DiskReaders::Caller::kCall,
                [self = shared_from_this()](DiskReaders::Admission admission) {
                  self->ReadWanted(admission);
                });
}

void CommitTimes::State::ReadWanted(DiskReaders::Admission admission) {
  for (int i = 0; admission == DiskReaders::Admission::kRead && i < kReadsMax; ++i) {
    const std::optional<Sequence> wanted = NextWanted();
    if (!wanted.has_value()) return;
    Read(*wanted);
  }
  if (admission == DiskReaders::Admission::kRead) return PostRead();
  absl::MutexLock lock(&mutex_);
  wanted_.clear();
  reading_ = false;
}

std::optional<Sequence> CommitTimes::State::NextWanted() {
  absl::MutexLock lock(&mutex_);
  if (!wanted_.empty()) return *wanted_.begin();
  reading_ = false;
  return std::nullopt;
}

// One frame serves all wanted changes in it.
void CommitTimes::State::Read(Sequence wanted) {
  const auto frames = feed_.Read(wanted, 1);
  const bool is_oldest = wanted == feed_.range().oldest;
  const auto token = is_oldest ? TokenAfter(feed_, {wanted.value - 1}) : absl::StatusOr<Token>();
  absl::MutexLock lock(&mutex_);
  if (frames.ok() && !frames->empty()) {
    const log::Frame& frame = *frames->front();
    for (auto at = wanted_.lower_bound(wanted); at != wanted_.end() && *at <= frame.last();) {
      Remember(*at, CommitTimeIn(frame, *at));
      wanted_.erase(at++);
    }
  }
  if (token.ok()) {
    oldest_ = wanted;
    oldest_token_ = token->ToString();
  }
  // Erased even if it could not be read.
  wanted_.erase(wanted);
}

void CommitTimes::State::Remember(Sequence sequence, Micros time) {
  if (!known_.insert_or_assign(sequence, time).second) return;
  order_.push_back(sequence);
  if (order_.size() <= kKnownMax) return;
  known_.erase(order_.front());
  order_.pop_front();
}

CommitTimes::CommitTimes(const Feed& feed, DiskReaders& readers)
    : state_(std::make_shared<State>(feed, readers)) {}

CommitTimes::~CommitTimes() = default;

std::optional<Micros> CommitTimes::Of(Sequence sequence, absl::Time deadline) {
  return state_->Of(sequence, deadline);
}

std::string CommitTimes::OldestToken(absl::Time deadline) { return state_->OldestToken(deadline); }

}  // namespace millrace::feed
