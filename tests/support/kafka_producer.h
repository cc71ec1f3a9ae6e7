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

// A transactional producer in the role of another program, such as a second mirror of the same
// name. Every call fails after `timeout` with kDeadlineExceeded or, if the broker is down, with
// kUnavailable. kAborted: another producer has taken the transactional id. For one thread.
class KafkaProducer {
 public:
  // Takes the transactional id from any other producer.
  static absl::StatusOr<KafkaProducer> Open(const std::string& bootstrap,
                                            const std::string& transactional_id,
                                            absl::Duration timeout = absl::Seconds(30));

  // The same, but on an error prints it and aborts the test.
  static KafkaProducer MustOpen(const std::string& bootstrap, const std::string& transactional_id);

  absl::Status Begin();

  // Adds a record to the transaction. Its offset and timestamp are not used. It is sent in the
  // background: Flush and Commit report the result.
  absl::Status Send(const KafkaRecord& record);

  // Waits until the broker has all records of the transaction. The transaction stays open.
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
