// SPDX-License-Identifier: Apache-2.0

#include "support/kafka_client.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "fmt/format.h"

namespace millrace::testing {
namespace {

absl::StatusCode CodeOf(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return absl::StatusCode::kOk;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return absl::StatusCode::kNotFound;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return absl::StatusCode::kAlreadyExists;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return absl::StatusCode::kAborted;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
      return absl::StatusCode::kDeadlineExceeded;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status MakeStatus(rd_kafka_resp_err_t code, std::string_view what, const char* error_text) {
  return absl::Status(CodeOf(code),
                      fmt::format("{}: {} ({})", what, error_text, rd_kafka_err2name(code)));
}

}  // namespace

absl::StatusOr<KafkaHandle> OpenKafka(rd_kafka_type_t type, const KafkaSettings& settings) {
  KafkaOwned<rd_kafka_conf_t, rd_kafka_conf_destroy> conf(rd_kafka_conf_new());
  char error_text[512] = "";
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), error_text,
                          sizeof(error_text)) != RD_KAFKA_CONF_OK) {
      return absl::InvalidArgumentError(error_text);
    }
  }
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);
  KafkaHandle kafka(rd_kafka_new(type, conf.get(), error_text, sizeof(error_text)));
  if (kafka == nullptr) return absl::InvalidArgumentError(error_text);
  [[maybe_unused]] rd_kafka_conf_t* owned_by_kafka = conf.release();
  return kafka;
}

absl::StatusOr<KafkaMetadata> DescribeTopic(rd_kafka_t* kafka, const std::string& name,
                                            absl::Duration timeout) {
  const KafkaOwned<rd_kafka_topic_t, rd_kafka_topic_destroy> topic(
      rd_kafka_topic_new(kafka, name.c_str(), nullptr));
  const rd_kafka_metadata_t* raw_metadata = nullptr;
  MILLRACE_RETURN_IF_ERROR(KafkaStatus(rd_kafka_metadata(kafka, /*all_topics=*/0, topic.get(),
                                                         &raw_metadata, KafkaMilliseconds(timeout)),
                                       fmt::format("metadata of {}", name)));
  KafkaMetadata metadata(raw_metadata);
  if (metadata->topic_cnt != 1) {
    return absl::InternalError(fmt::format("the broker returned no metadata of {}", name));
  }
  MILLRACE_RETURN_IF_ERROR(KafkaStatus(metadata->topics[0].err, name));
  return metadata;
}

absl::Status KafkaStatus(rd_kafka_resp_err_t code, std::string_view what) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  return MakeStatus(code, what, rd_kafka_err2str(code));
}

absl::Status KafkaStatus(rd_kafka_error_t* error, std::string_view what) {
  const KafkaOwned<rd_kafka_error_t, rd_kafka_error_destroy> owned(error);
  if (error == nullptr) return absl::OkStatus();
  return MakeStatus(rd_kafka_error_code(error), what, rd_kafka_error_string(error));
}

int KafkaMilliseconds(absl::Duration duration) {
  return static_cast<int>(std::max<int64_t>(1, absl::ToInt64Milliseconds(duration)));
}

}  // namespace millrace::testing
