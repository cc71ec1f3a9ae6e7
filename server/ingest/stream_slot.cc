// SPDX-License-Identifier: Apache-2.0

#include "ingest/stream_slot.h"

#include "base/error.h"

namespace millrace::ingest {

absl::StatusOr<std::unique_ptr<BinlogStream>> StreamSlot::Open(
    SourcePool::Generation generation, const SourcePosition& from,
    const SourcePool::StreamOptions& options) {
  MILLRACE_ASSIGN_OR_RETURN(auto stream, pool_.OpenStream(generation, from, options));
  absl::MutexLock lock(&mutex_);
  if (interrupted_) return absl::CancelledError();
  stream_ = stream.get();
  return stream;
}

void StreamSlot::Forget() {
  absl::MutexLock lock(&mutex_);
  stream_ = nullptr;
}

void StreamSlot::Wake() {
  absl::MutexLock lock(&mutex_);
  if (stream_ != nullptr) stream_->Wake();
}

void StreamSlot::Interrupt() {
  absl::MutexLock lock(&mutex_);
  interrupted_ = true;
  if (stream_ != nullptr) stream_->Interrupt();
}

}  // namespace millrace::ingest
