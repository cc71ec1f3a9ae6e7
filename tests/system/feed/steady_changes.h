// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "support/source_server.h"
#include "system/feed_server.h"
#include "system/raw_feed.h"

namespace millrace::testing {

// Commits a row every few milliseconds and reads the feed at the same time: checks that all rows
// arrive, and measures their delay.
class SteadyChanges {
 public:
  // Creates the table steady.changes and waits until the first change has arrived.
  SteadyChanges(SourceServer& source, FeedServer& feed,
                std::shared_ptr<grpc::ChannelCredentials> credentials);
  ~SteadyChanges();

  struct Outcome {
    int64_t committed = 0;
    int64_t arrived = 0;         // in order, each once
    std::vector<double> millis;  // from commit to arrival, ascending
    double Quantile(double q) const;
  };
  // Stops the writing and waits until the last row has arrived, half a minute at most.
  Outcome Finish();

 private:
  void Write(SqlSession session);
  void Read();
  bool HasArrived(int64_t id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  RawFeed raw_;
  grpc::ClientContext context_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> committed_{0};
  mutable absl::Mutex mutex_;
  int64_t arrived_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<double> millis_ ABSL_GUARDED_BY(mutex_);
  std::thread writer_;
  std::thread reader_;
};

// Peak resident memory of the process since its start, in MiB.
double PeakResidentMib(pid_t process);

}  // namespace millrace::testing
