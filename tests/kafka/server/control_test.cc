// SPDX-License-Identifier: Apache-2.0

// Errors that park a mirror, and the operators' commands: pause, resume, rewind.

#include "kafka/server/mirror_fixture.h"

namespace millrace::kafka {
namespace {

using ::testing::HasSubstr;

TEST_F(MirrorTest, PausedMirrorSendsNothingUntilResumed) {
  const auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, MirrorState::kRunning));
  mirror->Pause();
  log_.Inserts(1, 5);
  log_.Commit();
  // The mirror's thread runs rewinds too, so after a rewind it has seen the pause.
  ASSERT_EQ(feed::ReasonOf(RewindAfter(*mirror, log_, 2)), "OK");
  EXPECT_EQ(mirror->Status().state, MirrorState::kPaused);
  EXPECT_EQ(mirror->Status().records, 0);
  mirror->Resume();
  ASSERT_TRUE(Reaches(*mirror, 5));
  EXPECT_EQ(Sequences(3), UpTo(5, 3));
}

TEST_F(MirrorTest, RewindSurvivesRestart) {
  log_.Inserts(1, 6);
  log_.Commit();
  auto mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 6));
  mirror->Pause();
  ASSERT_EQ(feed::ReasonOf(RewindAfter(*mirror, log_, 4)), "OK");
  EXPECT_EQ(mirror->Status().sequence, Sequence{4});
  mirror.reset();
  mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 6));
  EXPECT_THAT(Sequences(8), ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 5, 6));
}

TEST_F(MirrorTest, RewindBeyondLogIsRefused) {
  log_.Inserts(1, 6);
  log_.Commit();
  const auto mirror = StartMirror();
  Token ahead{.log_id = log_.log().log_id(), .sequence = {7}, .gtids = {}};
  EXPECT_EQ(feed::ReasonOf(Rewind(*mirror, ahead)), "TOKEN_AHEAD");
}

TEST_F(MirrorTest, StoppedMirrorRefusesRewind) {
  const auto mirror = StartMirror();
  mirror->RequestStop();
  EXPECT_EQ(feed::ReasonOf(RewindAfter(*mirror, log_, 0)), "STOPPING");
}

TEST_F(MirrorTest, SecondMirrorFencesFirst) {
  log_.Inserts(1, 5);
  log_.Commit();
  const auto first = StartMirror();
  ASSERT_TRUE(Reaches(*first, 5));
  const auto second = StartMirror();
  ASSERT_TRUE(Reaches(*second, MirrorState::kRunning));
  log_.Inserts(2, 5);
  log_.Commit();
  ASSERT_TRUE(Reaches(*second, 10));
  EXPECT_EQ(ParkedReason(*first), "MIRROR_FENCED");
  EXPECT_THAT(first->Status().error, HasSubstr("stop one"));
  EXPECT_EQ(Sequences(10), UpTo(10));
}

TEST_F(MirrorTest, FencedMirrorTakesOverWhenResumed) {
  const auto first = StartMirror();
  ASSERT_TRUE(Reaches(*first, MirrorState::kRunning));
  auto second = StartMirror();
  ASSERT_TRUE(Reaches(*second, MirrorState::kRunning));
  log_.Inserts(1, 5);
  log_.Commit();
  ASSERT_EQ(ParkedReason(*first), "MIRROR_FENCED");
  ASSERT_TRUE(Reaches(*second, 5));
  second.reset();
  first->Resume();
  log_.Inserts(2, 5);
  log_.Commit();
  ASSERT_TRUE(Reaches(*first, 10));
  EXPECT_EQ(Sequences(10), UpTo(10));
}

