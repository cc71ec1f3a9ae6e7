// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "support/kafka_client.h"
#include "support/kafka_record.h"

namespace millrace::testing {

// A transactional producer that stands in for another program, such as a second mirror of the same
// name. Every call gives up after `timeout`, with kDeadlineExceeded or, if the broker is away, with
// kUnavailable. kAborted: another producer has taken the transactional id. For one thread.
class KafkaProducer {
 public:
  // Takes the transactional id over from any other producer.
  static absl::StatusOr<KafkaProducer> Open(const std::string& bootstrap,
                                            const std::string& transactional_id,
                                            absl::Duration timeout = absl::Seconds(30));

  // The same for a test that cannot go on without: prints the error and aborts.
  static KafkaProducer MustOpen(const std::string& bootstrap, const std::string& transactional_id);

  absl::Status Begin();

  // Adds a record to the transaction; its offset and timestamp are not used. It is sent in the
  // background: Flush and Commit tell what became of it.
  absl::Status Send(const KafkaRecord& record);

  // Waits until the broker has all records of the transaction, which stays open.
  absl::Status Flush();

  absl::Status Commit();
  absl::Status Abort();

 private:
  KafkaProducer(KafkaHandle kafka, absl::Duration timeout)
      : kafka_(std::move(kafka)), timeout_(timeout) {}

  KafkaHandle kafka_;
  absl::Duration timeout_;
};

}  // namespace millrace::testing
