// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/backlog.h"

namespace millrace::testing {

// One subscriber at the newest change, through the client library, of a server that begins there.
class TailReader {
 public:
  // `durability` as in section log.
  TailReader(const BacklogSource& source, const std::string& durability);

  // Of the next `count` transactions: microseconds from the commit, as the source's GTID event has
  // it, to when they are here. One clock: all run on one host.
  std::vector<double> Read(size_t count);

  const FeedServer& feed() const { return *feed_; }

 private:
  const std::unique_ptr<FeedServer> feed_;
  std::unique_ptr<client::Subscription> subscription_;
};

}  // namespace millrace::testing
