// SPDX-License-Identifier: Apache-2.0

// Which records and topics a mirror writes.

#include "kafka/server/mirror_fixture.h"

namespace millrace::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(MirrorTest, EveryChangeArrivesOnce) {
  options_.transaction.records_max = 7;
  for (uint64_t number = 1; number <= 40; ++number) {
    log_.Transaction(number, {{.table = "orders", .id = 1},
                              {.table = "visits", .id = 2, .note_bytes = 300},
                              {.table = "orders", .operation = v1::OPERATION_UPDATE, .id = 3}});
    if (number % 3 == 0) log_.Commit();
  }
  log_.Inserts(41, 90, 100);  // spans many frames and many Kafka transactions
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, log_.newest()));
  std::map<uint64_t, v1::Change> found;
  const auto records = Records(log_.newest(), {"orders", "visits"});
  for (const KafkaRecord& record : records) {
    ASSERT_TRUE(found[SequenceOf(record)].ParseFromString(record.value.value()));
  }
  EXPECT_EQ(records.size(), log_.newest());
  ASSERT_EQ(found.size(), log_.newest());
  for (const KnownChange& known : log_.changes()) {
    EXPECT_EQ(found[known.sequence].sequence(), known.sequence);
    EXPECT_EQ(found[known.sequence].table(), known.row.table);
    EXPECT_EQ(found[known.sequence].operation(), known.row.operation);
  }
  EXPECT_THAT(mirror->Status().transactions, Gt(log_.newest() / 7));
}

TEST_F(MirrorTest, TopicKeepsLogOrder) {
  for (uint64_t number = 1; number <= 50; ++number) log_.Inserts(number, 20);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 1000));
  EXPECT_EQ(Sequences(1000), UpTo(1000));
}

TEST_F(MirrorTest, HeadersIdentifyChange) {
  log_.Transaction(5, {{.id = 1}, {.operation = v1::OPERATION_DELETE, .id = 1}});
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 2));
  const auto records = Records(3);
  ASSERT_EQ(records.size(), 3);
  EXPECT_EQ(Header(records[0], "millrace.sequence"), "1");
  EXPECT_EQ(Header(records[0], "millrace.operation"), "INSERT");
  EXPECT_EQ(Header(records[0], "millrace.gtid"), feed::GtidTextOf(5));
  EXPECT_EQ(Header(records[0], "millrace.part"), "");
  // Tombstone.
  EXPECT_EQ(Header(records[2], "millrace.sequence"), "2");
  EXPECT_EQ(Header(records[2], "millrace.operation"), "DELETE");
  EXPECT_EQ(Header(records[2], "millrace.part"), "1");
  EXPECT_FALSE(records[2].value.has_value());
}

TEST_F(MirrorTest, LoneTransactionIsCommittedAtOnce) {
  options_.transaction.time_max = 60'000'000;
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, MirrorState::kRunning));
  for (uint64_t number = 1; number <= 20; ++number) {
    log_.Inserts(number, 1);
    const absl::Time begin = absl::Now();
    log_.Commit();
    ASSERT_TRUE(Reaches(*mirror, number));
    EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
  }
  EXPECT_EQ(Sequences(20), UpTo(20));
}

TEST_F(MirrorTest, StartLatestSkipsExistingChanges) {
  options_.start = KafkaStart::kLatest;
  log_.Inserts(1, 10);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, MirrorState::kRunning));
  log_.Inserts(2, 5);
  log_.Commit();
  ASSERT_TRUE(Reaches(*mirror, 15));
  EXPECT_EQ(Sequences(5), UpTo(15, 11));
}

TEST_F(MirrorTest, UnmirroredTablesOnlyMovePosition) {
  options_.tables = {"shop.visits"};
  log_.Transaction(1, {{.table = "visits"}, {.table = "orders"}, {.table = "visits"}});
  log_.Inserts(2, 100);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 103));
  EXPECT_EQ(mirror->Status().records, 2);
  EXPECT_THAT(Sequences(2, {"visits"}), ElementsAre(1, 3));
}

TEST_F(MirrorTest, RouteChangesTopic) {
  options_.routes = {"shop.o* -> " + options_.topic_prefix + ".all"};
  log_.Inserts(1, 3);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 3));
  const auto topics = mirror->Status().topics;
  ASSERT_EQ(topics.size(), 1);
  EXPECT_EQ(topics[0].name, options_.topic_prefix + ".all");
  EXPECT_EQ(topics[0].records, 3);
}

