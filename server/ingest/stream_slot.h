// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "model/source_position.h"
#include "mysql/binlog_stream.h"
#include "mysql/source_pool.h"

namespace millrace::ingest {

// Opens streams, one at a time, that other threads can wake and interrupt. Open and Forget are for
// the ingest thread, Wake and Interrupt for any thread.
class StreamSlot {
 public:
  // `pool` must outlive it.
  explicit StreamSlot(const SourcePool& pool) : pool_(pool) {}

  // As SourcePool::OpenStream. kCancelled after Interrupt. Call Forget before the stream is
  // destroyed.
  absl::StatusOr<std::unique_ptr<BinlogStream>> Open(SourcePool::Generation generation,
                                                     const SourcePosition& from,
                                                     const SourcePool::StreamOptions& options)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Forget() ABSL_LOCKS_EXCLUDED(mutex_);

  // Wakes the open stream, if any.
  void Wake() ABSL_LOCKS_EXCLUDED(mutex_);
  // Interrupts the open stream, if any, and prevents any further Open.
  void Interrupt() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const SourcePool& pool_;
  absl::Mutex mutex_;
  BinlogStream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::ingest
