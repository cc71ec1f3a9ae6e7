// SPDX-License-Identifier: Apache-2.0

#include "support/kafka_producer.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "support/value_or_abort.h"

namespace millrace::testing {
namespace {

absl::Status Connect(rd_kafka_t* kafka, absl::Duration timeout) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(kafka, /*all_topics=*/0, nullptr, &metadata, KafkaMilliseconds(timeout));
  const KafkaMetadata owned(metadata);
  return KafkaStatus(error, "connection");
}

}  // namespace

absl::StatusOr<KafkaProducer> KafkaProducer::Open(const std::string& bootstrap,
                                                  const std::string& transactional_id,
                                                  absl::Duration timeout) {
  MILLRACE_ASSIGN_OR_RETURN(KafkaHandle kafka,
                            OpenKafka(RD_KAFKA_PRODUCER, {
                                                             {"bootstrap.servers", bootstrap},
                                                             {"transactional.id", transactional_id},
                                                             {"linger.ms", "0"},
                                                             {"reconnect.backoff.max.ms", "200"},
                                                         }));
  // With a connection the library finds the coordinator at once, otherwise at its next retry.
  MILLRACE_RETURN_IF_ERROR(Connect(kafka.get(), timeout));
  MILLRACE_RETURN_IF_ERROR(
      KafkaStatus(rd_kafka_init_transactions(kafka.get(), KafkaMilliseconds(timeout)),
                  fmt::format("producer {}", transactional_id)));
  return KafkaProducer(std::move(kafka), timeout);
}

KafkaProducer KafkaProducer::MustOpen(const std::string& bootstrap,
                                      const std::string& transactional_id) {
  return ValueOrAbort(Open(bootstrap, transactional_id));
}

absl::Status KafkaProducer::Begin() {
  return KafkaStatus(rd_kafka_begin_transaction(kafka_.get()), "begin");
}

absl::Status KafkaProducer::Send(const KafkaRecord& record) {
  KafkaOwned<rd_kafka_headers_t, rd_kafka_headers_destroy> headers(
      rd_kafka_headers_new(record.headers.size()));
  for (const auto& [name, value] : record.headers) {
    MILLRACE_RETURN_IF_ERROR(KafkaStatus(
        rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()),
                            value.has_value() ? value->data() : nullptr,
                            value.has_value() ? static_cast<ssize_t>(value->size()) : 0),
        name));
  }
  // The library's parameters are not const, but it only copies the bytes.
  const auto bytes = [](const std::optional<std::string>& text) {
    return text.has_value() ? const_cast<char*>(text->data()) : nullptr;
  };
  const auto size = [](const std::optional<std::string>& text) {
    return text.has_value() ? text->size() : size_t{0};
  };
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      kafka_.get(), RD_KAFKA_V_TOPIC(record.topic.c_str()), RD_KAFKA_V_PARTITION(record.partition),
      RD_KAFKA_V_KEY(bytes(record.key), size(record.key)),
      RD_KAFKA_V_VALUE(bytes(record.value), size(record.value)),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    [[maybe_unused]] rd_kafka_headers_t* owned_by_message = headers.release();
  }
  return KafkaStatus(error, fmt::format("record for {}", record.topic));
}

absl::Status KafkaProducer::Flush() {
  return KafkaStatus(rd_kafka_flush(kafka_.get(), KafkaMilliseconds(timeout_)), "flush");
}

absl::Status KafkaProducer::Commit() {
  return KafkaStatus(rd_kafka_commit_transaction(kafka_.get(), KafkaMilliseconds(timeout_)),
                     "commit");
}

absl::Status KafkaProducer::Abort() {
  return KafkaStatus(rd_kafka_abort_transaction(kafka_.get(), KafkaMilliseconds(timeout_)),
                     "abort");
}

}  // namespace millrace::testing