TEST_F(MirrorTest, TopicsAreCreatedAsConfigured) {
  options_.topics.partitions = 3;
  options_.topics.retention = Micros{3600} * 1'000'000;
  options_.topics.cleanup_policy = "compact,delete";
  log_.Inserts(1, 1);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 1));
  std::map<std::string, millrace::testing::KafkaTopic> topics;
  const auto listed = KafkaAdmin(options_.brokers).ListTopics().value();
  for (const auto& topic : listed) topics[topic.name] = topic;
  const auto& made = topics.at(TopicOf("orders"));
  EXPECT_EQ(made.partitions, 3);
  EXPECT_EQ(made.configs.at("retention.ms"), "3600000");
  EXPECT_EQ(made.configs.at("cleanup.policy"), "compact,delete");
  const auto& position = topics.at(PositionTopic(options_.topic_prefix));
  EXPECT_EQ(position.partitions, 1);
  EXPECT_EQ(position.configs.at("cleanup.policy"), "compact");
  EXPECT_THAT(mirror->Status().warnings, IsEmpty());
}

TEST_F(MirrorTest, DifferentTopicIsUsedWithWarning) {
  options_.topics.partitions = 3;
  options_.topics.retention = Micros{3600} * 1'000'000;
  ASSERT_TRUE(
      KafkaAdmin(options_.brokers).CreateTopic({.name = TopicOf("orders"), .partitions = 2}).ok());
  log_.Inserts(1, 4);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 4));
  const auto warnings = mirror->Status().warnings;
  ASSERT_EQ(warnings.size(), 1);
  EXPECT_THAT(warnings[0], HasSubstr("partitions is 2 instead of 3"));
  EXPECT_THAT(warnings[0], HasSubstr("retention.ms is 604800000 instead of 3600000"));
  EXPECT_EQ(Sequences(4).size(), 4);
}

TEST_F(MirrorTest, MirrorWaitsForMissingTopic) {
  options_.topics.create = false;
  KafkaAdmin admin(options_.brokers);
  ASSERT_TRUE(admin.CreateTopic({.name = PositionTopic(options_.topic_prefix)}).ok());
  log_.Inserts(1, 4);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_TRUE(Eventually([&] { return mirror->Status().error_reason == "MIRROR_TOPIC_MISSING"; }));
  EXPECT_THAT(mirror->Status().error, HasSubstr(TopicOf("orders")));
  ASSERT_TRUE(admin.CreateTopic({.name = TopicOf("orders")}).ok());
  ASSERT_TRUE(Reaches(*mirror, 4));
  EXPECT_EQ(Sequences(4), UpTo(4));
  EXPECT_EQ(mirror->Status().error_reason, "");
}

TEST_F(MirrorTest, IdleMirrorSendsHeartbeats) {
  options_.debezium.heartbeat_interval = 20'000;
  const auto mirror = StartMirror();
  ASSERT_TRUE(Eventually([&] { return mirror->Status().records >= 3; }));
  EXPECT_EQ(mirror->Status().topics.at(0).name, "heartbeats");
}

TEST_F(MirrorTest, StatusShowsLag) {
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, MirrorState::kRunning));
  mirror->Pause();
  log_.Inserts(1, 7);
  log_.Commit();
  const MirrorStatus status = mirror->Status();
  EXPECT_EQ(status.state, MirrorState::kPaused);
  EXPECT_EQ(status.lag_changes, 7);
  // The changes were committed in 1970.
  EXPECT_GT(status.lag.value_or(0), 50LL * 365 * 86400 * 1'000'000);
  EXPECT_EQ(status.topic_prefix, options_.topic_prefix);
}

TEST_F(MirrorTest, RetentionKeepsUnmirroredChanges) {
  auto mirror = MakeMirror(log_).value();
  EXPECT_EQ(mirror->HoldFrom(), Sequence{0});
  log_.Inserts(1, 9);
  log_.Commit();
  mirror->Start();
  ASSERT_TRUE(Reaches(*mirror, 9));
  EXPECT_EQ(mirror->HoldFrom(), Sequence{9});
}

}  // namespace
}  // namespace millrace::kafka
