// SPDX-License-Identifier: Apache-2.0

#include "snapshot/stream_tasks.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"

namespace millrace::snapshot {
namespace {

absl::Status StreamBroke() {
  return MakeError(reason::kStreamBroke,
                   "the stream's connection ended, so places in its binlog are no longer valid; "
                   "start again with the next connection");
}

absl::Status TimedOut() {
  return MakeError(reason::kNotReady,
                   "the feed is not reading the source, or lags behind the end of its binlog; "
                   "see millrace status, and retry in a few seconds");
}

absl::Status Closed() { return absl::CancelledError("the stream has ended"); }

}  // namespace

bool StreamTasks::Due::IsReached(const StreamAccess& stream) const {
  if (!place.has_value()) return true;
  const BinlogPlace here = stream.place();
  if (CompareBinlogPlaces(here.file, here.offset, *place) >= 0) return true;
  return !gtids.empty() && gtids == stream.gtids();
}

void StreamTasks::End(Task& task, absl::Status result) {
  task.result = std::move(result);
  task.done.Notify();
}

absl::Status StreamTasks::Run(const Due& due, Work work) {
  MILLRACE_CHECK(due.epoch.has_value() || !due.place.has_value());
  const auto task = std::make_shared<Task>();
  task->due = due;
  task->work = std::move(work);
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return Closed();
    if (due.epoch.has_value() && *due.epoch <= ended_epoch_) return StreamBroke();
    task->number = ++posted_;
    tasks_.push_back(task);
    pending_.store(true, std::memory_order_release);
    // Under the mutex, so that no wake-up comes after Close.
    wake_();
  }
  if (!task->done.WaitForNotificationWithDeadline(due.deadline) && Withdraw(task))
    return TimedOut();
  task->done.WaitForNotification();
  // Moved, so that this thread does not share an error's text with the writing thread.
  return std::move(task->result);
}

bool StreamTasks::Withdraw(const TaskPtr& task) {
  absl::MutexLock lock(&mutex_);
  const bool waits = std::erase(tasks_, task) != 0;
  pending_.store(!tasks_.empty(), std::memory_order_release);
  return waits;
}

absl::Status StreamTasks::RunDue(StreamAccess& access) {
  uint64_t posted = 0;
  {
    absl::MutexLock lock(&mutex_);
    posted = posted_;
  }
  // Tasks posted in the meantime wait for the next call, so that they do not delay the stream.
  while (const TaskPtr task = TakeDue(access, posted)) {
    absl::Status result = access.EndTask(task->work(access));
    End(*task, result);
    if (!result.ok()) return result;
  }
  return absl::OkStatus();
}

StreamTasks::TaskPtr StreamTasks::TakeDue(const StreamAccess& access, uint64_t number) {
  const uint64_t epoch = access.epoch();
  absl::MutexLock lock(&mutex_);
  TaskPtr due;
  for (auto next = tasks_.begin(); next != tasks_.end() && due == nullptr;) {
    const TaskPtr task = *next;
    if (task->number > number) break;
    const bool over = task->due.epoch.has_value() && *task->due.epoch < epoch;
    const bool reached =
        !task->due.epoch.has_value() || (*task->due.epoch == epoch && task->due.IsReached(access));
    if (!over && !reached) {
      ++next;
      continue;
    }
    next = tasks_.erase(next);
    if (over) {
      End(*task, StreamBroke());
    } else {
      due = task;
    }
  }
  pending_.store(!tasks_.empty(), std::memory_order_release);
  return due;
}

void StreamTasks::EndEpoch(uint64_t epoch) {
  absl::MutexLock lock(&mutex_);
  ended_epoch_ = std::max(ended_epoch_, epoch);
  std::erase_if(tasks_, [this](const TaskPtr& task) {
    mutex_.AssertHeld();
    const bool over = task->due.epoch.has_value() && *task->due.epoch <= ended_epoch_;
    if (over) End(*task, StreamBroke());
    return over;
  });
  pending_.store(!tasks_.empty(), std::memory_order_release);
}

void StreamTasks::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  for (const TaskPtr& task : tasks_) End(*task, Closed());
  tasks_.clear();
  pending_.store(false, std::memory_order_release);
}

}  // namespace millrace::snapshot
