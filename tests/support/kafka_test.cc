// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "support/kafka_admin.h"
#include "support/kafka_broker.h"
#include "support/kafka_producer.h"
#include "support/kafka_reader.h"

namespace millrace::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

bool IsGone(pid_t pid) { return kill(pid, 0) == -1 && errno == ESRCH; }

std::vector<std::string> Values(const std::vector<KafkaRecord>& records) {
  std::vector<std::string> values;
  for (const KafkaRecord& record : records) values.push_back(record.value.value_or("null"));
  return values;
}

// All tests share a broker. Each has its own topic, named after the test.
class Kafka : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { shared_broker_ = KafkaBroker::MustStart(); }
  static void TearDownTestSuite() { shared_broker_.reset(); }

  void SetUp() override { CreateTopic({.name = topic_}); }

  void CreateTopic(const KafkaTopic& topic) {
    const absl::Status status = KafkaAdmin(bootstrap()).CreateTopic(topic);
    ASSERT_TRUE(status.ok()) << status;
  }
  void Send(KafkaProducer& producer, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      ASSERT_TRUE(producer.Send({.topic = topic_, .value = value}).ok());
    }
  }
  void CommitValues(KafkaProducer& producer, const std::vector<std::string>& values) {
    ASSERT_TRUE(producer.Begin().ok());
    Send(producer, values);
    ASSERT_TRUE(producer.Commit().ok());
  }
  KafkaProducer Producer() { return KafkaProducer::MustOpen(bootstrap(), topic_); }
  // Waits for `records_min` committed records and returns all values.
  std::vector<std::string> Read(size_t records_min) {
    return Values(KafkaReader(bootstrap()).MustReadAtLeast({topic_}, records_min));
  }
  KafkaBroker& broker() { return *shared_broker_; }
  std::string bootstrap() { return broker().bootstrap(); }

  // Returns max.message.bytes of a topic that has no setting of its own.
  std::string LargestMessage(const KafkaBroker& asked) {
    KafkaAdmin admin(asked.bootstrap());
    const absl::Status made = admin.CreateTopic({.name = topic_});
    const auto topics = admin.ListTopics();
    if (!made.ok() || !topics.ok() || topics->size() != 1) return "unknown";
    return topics->front().configs.at("max.message.bytes");
  }

  const std::string topic_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();

 private:
  static inline std::unique_ptr<KafkaBroker> shared_broker_;
};

TEST_F(Kafka, AbortedRecordsAreNotRead) {
  KafkaProducer producer = Producer();
  CommitValues(producer, {"one"});
  ASSERT_TRUE(producer.Begin().ok());
  Send(producer, {"aborted"});
  ASSERT_TRUE(producer.Flush().ok());
  ASSERT_TRUE(producer.Abort().ok());
  CommitValues(producer, {"two"});
  EXPECT_THAT(Read(2), ElementsAre("one", "two"));
}

TEST_F(Kafka, OpenTransactionIsReadAfterCommit) {
  KafkaProducer producer = Producer();
  ASSERT_TRUE(producer.Begin().ok());
  Send(producer, {"one", "two"});
  ASSERT_TRUE(producer.Flush().ok());
  EXPECT_THAT(Read(0), IsEmpty());
  ASSERT_TRUE(producer.Commit().ok());
  EXPECT_THAT(Read(2), ElementsAre("one", "two"));
}

TEST_F(Kafka, RecordIsReadAsWritten) {
  const KafkaRecord written = {.topic = topic_,
                               .key = std::string("k\0", 2),
                               .value = "",
                               .headers = {{"a", "1"}, {"a", std::nullopt}, {"b", ""}}};
  KafkaProducer producer = Producer();
  const absl::Time before = absl::Now() - absl::Milliseconds(1);
  ASSERT_TRUE(producer.Begin().ok());
  ASSERT_TRUE(producer.Send(written).ok());
  ASSERT_TRUE(producer.Commit().ok());
  const auto records = KafkaReader(bootstrap()).MustReadAtLeast({topic_}, 1);
  ASSERT_EQ(records.size(), 1);
  EXPECT_EQ(records[0].key, written.key);
  EXPECT_EQ(records[0].value, "");
  EXPECT_EQ(records[0].headers, written.headers);
  EXPECT_GE(records[0].timestamp, before);
  EXPECT_LE(records[0].timestamp, absl::Now());
}

TEST_F(Kafka, NullIsNotEmpty) {
  KafkaProducer producer = Producer();
  ASSERT_TRUE(producer.Begin().ok());
  ASSERT_TRUE(producer.Send({.topic = topic_, .key = ""}).ok());
  ASSERT_TRUE(producer.Send({.topic = topic_, .value = "v"}).ok());
  ASSERT_TRUE(producer.Commit().ok());
  const auto records = KafkaReader(bootstrap()).MustReadAtLeast({topic_}, 2);
  ASSERT_EQ(records.size(), 2);
  EXPECT_EQ(records[0].key, "");
  EXPECT_EQ(records[0].value, std::nullopt);
  EXPECT_EQ(records[1].key, std::nullopt);
}

