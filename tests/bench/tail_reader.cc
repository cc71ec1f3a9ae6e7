// SPDX-License-Identifier: Apache-2.0

#include "bench/tail_reader.h"

#include "absl/status/status.h"
#include "base/clock.h"

namespace millrace::testing {

TailReader::TailReader(const BacklogSource& source, const std::string& durability)
    : feed_(FeedServer::MustStart(source.server(), {.tables = {"bench.*"},
                                                    .source = {},
                                                    .log = {"durability: " + durability},
                                                    .server = {}})) {
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_LATEST);
  // No progress messages may interrupt the silence.
  request.mutable_progress_interval()->set_seconds(600);
  subscription_ = feed_->client().Subscribe({.request = request, .retry = {}});
  Check(subscription_->Open());
}

std::vector<double> TailReader::Read(size_t count) {
  std::vector<double> latencies;
  while (latencies.size() < count) {
    const auto batch = Take(subscription_->Next());
    const auto now = Clock::System().WallMicros();
    if (!batch.has_value()) Die(absl::InternalError("the stream ended"));
    for (const v1::Transaction& transaction : batch->transactions()) {
      const auto& time = transaction.commit_time();
      latencies.push_back(
          static_cast<double>(now - time.seconds() * 1'000'000 - time.nanos() / 1000));
    }
  }
  return latencies;
}

}  // namespace millrace::testing
