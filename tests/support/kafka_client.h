// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace millrace::testing {

// Owns an object of librdkafka: KafkaOwned<rd_kafka_t, rd_kafka_destroy>.
template <auto Destroy>
struct KafkaDeleter {
  template <typename T>
  void operator()(T* owned) const {
    Destroy(owned);
  }
};
template <typename T, auto Destroy>
using KafkaOwned = std::unique_ptr<T, KafkaDeleter<Destroy>>;

using KafkaHandle = KafkaOwned<rd_kafka_t, rd_kafka_destroy>;
using KafkaPartitions =
    KafkaOwned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

using KafkaMetadata = KafkaOwned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;

using KafkaSettings = std::map<std::string, std::string>;

// Makes a client of librdkafka that logs nothing. It connects by itself later.
absl::StatusOr<KafkaHandle> OpenKafka(rd_kafka_type_t type, const KafkaSettings& settings);

// Returns the broker's metadata of one topic, which is the only one in `topics`. kNotFound: the
// topic does not exist.
absl::StatusOr<KafkaMetadata> DescribeTopic(rd_kafka_t* kafka, const std::string& name,
                                            absl::Duration timeout);

// OK for no error. kNotFound: no such topic; kAlreadyExists; kAborted: another producer has taken
// the transactional id; kDeadlineExceeded: no response in time; kUnavailable: the broker is down or
// temporarily not ready; kInternal: anything else.
absl::Status KafkaStatus(rd_kafka_resp_err_t code, std::string_view what);

// The same for an error object, which it destroys. Null is OK.
absl::Status KafkaStatus(rd_kafka_error_t* error, std::string_view what);

// At least 1, because the library treats negative numbers as no timeout.
int KafkaMilliseconds(absl::Duration duration);

}  // namespace millrace::testing
