// SPDX-License-Identifier: Apache-2.0

#include "ingest/trimmer.h"

#include <pthread.h>

#include <utility>

#include "base/error.h"
#include "base/reason.h"

namespace millrace::ingest {

Trimmer::Trimmer(log::Log& log, KeepFrom keep_from)
    : log_(log), keep_from_(std::move(keep_from)), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "trim");
}

Trimmer::~Trimmer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Trimmer::Request() {
  absl::MutexLock lock(&mutex_);
  requested_ = true;
}

absl::Status Trimmer::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

void Trimmer::Run() {
  while (AwaitRequest()) {
    const absl::Status status = log_.Trim(keep_from_());
    if (status.ok() || HasReason(status, reason::kDiskFull)) continue;
    absl::MutexLock lock(&mutex_);
    status_ = status;
    return;
  }
}

bool Trimmer::AwaitRequest() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Trimmer::IsRequestedOrStops));
  return std::exchange(requested_, false);
}

}  // namespace millrace::ingest
