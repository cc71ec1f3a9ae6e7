// SPDX-License-Identifier: Apache-2.0

#include "kafka/producer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "kafka/client_settings.h"
#include "kafka/errors.h"
#include "mirror/interrupted.h"
#include "spdlog/spdlog.h"

namespace millrace::kafka {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr Micros kOpenTimeout = 10 * kSecond;
constexpr Micros kLongWait = 2 * kSecond;
constexpr Micros kAbortTimeout = 2 * kSecond;
// How many records are produced between two polls for reports.
constexpr uint32_t kRecordsPerPoll = 1024;

// Returns the effective value of a client setting in milliseconds; 0 if it cannot be read.
Micros MillisSetting(const rd_kafka_conf_t* conf, const char* name) {
  std::array<char, 64> text{};
  size_t size = text.size();
  if (rd_kafka_conf_get(conf, name, text.data(), &size) != RD_KAFKA_CONF_OK) return 0;
  int64_t millis = 0;
  std::from_chars(text.data(), text.data() + std::min(size, text.size()), millis);
  return millis * 1000;
}

void* OpaqueOf(Sequence sequence) {
  return reinterpret_cast<void*>(static_cast<uintptr_t>(sequence.value));
}
Sequence SequenceOf(const void* opaque) { return {reinterpret_cast<uintptr_t>(opaque)}; }

}  // namespace

absl::StatusOr<std::unique_ptr<Producer>> Producer::Open(const Parts& parts) {
  std::unique_ptr<Producer> producer(new Producer(parts));
  MILLRACE_ASSIGN_OR_RETURN(ConfHandle conf, MakeClientConf(parts.options, ClientRole::kProducer));
  rd_kafka_conf_set_opaque(conf.get(), producer->reports_.get());
  rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
  rd_kafka_conf_set_error_cb(conf.get(), OnError);
  producer->transaction_timeout_ = MillisSetting(conf.get(), "transaction.timeout.ms");
  MILLRACE_ASSIGN_OR_RETURN(producer->client_, MakeClient(std::move(conf), ClientRole::kProducer));
  MILLRACE_RETURN_IF_ERROR(producer->Init());
  return producer;
}

// librdkafka (at least up to 2.15) frees the text of a fatal error while its broker threads still
// run. A response to a record in flight would then free it again. So purge the records first: purge
// returns after each broker thread has dropped its records, and poll drains their delivery reports.
Producer::~Producer() {
  if (client_ == nullptr) return;
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(client_.get(), 0);
}

absl::Status Producer::Init() {
  const Micros begin = clock_.SteadyMicros();
  while (true) {
    ErrorHandle error(rd_kafka_init_transactions(client_.get(), kBlockMillisMax));
    if (error == nullptr) return absl::OkStatus();
    rd_kafka_poll(client_.get(), 0);
    const bool may_go_on = rd_kafka_error_is_retriable(error.get()) != 0;
    const Micros waited = clock_.SteadyMicros() - begin;
    const bool denied = reports_->denial != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!may_go_on || denied || waited > kOpenTimeout) {
      return ErrorFrom(std::move(error), "connecting to Kafka");
    }
    if (waiter_.ShouldStop()) return mirror::Interrupted();
    if (waited > kLongWait) {
      waiter_.OnLongWait(ErrorFrom(std::move(error), "connecting to Kafka"));
    }
  }
}

absl::Status Producer::Begin() {
  *reports_ = {};
  produced_ = 0;
  ErrorHandle error(rd_kafka_begin_transaction(client_.get()));
  if (error != nullptr) return ErrorFrom(std::move(error), "beginning a Kafka transaction");
  open_ = true;
  opened_at_ = clock_.SteadyMicros();
  return absl::OkStatus();
}

absl::Status Producer::Produce(OutgoingRecord record) {
  std::array<rd_kafka_vu_t, 8> values{};
  size_t count = 0;
  const auto add = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    values[count].vtype = type;
    return values[count++];
  };
  const auto memory = [](std::string_view bytes) { return const_cast<char*>(bytes.data()); };
  add(RD_KAFKA_VTYPE_RKT).u.rkt = record.topic;
  add(RD_KAFKA_VTYPE_PARTITION).u.i32 = record.partition;
  add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
  add(RD_KAFKA_VTYPE_OPAQUE).u.ptr = OpaqueOf(record.sequence);
  if (record.key.has_value()) {
    // librdkafka treats a null pointer as a missing key; an empty key is still a key.
    const std::string_view key = record.key->empty() ? std::string_view("") : *record.key;
    add(RD_KAFKA_VTYPE_KEY).u.mem = {memory(key), key.size()};
  }
  if (record.value.has_value()) {
    const std::string_view value = record.value->empty() ? std::string_view("") : *record.value;
    add(RD_KAFKA_VTYPE_VALUE).u.mem = {memory(value), value.size()};
  }
  if (record.time > 0) add(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = record.time / 1000;
  if (record.headers != nullptr) add(RD_KAFKA_VTYPE_HEADERS).u.headers = record.headers.get();
  if (++produced_ % kRecordsPerPoll == 0) rd_kafka_poll(client_.get(), 0);
  while (true) {
    if (!reports_->failed_record.ok()) return reports_->failed_record;
    ErrorHandle error(rd_kafka_produceva(client_.get(), values.data(), count));
    if (error == nullptr) {
      static_cast<void>(record.headers.release());  // librdkafka owns it now
      return absl::OkStatus();
    }
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(client_.get(), 0);
      if (!reports_->failed_record.ok()) return reports_->failed_record;
      if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__STATE) {
        return ErrorFrom(std::move(error), "sending to Kafka");
      }
      const size_t bytes = record.key.value_or("").size() + record.value.value_or("").size();
      return RecordError(
          code,
          {.topic = rd_kafka_topic_name(record.topic), .sequence = record.sequence, .bytes = bytes},
          rd_kafka_error_string(error.get()));
    }
    if (waiter_.ShouldStop()) return mirror::Interrupted();
    rd_kafka_poll(client_.get(), kBlockMillisMax);
  }
}

