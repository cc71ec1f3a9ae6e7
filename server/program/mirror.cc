// SPDX-License-Identifier: Apache-2.0

#include "program/mirror.h"

#ifdef MILLRACE_KAFKA
#include "kafka/debezium_encoder.h"
#include "kafka/protobuf_encoder.h"
#endif

namespace millrace::program {

#ifdef MILLRACE_KAFKA

absl::StatusOr<std::unique_ptr<Mirror>> MakeMirror(const Config& config, feed::Feed& feed,
                                                   const schema::Registry& registry,
                                                   const Clock& clock) {
  if (!config.kafka.enabled) return nullptr;
  const bool is_protobuf = config.kafka.format == KafkaFormat::kProtobuf;
  return Mirror::Make(
      {.options = config.kafka,
       .feed = feed,
       .registry = registry,
       .make_encoder = is_protobuf ? kafka::MakeProtobufEncoder : kafka::MakeDebeziumEncoder,
       .clock = clock});
}

#else

absl::StatusOr<std::unique_ptr<Mirror>> MakeMirror(const Config& config, feed::Feed&,
                                                   const schema::Registry&, const Clock&) {
  if (!config.kafka.enabled) return nullptr;
  return absl::InvalidArgumentError(
      "'kafka.enabled' is set, and this millraced was built without Kafka: use one that was "
      "configured with MILLRACE_KAFKA=ON");
}

#endif

}  // namespace millrace::program
