// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/kafka_options.h"
#include "kafka/handles.h"
#include "mirror/waiter.h"
#include "model/sequence.h"

namespace millrace::kafka {

// A record as librdkafka takes it.
struct OutgoingRecord {
  rd_kafka_topic_t* topic = nullptr;
  int32_t partition = RD_KAFKA_PARTITION_UA;  // by the key
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  HeadersHandle headers;
  Micros time = 0;    // Unix time; 0: that of sending
  Sequence sequence;  // that it is about, for messages; zero: of no change
};

// The one producer of a transactional id. After any error but kCancelled, the transaction under way
// is lost and the producer must be made anew: which of its records are in Kafka is then told by the
// position that went with them. Errors: kUnavailable MIRROR_UNREACHABLE; kPermissionDenied
// MIRROR_DENIED; kAborted MIRROR_FENCED: another producer took the transactional id; kInternal
// MIRROR_FAILED; kCancelled: `waiter` gave up. Not thread-safe.
class Producer {
 public:
  struct Parts {
    const KafkaOptions& options;
    const Clock& clock;
    mirror::Waiter& waiter;
  };
  // Connects, and shuts out what had the transactional id before: its open transaction is aborted,
  // what it committed can be read. Tries for ten seconds. Also kInvalidArgument: settings that
  // librdkafka refuses.
  static absl::StatusOr<std::unique_ptr<Producer>> Open(const Parts& parts);
  // Drops what was not committed. A transaction that is left open keeps readers waiting until it
  // times out or the next producer opens: see Abort.
  ~Producer();

  absl::Status Begin();
  // Copies the record. Waits while librdkafka's queue is full. Also kResourceExhausted
  // MIRROR_RECORD_TOO_LARGE, kFailedPrecondition MIRROR_RECORD_REFUSED, kNotFound
  // MIRROR_TOPIC_MISSING, all of which may also be told later, of an earlier record.
  absl::Status Produce(OutgoingRecord record);
  // Returns once all records are in Kafka and readers may see them.
  absl::Status Commit();
  // Tries for a moment to take back the transaction under way, if any, so that readers do not wait
  // for it.
  void Abort();

  rd_kafka_t* client() const { return client_.get(); }

 private:
  // What librdkafka reports, all of it on the thread that calls us.
  struct Reports {
    absl::Status failed_record;  // the first, or the largest of those that are too large
    uint64_t failed_bytes = 0;
    rd_kafka_resp_err_t denial = RD_KAFKA_RESP_ERR_NO_ERROR;
    bool tls_failed = false;  // with a broker
    std::string last_text;
  };
  explicit Producer(const Parts& parts) : clock_(parts.clock), waiter_(parts.waiter) {}
  absl::Status Init();
  absl::Status ErrorFrom(ErrorHandle error, std::string_view action);
  absl::Status FencedError(std::string_view text) const;
  bool TransactionMayHaveTimedOut() const;
  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* reports);
  static void OnError(rd_kafka_t* client, int code, const char* text, void* reports);

  const Clock& clock_;
  mirror::Waiter& waiter_;
  const std::unique_ptr<Reports> reports_ = std::make_unique<Reports>();
  ClientHandle client_;  // before what it reports to
  Micros transaction_timeout_ = 0;
  bool open_ = false;  // a transaction is
  Micros opened_at_ = 0;
  uint32_t produced_ = 0;
};

}  // namespace millrace::kafka
