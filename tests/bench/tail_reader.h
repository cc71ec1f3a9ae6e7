// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/backlog.h"

namespace millrace::testing {

// A server that starts at the newest change, and one subscriber of the client library.
class TailReader {
 public:
  // `durability` as in section log.
  TailReader(const BacklogSource& source, const std::string& durability);

  // Returns latencies of at least the next `count` transactions in microseconds, from the commit
  // time in the source's GTID event to the arrival here. Both use the clock of the same host.
  std::vector<double> Read(size_t count);

  const FeedServer& feed() const { return *feed_; }

 private:
  const std::unique_ptr<FeedServer> feed_;
  std::unique_ptr<client::Subscription> subscription_;
};

}  // namespace millrace::testing
