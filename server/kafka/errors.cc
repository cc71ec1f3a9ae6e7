// SPDX-License-Identifier: Apache-2.0

#include "kafka/errors.h"

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace::kafka {
namespace {

bool IsTooLarge(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
         code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

// The broker refuses the record itself.
bool IsRefusal(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_INVALID_RECORD || code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP ||
         code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE;
}

bool IsInternalFailure(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__INVALID_ARG || code == RD_KAFKA_RESP_ERR__STATE ||
         code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE ||
         code == RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT ||
         code == RD_KAFKA_RESP_ERR_INVALID_TXN_STATE ||
         code == RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID ||
         code == RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
}

}  // namespace

absl::Status KafkaError(rd_kafka_resp_err_t code, std::string_view action, std::string_view text) {
  const std::string what =
      fmt::format("{}: {} ({})", action, text, std::string_view(rd_kafka_err2name(code)));
  if (IsFencing(code)) {
    return MakeError(reason::kMirrorFenced,
                     fmt::format("{}; another mirror runs with this topic_prefix: stop one of the "
                                 "two, then run `millrace mirror resume`",
                                 what));
  }
  if (IsDenial(code)) {
    return MakeError(reason::kMirrorDenied,
                     fmt::format("{}; grant the permission to the mirror's account, or fix "
                                 "'kafka.client' and the password; the mirror keeps retrying",
                                 what));
  }
  if (IsUnknownTopic(code)) {
    return MakeError(reason::kMirrorTopicMissing,
                     fmt::format("{}; create the topic; the mirror keeps retrying", what));
  }
  if (IsInternalFailure(code)) {
    return MakeError(reason::kMirrorFailed, fmt::format("{}; the mirror reconnects", what));
  }
  const bool tls = code == RD_KAFKA_RESP_ERR__SSL;
  return MakeError(
      reason::kMirrorUnreachable,
      fmt::format("{}; {}the mirror keeps retrying", what,
                  tls ? "set security.protocol and ssl.ca.location in 'kafka.client' to match the "
                        "broker's listener and certificate; "
                      : ""));
}

absl::Status RecordError(rd_kafka_resp_err_t code, const FailedRecord& record,
                         std::string_view text) {
  const std::string name = fmt::format("record of {} bytes of change {} for topic {}", record.bytes,
                                       record.sequence.value, record.topic);
  const ErrorMetadata metadata = {{"topic", std::string(record.topic)},
                                  {"sequence", fmt::format("{}", record.sequence.value)},
                                  {"bytes", fmt::format("{}", record.bytes)}};
  if (IsTooLarge(code)) {
    return MakeError(reason::kMirrorRecordTooLarge,
                     fmt::format("{} is too large: {}; raise message.max.bytes in 'kafka.client' "
                                 "and max.message.bytes of the topic (batch.size in 'kafka.client' "
                                 "must not exceed the latter), then run `millrace mirror resume`",
                                 name, text),
                     metadata);
  }
  if (IsRefusal(code)) {
    return MakeError(reason::kMirrorRecordRefused,
                     fmt::format("the broker refuses the {}: {} ({}); fix the topic's settings, "
                                 "then run `millrace mirror resume`",
                                 name, text, std::string_view(rd_kafka_err2name(code))),
                     metadata);
  }
  return KafkaError(code, fmt::format("sending a {}", name), text);
}

bool IsFencing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
         code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
}

bool IsUnknownTopic(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
         code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

bool IsDenial(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
         code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM ||
         code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

}  // namespace millrace::kafka
