// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/kafka_options.h"
#include "feed/feed.h"
#include "kafka/batch.h"
#include "kafka/change_reader.h"
#include "kafka/encoder_parts.h"
#include "kafka/producer.h"
#include "kafka/record.h"
#include "kafka/routes.h"
#include "kafka/topics.h"
#include "mirror/mirror.h"
#include "mirror/sink.h"
#include "schema/registry.h"

namespace millrace::kafka {

using EncoderFactory =
    std::function<absl::StatusOr<std::unique_ptr<ChangeEncoder>>(const EncoderParts&)>;

// Translates the configuration into options of the mirror.
mirror::MirrorOptions MirrorOptionsOf(const KafkaOptions& options);

// Kafka as the sink of a mirror. A transaction of the sink is one Kafka transaction; its last
// record is the position. Returns the errors of Producer, Topics, ReadPosition and the format. Not
// thread-safe.
class KafkaSink final : public mirror::Sink {
 public:
  struct Parts {
    const KafkaOptions& options;
    feed::Feed& feed;
    const schema::Registry& registry;
    EncoderFactory make_encoder;
    const Clock& clock;
  };
  // All parts must outlive the sink. kInvalidArgument, kFailedPrecondition: the options cannot work
  // with any broker.
  static absl::StatusOr<std::unique_ptr<KafkaSink>> Make(const Parts& parts);

  // mirror::Sink.
  absl::StatusOr<std::optional<mirror::MirrorPosition>> ReadPosition(
      mirror::Waiter& waiter) override;
  absl::Status Open(mirror::Waiter& waiter) override;
  void Close() override;
  void Poll() override;
  absl::Status Begin() override;
  absl::StatusOr<AddResult> Add(const feed::FramePtr& frame, Sequence from,
                                Micros deadline) override;
  absl::Status AddHeartbeat(Micros now) override;
  bool HasRecords() const override { return batch_.has_value() && batch_->transaction_started(); }
  absl::StatusOr<mirror::TopicCounts> Commit(const mirror::MirrorPosition& position) override;
  void Abort() override;
  absl::Status TakenOverError() const override;
  absl::Status WithTable(const absl::Status& error) const override;

 private:
  KafkaSink(const Parts& parts, std::unique_ptr<Routes> routes);
  absl::Status MakeEncoder();

  const KafkaOptions& options_;
  feed::Feed& feed_;
  const schema::Registry& registry_;
  const Clock& clock_;
  const std::unique_ptr<Routes> routes_;
  const EncoderFactory make_encoder_;
  ChangeReader reader_;

  // Replaced on each Open. The encoder too, since it may have encoded changes that were aborted.
  std::unique_ptr<ChangeEncoder> encoder_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Topics> topics_;
  std::optional<Batch> batch_;
};

}  // namespace millrace::kafka
