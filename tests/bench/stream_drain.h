// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "grpcpp/completion_queue.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::testing {

// What was read from the first call to the last stream's end.
struct Drained {
  double seconds = 0;
  uint64_t rows = 0;
  uint64_t changes = 0;  // counted one by one, after CountChanges
  uint64_t bytes = 0;    // of messages
  uint64_t messages = 0;
  // Behind the first message of the first stream, until the end of the last.
  double seconds_after_first = 0;
  uint64_t first_changes = 0;  // those in that message, as `changes`
};

// Subscribers that cost as little as gRPC lets them: messages are taken as bytes, of each only the
// token is looked at, whose sequence tells how many rows have come. Each stream has a connection of
// its own; one thread serves one stream, two serve more. For unfiltered streams.
class StreamDrain {
 public:
  // Connects all of them.
  StreamDrain(const std::string& address, int streams);
  // Cancels those that go on.
  ~StreamDrain();

  // Before Begin: each change is counted where it lies in the bytes, and not parsed.
  void CountChanges();
  // Starts all streams after the change `after`. A stream is over, and cancelled, once it has
  // passed `until`.
  void Begin(uint64_t after, uint64_t until);
  // The same with any request; the rows are counted from zero.
  void Begin(const v1::SubscribeRequest& request, uint64_t until);
  // Waits until all are over. Ends the benchmark if one ends with an error, or after ten minutes.
  Drained Wait();

 private:
  class Stream;
  struct Progress;

  static void Serve(grpc::CompletionQueue& queue);

  const std::unique_ptr<Progress> progress_;
  std::vector<std::unique_ptr<grpc::CompletionQueue>> queues_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::thread> threads_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace millrace::testing
