// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "feed/feed.h"
#include "model/sequence.h"

namespace millrace::api {

// A stream that a serving thread advances. Only one thread at a time calls Advance.
class ServedStream {
 public:
  // What the serving thread does after a step.
  enum class Next {
    kAgain,  // advance again immediately
    kWait,   // wait for a publication, or until ProgressTime
    kBusy,   // a write is in progress: wait for Schedule
    kGone,   // finished: remove the stream
  };
  virtual ~ServedStream() = default;
  // Does one step. `stopping`: end the stream as soon as no write or read is in progress.
  virtual Next Advance(bool stopping) = 0;
  // Steady time of the next step without a publication.
  virtual Micros ProgressTime() const = 0;

 private:
  friend class ServingThreads;
  size_t worker_ = 0;  // set before the first step
};

// The threads that serve all streams. Thread-safe.
class ServingThreads final : public feed::PublicationListener {
 public:
  ServingThreads(feed::Feed& feed, const Clock& clock, size_t thread_count);
  // Stops.
  ~ServingThreads() override;

  // Gives a new stream to the thread with the fewest streams.
  void Add(std::shared_ptr<ServedStream> stream);
  // Wakes a busy stream. From any thread.
  void Schedule(const ServedStream* stream);
  void OnPublished() override;
  // Ends all streams, including later ones, and waits for them for at most `grace`. A stream with a
  // write in progress ends when the write is done or cancelled.
  void EndStreams(Micros grace);
  // Ends the threads and drops the remaining streams. Schedule may still be called.
  void Stop();

 private:
  class Worker;
  feed::Feed& feed_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace millrace::api