TEST_F(Kafka, TopicsAndPartitionsAreReadInOrder) {
  CreateTopic({.name = topic_ + ".two", .partitions = 2});
  KafkaProducer producer = Producer();
  ASSERT_TRUE(producer.Begin().ok());
  for (const auto& [partition, value] : {std::pair{1, "c"}, {0, "a"}, {1, "d"}, {0, "b"}}) {
    ASSERT_TRUE(
        producer.Send({.topic = topic_ + ".two", .partition = partition, .value = value}).ok());
  }
  Send(producer, {"e"});
  ASSERT_TRUE(producer.Commit().ok());
  EXPECT_THAT(Values(KafkaReader(bootstrap()).MustReadAtLeast({topic_ + ".two", topic_}, 5)),
              ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(Kafka, ReaderCanReadAgain) {
  KafkaReader reader(bootstrap());
  KafkaProducer producer = Producer();
  CommitValues(producer, {"one"});
  EXPECT_THAT(Values(reader.MustReadAtLeast({topic_}, 1)), ElementsAre("one"));
  CommitValues(producer, {"two"});
  EXPECT_THAT(Values(reader.MustReadAtLeast({topic_}, 2)), ElementsAre("one", "two"));
  EXPECT_EQ(reader.ReadAtLeast({topic_}, 3, absl::Milliseconds(100)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(Kafka, UnknownTopicIsNotCreated) {
  const std::string unknown = topic_ + ".unknown";
  EXPECT_EQ(KafkaReader(bootstrap()).ReadAll({unknown}).status().code(),
            absl::StatusCode::kNotFound);
  const auto topics = KafkaAdmin(bootstrap()).ListTopics();
  ASSERT_TRUE(topics.ok()) << topics.status();
  EXPECT_THAT(*topics, Not(Contains(::testing::Field(&KafkaTopic::name, unknown))));
}

TEST_F(Kafka, TopicsAreListedWithPartitionsAndConfigs) {
  CreateTopic({.name = topic_ + ".x",
               .partitions = 3,
               .configs = {{"cleanup.policy", "compact"}, {"retention.ms", "1000"}}});
  const auto topics = KafkaAdmin(bootstrap()).ListTopics();
  ASSERT_TRUE(topics.ok()) << topics.status();
  const auto topic = std::find_if(topics->begin(), topics->end(), [this](const auto& listed) {
    return listed.name == topic_ + ".x";
  });
  ASSERT_NE(topic, topics->end());
  EXPECT_EQ(topic->partitions, 3);
  EXPECT_THAT(topic->configs, Contains(Pair("cleanup.policy", "compact")));
  EXPECT_THAT(topic->configs, Contains(Pair("retention.ms", "1000")));
}

TEST_F(Kafka, TopicIsCreatedOnce) {
  EXPECT_EQ(KafkaAdmin(bootstrap()).CreateTopic({.name = topic_}).code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(Kafka, NewProducerFencesOldOneWithSameId) {
  KafkaProducer first = Producer();
  ASSERT_TRUE(first.Begin().ok());
  Send(first, {"lost"});
  ASSERT_TRUE(first.Flush().ok());
  KafkaProducer second = Producer();
  CommitValues(second, {"kept"});
  EXPECT_EQ(first.Commit().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(Read(1), ElementsAre("kept"));
}

TEST_F(Kafka, KilledBrokerKeepsCommittedRecords) {
  KafkaProducer producer = Producer();
  CommitValues(producer, {"one"});
  const pid_t killed = broker().pid();
  const std::string before = bootstrap();
  broker().Kill();
  EXPECT_TRUE(IsGone(killed));
  EXPECT_FALSE(broker().Running());
  ASSERT_TRUE(broker().Restart().ok());
  EXPECT_EQ(bootstrap(), before);
  EXPECT_THAT(Read(1), ElementsAre("one"));
  CommitValues(producer, {"two"});  // The same producer finds the broker again.
  EXPECT_THAT(Read(2), ElementsAre("one", "two"));
}

TEST_F(Kafka, StoppedBrokerKeepsCommittedRecords) {
  KafkaProducer producer = Producer();
  CommitValues(producer, {"one"});
  const pid_t stopped = broker().pid();
  ASSERT_TRUE(broker().Stop().ok());
  EXPECT_TRUE(IsGone(stopped));
  ASSERT_TRUE(broker().Restart().ok());
  EXPECT_THAT(Read(1), ElementsAre("one"));
}

TEST_F(Kafka, PausedBrokerRespondsAfterResume) {
  KafkaReader reader(bootstrap());
  ASSERT_TRUE(reader.ReadAll({topic_}).ok());
  broker().Pause();
  const auto timed_out = reader.ReadAll({topic_}, absl::Milliseconds(200));
  EXPECT_EQ(timed_out.status().code(), absl::StatusCode::kDeadlineExceeded) << timed_out.status();
  broker().Resume();
  const auto records = reader.ReadAll({topic_});
  EXPECT_TRUE(records.ok()) << records.status();
}

TEST_F(Kafka, EachBrokerIsItsOwnCluster) {
  auto other = KafkaBroker::MustStart({.settings = {"message.max.bytes=2000"}});
  EXPECT_EQ(LargestMessage(*other), "2000");
  const auto cluster = KafkaAdmin(other->bootstrap()).ClusterId();
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_NE(*cluster, *KafkaAdmin(bootstrap()).ClusterId());
  const pid_t pid = other->pid();
  const auto data = other->data_directory();
  other->Pause();  // A halted process can be killed too.
  other.reset();
  EXPECT_TRUE(IsGone(pid));
  EXPECT_FALSE(std::filesystem::exists(data.parent_path()));
}

TEST(KafkaStart, FailedStartShowsErrorsOfLog) {
  const auto broker = KafkaBroker::Start({.settings = {"log.retention.hours=never"}});
  EXPECT_EQ(broker.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(broker.status().message()), HasSubstr("log.retention.hours"));
}

}  // namespace
}  // namespace millrace::testing
