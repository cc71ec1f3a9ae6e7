// SPDX-License-Identifier: Apache-2.0

// A broker that temporarily refuses a batch while others are in flight. A real broker does so at
// unpredictable moments, such as before it leads a new partition, so this test uses a mock.

#include <librdkafka/rdkafka.h>
// Must follow rdkafka.h.
#include <librdkafka/rdkafka_mock.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "config/kafka_options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kafka/handles.h"
#include "kafka/producer.h"
#include "mirror/waiter.h"
#include "support/kafka_client.h"
#include "support/kafka_reader.h"

namespace millrace::kafka {
namespace {

using millrace::testing::KafkaHandle;
using millrace::testing::KafkaOwned;
using millrace::testing::KafkaReader;
using millrace::testing::KafkaRecord;
using millrace::testing::OpenKafka;

constexpr int16_t kProduceRequest = 0;

// librdkafka's mock broker, on a free port.
class MockBroker {
 public:
  MockBroker()
      : handle_(OpenKafka(RD_KAFKA_PRODUCER, {}).value()),
        cluster_(rd_kafka_mock_cluster_new(handle_.get(), /*broker_cnt=*/1)) {}

  std::string bootstrap() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }
  void MakeTopic(const std::string& name) {
    MILLRACE_CHECK(rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), 1, 1) ==
                   RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // Also delays all responses, so that the batches after the refused one are already in flight.
  void RefuseNextBatch(rd_kafka_resp_err_t error) {
    rd_kafka_mock_broker_set_rtt(cluster_.get(), -1, 100);
    rd_kafka_mock_push_request_errors_array(cluster_.get(), kProduceRequest, 1, &error);
  }

 private:
  const KafkaHandle handle_;
  const KafkaOwned<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster_;
};

class NeverStoppingWaiter final : public mirror::Waiter {
 public:
  bool ShouldStop() const override { return false; }
  void OnLongWait(const absl::Status& why) override {}
  void OnWarning(const std::string& subject, const std::string& warning) override {}
};

class RefusedBatch : public ::testing::TestWithParam<rd_kafka_resp_err_t> {
 protected:
  RefusedBatch() {
    options_.brokers = broker_.bootstrap();
    options_.topic_prefix = "refused";
    options_.client = {{"batch.num.messages", "1"}, {"retry.backoff.ms", "1"}};
    broker_.MakeTopic(kTopic);
  }

  // Sends changes 1 to `count` in one transaction, each in its own batch.
  absl::Status Send(uint64_t count) {
    MILLRACE_ASSIGN_OR_RETURN(
        const auto producer,
        Producer::Open({.options = options_, .clock = Clock::System(), .waiter = waiter_}));
    const TopicHandle topic(rd_kafka_topic_new(producer->client(), kTopic, nullptr));
    MILLRACE_RETURN_IF_ERROR(producer->Begin());
    for (uint64_t sequence = 1; sequence <= count; ++sequence) {
      const std::string value = std::to_string(sequence);
      MILLRACE_RETURN_IF_ERROR(producer->Produce({.topic = topic.get(),
                                                  .key = "key",
                                                  .value = value,
                                                  .headers = nullptr,
                                                  .sequence = {sequence}}));
    }
    return producer->Commit();
  }
  std::vector<std::string> ReadValues() const {
    std::vector<std::string> values;
    for (const KafkaRecord& record : KafkaReader(options_.brokers).MustReadAll({kTopic})) {
      values.push_back(record.value.value());
    }
    return values;
  }

  static constexpr char kTopic[] = "refused.shop.orders";
  MockBroker broker_;
  KafkaOptions options_;
  NeverStoppingWaiter waiter_;
};

// A broker without state of a producer in a partition would accept the second batch as the first.
TEST_P(RefusedBatch, RefusedFirstBatchIsResentInOrder) {
  broker_.RefuseNextBatch(GetParam());
  ASSERT_TRUE(Send(5).ok());
  EXPECT_THAT(ReadValues(), ::testing::ElementsAre("1", "2", "3", "4", "5"));
}

INSTANTIATE_TEST_SUITE_P(Refusals, RefusedBatch,
                         ::testing::Values(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                           RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                           RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR),
                         [](const auto& test) {
                           return std::string(rd_kafka_err2name(test.param));
                         });

}  // namespace
}  // namespace millrace::kafka
