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

// Who owns what librdkafka allocates: KafkaOwned<rd_kafka_t, rd_kafka_destroy>.
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

// A client of librdkafka, which logs nothing. It connects by itself, later.
absl::StatusOr<KafkaHandle> OpenKafka(rd_kafka_type_t type, const KafkaSettings& settings);

// What the broker knows of one topic; the only one in `topics`. kNotFound: there is none.
absl::StatusOr<KafkaMetadata> DescribeTopic(rd_kafka_t* kafka, const std::string& name,
                                            absl::Duration timeout);

// OK for no error. kNotFound: no such topic; kAlreadyExists; kAborted: another producer has taken
// the transactional id; kDeadlineExceeded: no answer in time; kUnavailable: the broker is away or
// not ready for it, which may pass; kInternal: anything else.
absl::Status KafkaStatus(rd_kafka_resp_err_t code, std::string_view what);

// The same for an error object, which is destroyed; null is OK.
absl::Status KafkaStatus(rd_kafka_error_t* error, std::string_view what);

// At least 1, for the library takes what is negative for no timeout at all.
int KafkaMilliseconds(absl::Duration duration);

}  // namespace millrace::testing
