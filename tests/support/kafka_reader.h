// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "support/kafka_record.h"

namespace millrace::testing {

// Reads committed records of topics (read_committed) without a group, so the broker stores no
// offsets. For one thread.
class KafkaReader {
 public:
  explicit KafkaReader(std::string bootstrap) : bootstrap_(std::move(bootstrap)) {}

  // Returns all records of the topics that are committed at the time of the call, from the oldest
  // one up to the first record of an open transaction. In the order of `topics`, each topic by
  // partition, each partition by offset. Waits for a broker that is down or starting. A broker
  // responds to a commit before it has written the markers that end the transaction, so records
  // that were just committed may be missing: ReadAtLeast waits for them. kNotFound: a topic does
  // not exist. kDeadlineExceeded: the broker did not respond in time.
  absl::StatusOr<std::vector<KafkaRecord>> ReadAll(const std::vector<std::string>& topics,
                                                   absl::Duration timeout = absl::Seconds(30));

  // Passes the same records one by one to `visit`, each partition by offset.
  absl::Status Visit(const std::vector<std::string>& topics,
                     const std::function<void(KafkaRecord)>& visit,
                     absl::Duration timeout = absl::Seconds(30));

  // Reads again until there are at least `records_min`. Topics may be created in the meantime.
  // kDeadlineExceeded: there are fewer; the message has the number.
  absl::StatusOr<std::vector<KafkaRecord>> ReadAtLeast(const std::vector<std::string>& topics,
                                                       size_t records_min,
                                                       absl::Duration timeout = absl::Seconds(30));

  // The same, but on an error they print it and abort the test.
  std::vector<KafkaRecord> MustReadAll(const std::vector<std::string>& topics);
  std::vector<KafkaRecord> MustReadAtLeast(const std::vector<std::string>& topics,
                                           size_t records_min);

 private:
  const std::string bootstrap_;
};

}  // namespace millrace::testing