absl::Status Producer::Commit() {
  const Micros begin = clock_.SteadyMicros();
  while (true) {
    ErrorHandle error(rd_kafka_commit_transaction(client_.get(), kBlockMillisMax));
    if (error == nullptr) {
      open_ = false;
      return absl::OkStatus();
    }
    rd_kafka_poll(client_.get(), 0);
    if (rd_kafka_error_txn_requires_abort(error.get()) == 0 &&
        rd_kafka_error_is_retriable(error.get()) != 0) {
      if (waiter_.ShouldStop()) return mirror::Interrupted();
      if (clock_.SteadyMicros() - begin > kLongWait) {
        waiter_.OnLongWait(ErrorFrom(std::move(error), "committing in Kafka"));
      }
      continue;
    }
    if (!reports_->failed_record.ok()) return reports_->failed_record;
    return ErrorFrom(std::move(error), "committing in Kafka");
  }
}

void Producer::Abort() {
  if (!open_) return;
  open_ = false;
  const Micros begin = clock_.SteadyMicros();
  while (true) {
    ErrorHandle error(rd_kafka_abort_transaction(client_.get(), kBlockMillisMax));
    if (error == nullptr || rd_kafka_error_is_retriable(error.get()) == 0) return;
    if (waiter_.ShouldStop() || clock_.SteadyMicros() - begin > kAbortTimeout) return;
  }
}

absl::Status Producer::ErrorFrom(ErrorHandle error, std::string_view action) {
  rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
  std::string text = rd_kafka_error_string(error.get());
  std::array<char, 512> fatal_text{};
  const rd_kafka_resp_err_t fatal =
      rd_kafka_fatal_error(client_.get(), fatal_text.data(), fatal_text.size());
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    code = fatal;
    text = fatal_text.data();
  }
  if (IsFencing(code)) return FencedError(text);
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR && !IsDenial(code)) {
    return MakeError(reason::kMirrorFailed,
                     fmt::format("{}: {} ({}); the mirror reconnects", action, text,
                                 std::string_view(rd_kafka_err2name(code))));
  }
  if (reports_->denial != RD_KAFKA_RESP_ERR_NO_ERROR) {
    code = reports_->denial;
    text = reports_->last_text;
  } else if (!reports_->last_text.empty()) {
    text += ", " + reports_->last_text;
    if (reports_->tls_failed) code = RD_KAFKA_RESP_ERR__SSL;
  }
  return KafkaError(code, action, text);
}

// The broker also fences a producer that left a transaction open for too long.
absl::Status Producer::FencedError(std::string_view text) const {
  if (open_ && TransactionMayHaveTimedOut()) {
    return MakeError(reason::kMirrorUnreachable,
                     fmt::format("a Kafka transaction took longer than transaction.timeout.ms and "
                                 "was aborted: {}; the mirror sends it again",
                                 text));
  }
  return KafkaError(RD_KAFKA_RESP_ERR__FENCED, "sending to Kafka", text);
}

bool Producer::TransactionMayHaveTimedOut() const {
  return clock_.SteadyMicros() - opened_at_ >= transaction_timeout_ - kSecond;
}

void Producer::OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque) {
  Reports& reports = *static_cast<Reports*>(opaque);
  const rd_kafka_resp_err_t code = message->err;
  // Purged and fenced records failed because of an earlier error, which the next call returns.
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
      code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT || code == RD_KAFKA_RESP_ERR__FATAL ||
      IsFencing(code)) {
    return;
  }
  const uint64_t bytes = message->len + message->key_len;
  const bool larger = code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && bytes > reports.failed_bytes;
  if (!reports.failed_record.ok() && !larger) return;
  reports.failed_bytes = bytes;
  reports.failed_record = RecordError(code,
                                      {.topic = rd_kafka_topic_name(message->rkt),
                                       .sequence = SequenceOf(message->_private),
                                       .bytes = bytes},
                                      rd_kafka_err2str(code));
}

void Producer::OnError(rd_kafka_t* client, int code, const char* text, void* opaque) {
  Reports& reports = *static_cast<Reports*>(opaque);
  const auto error = static_cast<rd_kafka_resp_err_t>(code);
  if (IsDenial(error)) reports.denial = error;
  if (error == RD_KAFKA_RESP_ERR__SSL) reports.tls_failed = true;
  const bool is_summary = error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  if (!is_summary || reports.last_text.empty()) reports.last_text = text;
  spdlog::debug("kafka client: {} error={}", text, std::string_view(rd_kafka_err2name(error)));
}

}  // namespace millrace::kafka
