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

// A record with the parameters that librdkafka needs.
struct OutgoingRecord {
  rd_kafka_topic_t* topic = nullptr;
  int32_t partition = RD_KAFKA_PARTITION_UA;  // default: chosen by key
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  HeadersHandle headers;
  Micros time = 0;    // Unix time; 0: time of sending
  Sequence sequence;  // its change, for messages; zero: it belongs to no change
};

// The only producer with its transactional id. After any error but kCancelled, the open transaction
// is lost and the producer must be recreated; the stored position then shows which records are in
// Kafka. Errors: kUnavailable MIRROR_UNREACHABLE; kPermissionDenied MIRROR_DENIED; kAborted
// MIRROR_FENCED: another producer took the transactional id; kInternal MIRROR_FAILED; kCancelled:
// `waiter` gave up. Not thread-safe.
class Producer {
 public:
  struct Parts {
    const KafkaOptions& options;
    const Clock& clock;
    mirror::Waiter& waiter;
  };
  // Connects and fences the previous producer with this transactional id: its open transaction is
  // aborted, and readers can see everything it committed. Retries for ten seconds. Also
  // kInvalidArgument: librdkafka refuses the settings.
  static absl::StatusOr<std::unique_ptr<Producer>> Open(const Parts& parts);
  // Drops everything uncommitted. Call Abort first: an open transaction blocks readers until it
  // times out or the next producer opens.
  ~Producer();

  absl::Status Begin();
  // Copies and queues the record. Waits while librdkafka's queue is full. Also kResourceExhausted
  // MIRROR_RECORD_TOO_LARGE, kFailedPrecondition MIRROR_RECORD_REFUSED, kNotFound
  // MIRROR_TOPIC_MISSING; these may be about an earlier record, and Commit returns them too.
  absl::Status Produce(OutgoingRecord record);
  // Returns after all records are in Kafka and visible to readers.
  absl::Status Commit();
  // Tries briefly to abort the open transaction, if any, so that it does not block readers.
  void Abort();

  rd_kafka_t* client() const { return client_.get(); }

 private:
  // Errors from librdkafka's callbacks, which run on the thread that calls this object.
  struct Reports {
    absl::Status failed_record;  // the first, or the largest of those that are too large
    uint64_t failed_bytes = 0;
    rd_kafka_resp_err_t denial = RD_KAFKA_RESP_ERR_NO_ERROR;
    bool tls_failed = false;  // a TLS handshake with a broker failed
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
  ClientHandle client_;  // destroyed before `reports_`, which it refers to
  Micros transaction_timeout_ = 0;
  bool open_ = false;  // a transaction is open
  Micros opened_at_ = 0;
  uint32_t produced_ = 0;
};

}  // namespace millrace::kafka
