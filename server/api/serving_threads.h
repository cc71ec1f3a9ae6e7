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

// What serving threads carry. Advance is called by one thread at a time.
class ServedStream {
 public:
  // What is left to do after a move.
  enum class Next {
    kAgain,  // there is more to do at once
    kWait,   // for a publication, or for the time of ProgressTime
    kBusy,   // a write is under way: Schedule will be called when it is done
    kGone,   // finished: forget it
  };
  virtual ~ServedStream() = default;
  // Does one step. `stopping`: end the stream as soon as nothing is under way.
  virtual Next Advance(bool stopping) = 0;
  // Steady time at which it wants to be moved even without a publication.
  virtual Micros ProgressTime() const = 0;

 private:
  friend class ServingThreads;
  size_t worker_ = 0;  // set before the stream is first moved
};

// The threads that serve all streams. Thread-safe.
class ServingThreads final : public feed::PublicationListener {
 public:
  ServingThreads(feed::Feed& feed, const Clock& clock, size_t thread_count);
  // Stops.
  ~ServingThreads() override;

  // Hands a new stream to the thread that carries fewest.
  void Add(std::shared_ptr<ServedStream> stream);
  // A stream that was busy can be moved again. From any thread.
  void Schedule(const ServedStream* stream);
  void OnPublished() override;
  // Ends all streams, those too that are added from now on, and waits until they are gone, at most
  // for `grace`. Streams with a write under way end when it is done, or is cancelled.
  void EndStreams(Micros grace);
  // Ends the threads; they forget the streams that are left. Schedule may still be called.
  void Stop();

 private:
  class Worker;
  feed::Feed& feed_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace millrace::api
