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

// Reads topics as a careful consumer does (read_committed), without a group: nothing of it is kept
// by the broker. For one thread.
class KafkaReader {
 public:
  explicit KafkaReader(std::string bootstrap) : bootstrap_(std::move(bootstrap)) {}

  // All records of the topics that are committed at the time of the call, from the oldest kept to
  // the first of a transaction that is still open. A broker that is away or starting is waited for.
  // It answers a commit before it has written the marks that end the transaction, so what was just
  // committed may still be missing: ReadAtLeast waits for it. In the order of the topics given,
  // each topic by partition, each partition by offset. kNotFound: there is no such topic.
  // kDeadlineExceeded: the broker did not answer in time.
  absl::StatusOr<std::vector<KafkaRecord>> ReadAll(const std::vector<std::string>& topics,
                                                   absl::Duration timeout = absl::Seconds(30));

  // The same records one by one, for who does not keep them; each partition by offset.
  absl::Status Visit(const std::vector<std::string>& topics,
                     const std::function<void(KafkaRecord)>& visit,
                     absl::Duration timeout = absl::Seconds(30));

  // Reads anew until there are at least that many; topics may be made meanwhile.
  // kDeadlineExceeded: there are fewer; the message tells how many.
  absl::StatusOr<std::vector<KafkaRecord>> ReadAtLeast(const std::vector<std::string>& topics,
                                                       size_t records_min,
                                                       absl::Duration timeout = absl::Seconds(30));

  // The same for tests that cannot go on without: they print the error and abort.
  std::vector<KafkaRecord> MustReadAll(const std::vector<std::string>& topics);
  std::vector<KafkaRecord> MustReadAtLeast(const std::vector<std::string>& topics,
                                           size_t records_min);

 private:
  const std::string bootstrap_;
};

}  // namespace millrace::testing
