// SPDX-License-Identifier: Apache-2.0

#include "log/flush_jobs.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace millrace::log {

struct FlushJobs::State {
  absl::Mutex mutex;
  bool hold ABSL_GUARDED_BY(mutex) = false;
  // The number of calls of Release. A job of an earlier round is never held.
  int round ABSL_GUARDED_BY(mutex) = 0;
  int running ABSL_GUARDED_BY(mutex) = 0;
  // Jobs that have not ended, including held ones.
  size_t unfinished ABSL_GUARDED_BY(mutex) = 0;
  std::vector<std::unique_ptr<Job>> held ABSL_GUARDED_BY(mutex);
  // Tags of closing databases, which wait for their jobs.
  std::set<void*> closing ABSL_GUARDED_BY(mutex);
};

struct FlushJobs::Job {
  void (*run)(void*) = nullptr;
  void (*cancel)(void*) = nullptr;
  void* argument = nullptr;
  void* tag = nullptr;
  std::shared_ptr<State> state;
  int round = 0;
  bool is_flush = false;

  // The job that this thread runs.
  static thread_local const Job* current;
};
thread_local const FlushJobs::Job* FlushJobs::Job::current = nullptr;

FlushJobs::FlushJobs(std::unique_ptr<rocksdb::Env> target)
    : EnvWrapper(std::move(target)), state_(std::make_shared<State>()) {}

// Breaks the reference cycle: held jobs refer to the state that holds them.
FlushJobs::~FlushJobs() {
  std::vector<std::unique_ptr<Job>> held;
  absl::MutexLock lock(&state_->mutex);
  held.swap(state_->held);
}

void FlushJobs::Hold() {
  absl::MutexLock lock(&state_->mutex);
  state_->hold = true;
}

void FlushJobs::Release() {
  std::vector<std::unique_ptr<Job>> held;
  {
    absl::MutexLock lock(&state_->mutex);
    state_->hold = false;
    ++state_->round;
    held.swap(state_->held);
  }
  for (std::unique_ptr<Job>& job : held) {
    void* const tag = job->tag;
    target()->Schedule(&Run, job.release(), HIGH, tag, &Cancel);
  }
}

int FlushJobs::running() const {
  absl::MutexLock lock(&state_->mutex);
  return state_->running;
}

bool FlushJobs::AwaitUnheldJobs() {
  const auto unheld_ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex) {
    return !state_->hold || state_->unfinished == state_->held.size();
  };
  absl::MutexLock lock(&state_->mutex);
  state_->mutex.Await(absl::Condition(&unheld_ended));
  return !state_->held.empty();
}

// RocksDB schedules flushes at high priority and compactions at lower ones. Jobs without a tag
// delete files.
void FlushJobs::Schedule(void (*run)(void*), void* argument, Priority priority, void* tag,
                         void (*cancel)(void*)) {
  if (tag == nullptr) return target()->Schedule(run, argument, priority, tag, cancel);
  auto job = std::make_unique<Job>();
  *job = {.run = run, .cancel = cancel, .argument = argument, .tag = tag, .state = state_};
  job->is_flush = priority == HIGH;
  {
    absl::MutexLock lock(&state_->mutex);
    job->round = Job::current != nullptr ? Job::current->round : state_->round;
    ++state_->unfinished;
    state_->closing.erase(tag);
  }
  target()->Schedule(&Run, job.release(), priority, tag, &Cancel);
}

void FlushJobs::Run(void* argument) {
  std::unique_ptr<Job> job(static_cast<Job*>(argument));
  const std::shared_ptr<State> state = job->state;
  {
    absl::MutexLock lock(&state->mutex);
    const bool can_hold =
        job->is_flush && job->round == state->round && !state->closing.contains(job->tag);
    if (state->hold && can_hold) {
      state->held.push_back(std::move(job));
      return;
    }
    if (job->is_flush) ++state->running;
  }
  Job::current = job.get();
  job->run(job->argument);
  Job::current = nullptr;
  absl::MutexLock lock(&state->mutex);
  if (job->is_flush) --state->running;
  --state->unfinished;
}

void FlushJobs::Cancel(void* argument) {
  const std::unique_ptr<Job> job(static_cast<Job*>(argument));
  if (job->cancel != nullptr) job->cancel(job->argument);
  absl::MutexLock lock(&job->state->mutex);
  --job->state->unfinished;
}

int FlushJobs::UnSchedule(void* tag, Priority priority) {
  if (priority != HIGH || tag == nullptr) return target()->UnSchedule(tag, priority);
  std::vector<std::unique_ptr<Job>> held;
  {
    absl::MutexLock lock(&state_->mutex);
    state_->closing.insert(tag);
    std::erase_if(state_->held, [&held, tag](std::unique_ptr<Job>& job) {
      if (job->tag != tag) return false;
      held.push_back(std::move(job));
      return true;
    });
  }
  const int count = static_cast<int>(held.size()) + target()->UnSchedule(tag, priority);
  for (std::unique_ptr<Job>& job : held) Cancel(job.release());
  return count;
}

}  // namespace millrace::log
