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

// Result of reading, from the first call to the end of the last stream.
struct Drained {
  double seconds = 0;
  uint64_t rows = 0;
  uint64_t changes = 0;  // counted one by one, after CountChanges
  uint64_t bytes = 0;    // of messages
  uint64_t messages = 0;
  // From the first message of the first stream to the end of the last stream.
  double seconds_after_first = 0;
  uint64_t first_changes = 0;  // changes in that message, counted like `changes`
};

// Subscribers that use as little CPU time as gRPC allows. They take messages as bytes and read only
// the token, whose sequence counts the rows. Each stream has its own connection. One thread serves
// one stream, two threads serve more. For unfiltered streams.
class StreamDrain {
 public:
  // Connects all streams.
  StreamDrain(const std::string& address, int streams);
  // Cancels running streams.
  ~StreamDrain();

  // Counts each change in the bytes, without parsing. Call it before Begin.
  void CountChanges();
  // Starts all streams after the change `after`. A stream is finished, and canceled, once it has
  // passed `until`.
  void Begin(uint64_t after, uint64_t until);
  // The same with any request. Counts the rows from zero.
  void Begin(const v1::SubscribeRequest& request, uint64_t until);
  // Waits until all streams are finished. Ends the benchmark if one fails, or after ten minutes.
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
