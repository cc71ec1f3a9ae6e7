// SPDX-License-Identifier: Apache-2.0

#include "program/mirror.h"

#ifdef MILLRACE_KAFKA
#include <memory>
#include <utility>

#include "base/error.h"
#include "kafka/debezium_encoder.h"
#include "kafka/kafka_sink.h"
#include "kafka/protobuf_encoder.h"
#endif

namespace millrace::program {

#ifdef MILLRACE_KAFKA

absl::Status AddMirrors(const Config& config, feed::Feed& feed, const schema::Registry& registry,
                        const Clock& clock, mirror::Mirrors& mirrors) {
  if (!config.kafka.enabled) return absl::OkStatus();
  const bool is_protobuf = config.kafka.format == KafkaFormat::kProtobuf;
  MILLRACE_ASSIGN_OR_RETURN(
      std::unique_ptr<mirror::Sink> sink,
      kafka::KafkaSink::Make(
          {.options = config.kafka,
           .feed = feed,
           .registry = registry,
           .make_encoder = is_protobuf ? kafka::MakeProtobufEncoder : kafka::MakeDebeziumEncoder,
           .clock = clock}));
  mirrors.Add(std::make_unique<mirror::Mirror>(
      mirror::Mirror::Parts{.options = kafka::MirrorOptionsOf(config.kafka),
                            .feed = feed,
                            .sink = std::move(sink),
                            .clock = clock}));
  return absl::OkStatus();
}

#else

absl::Status AddMirrors(const Config& config, feed::Feed&, const schema::Registry&, const Clock&,
                        mirror::Mirrors&) {
  if (!config.kafka.enabled) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "'kafka.enabled' is set, but this millraced was built without Kafka: use one that was "
      "configured with MILLRACE_KAFKA=ON");
}

#endif

}  // namespace millrace::program