TEST_F(MirrorTest, RecordTooLargeForClientParks) {
  options_.client["message.max.bytes"] = "2000";
  log_.Inserts(1, 3);
  log_.Transaction(2, {{.note_bytes = 10}, {.note_bytes = 5000}, {.note_bytes = 10}});
  log_.Commit();
  auto mirror = StartMirror();
  ASSERT_EQ(ParkedReason(*mirror), "MIRROR_RECORD_TOO_LARGE");
  const std::string error = mirror->Status().error;
  EXPECT_THAT(error, HasSubstr("table shop.orders"));
  EXPECT_THAT(error, HasSubstr("change 5 "));
  EXPECT_THAT(error, HasSubstr(TopicOf("orders")));
  EXPECT_THAT(error, HasSubstr("message.max.bytes"));
  mirror.reset();
  options_.client["message.max.bytes"] = "20000";
  mirror = StartMirror();
  ASSERT_TRUE(Reaches(*mirror, 6));
  EXPECT_EQ(Sequences(6), UpTo(6));
}

TEST_F(MirrorTest, RecordTooLargeForBrokerParks) {
  ASSERT_TRUE(
      KafkaAdmin(options_.brokers)
          .CreateTopic({.name = TopicOf("orders"), .configs = {{"max.message.bytes", "2000"}}})
          .ok());
  options_.client["batch.size"] = "1000";
  log_.Transaction(1, {{.note_bytes = 10}, {.note_bytes = 5000}, {.note_bytes = 10}});
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_EQ(ParkedReason(*mirror), "MIRROR_RECORD_TOO_LARGE");
  EXPECT_THAT(mirror->Status().error, HasSubstr("change 2 "));
  EXPECT_THAT(mirror->Status().error, HasSubstr("max.message.bytes of the topic"));
  EXPECT_EQ(mirror->Status().sequence, Sequence{0});
}

TEST_F(MirrorTest, PositionOfAnotherLogParksUntilRewind) {
  FilledLog other;
  other.Inserts(1, 2);
  other.Commit();
  {
    const auto mirror = StartMirror(other);
    ASSERT_TRUE(Reaches(*mirror, 2));
  }
  log_.Inserts(1, 4);
  log_.Commit();
  const auto mirror = StartMirror();
  ASSERT_EQ(ParkedReason(*mirror), "MIRROR_POSITION_FOREIGN");
  EXPECT_THAT(mirror->Status().error, HasSubstr("millrace mirror rewind"));
  EXPECT_EQ(mirror->HoldFrom(), std::nullopt);
  ASSERT_EQ(feed::ReasonOf(RewindAfter(*mirror, log_, 2)), "OK");
  EXPECT_EQ(mirror->Status().state, MirrorState::kPaused);
  mirror->Resume();
  ASSERT_TRUE(Reaches(*mirror, 4));
  EXPECT_THAT(Sequences(4), ::testing::ElementsAre(1, 2, 3, 4));
}

TEST_F(MirrorTest, TrimmedPositionParks) {
  log_.Inserts(1, 50);
  log_.Commit();
  {
    const auto mirror = StartMirror();
    ASSERT_TRUE(Reaches(*mirror, 50));
  }
  for (uint64_t number = 2; number < 20; ++number) log_.Inserts(number, 20);
  log_.Commit();
  log_.TrimBefore(15);
  const auto mirror = StartMirror();
  EXPECT_EQ(ParkedReason(*mirror), "MIRROR_POSITION_TRIMMED");
}

TEST_F(MirrorTest, PositionBeyondLogParks) {
  WritePosition(PositionText(
      {.log_id = log_.log().log_id(), .sequence = {9}, .resume_token = "", .instance = "x"}));
  const auto mirror = StartMirror();
  EXPECT_EQ(ParkedReason(*mirror), "MIRROR_POSITION_AHEAD");
}

TEST_F(MirrorTest, MalformedPositionParks) {
  WritePosition("[]");
  const auto mirror = StartMirror();
  EXPECT_EQ(ParkedReason(*mirror), "MIRROR_POSITION_MALFORMED");
}

TEST_F(MirrorTest, TopicNameCollisionParks) {
  log_.Transaction(1, {{.table = "a b"}, {.table = "a+b"}});
  log_.Commit();
  const auto mirror = StartMirror();
  EXPECT_EQ(ParkedReason(*mirror), "TOPIC_NAME_COLLISION");
}

}  // namespace
}  // namespace millrace::kafka
