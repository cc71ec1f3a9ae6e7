// SPDX-License-Identifier: Apache-2.0

// Reading a position from the brokers that librdkafka simulates.

#include "kafka/position_topic.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "kafka/routes.h"
#include "mirror/interrupted.h"

namespace millrace::kafka {
namespace {

// Gives up at the third question.
class ImpatientWaiter final : public mirror::Waiter {
 public:
  bool ShouldStop() const override { return ++questions_ > 2; }
  void OnLongWait(const absl::Status&) override {}
  void OnWarning(const std::string&, const std::string&) override {}

 private:
  mutable int questions_ = 0;
};

class PositionTopicTest : public ::testing::Test {
 protected:
  PositionTopicTest() {
    options_.brokers = rd_kafka_mock_cluster_bootstraps(cluster_.get());
    topic_ = PositionTopic(options_.topic_prefix);
  }
  absl::StatusOr<std::optional<mirror::MirrorPosition>> Read() {
    ImpatientWaiter waiter;
    return ReadPosition(options_, Clock::System(), waiter);
  }

  std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> client_{
      rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, nullptr, 0), rd_kafka_destroy};
  std::unique_ptr<rd_kafka_mock_cluster_t, decltype(&rd_kafka_mock_cluster_destroy)> cluster_{
      rd_kafka_mock_cluster_new(client_.get(), 1), rd_kafka_mock_cluster_destroy};
  KafkaOptions options_;
  std::string topic_;
};

TEST_F(PositionTopicTest, MissingTopicHasNoPosition) {
  const auto position = Read();
  ASSERT_TRUE(position.ok()) << position.status();
  EXPECT_FALSE(position->has_value());
}

// librdkafka then reports an unknown partition. A mirror that took this for a missing topic would
// start over and send everything again, or skip what it had not sent.
TEST_F(PositionTopicTest, TopicWithTemporaryErrorIsNotMissing) {
  ASSERT_EQ(rd_kafka_mock_topic_create(cluster_.get(), topic_.c_str(), 1, 1),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_mock_topic_set_error(cluster_.get(), topic_.c_str(),
                                RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
  const auto position = Read();
  EXPECT_TRUE(mirror::IsInterrupted(position.status())) << position.status();
}

}  // namespace
}  // namespace millrace::kafka
