// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "binlog/events.h"
#include "binlog/sample.h"

namespace millrace::binlog {
namespace {

TEST(ControlEvents, RotateHasFileAndPosition) {
  const SampleEvent event(captured::kMysqlRotate);
  const auto rotate = ParseRotate(*event);
  ASSERT_TRUE(rotate.ok()) << rotate.status();
  EXPECT_EQ(rotate->file, "binlog.000003");
  EXPECT_EQ(rotate->position, 4u);
}

TEST(ControlEvents, RotateWithoutFileIsRejected) {
  const auto rotate = ParseRotate(MakeEvent(EventType::kRotate, "12345678"));
  EXPECT_EQ(ErrorReason(rotate.status()), "EVENT_TRUNCATED");
}

TEST(ControlEvents, XidIsANumber) {
  const SampleEvent event(captured::kMysqlXid);
  EXPECT_EQ(*ParseXid(*event), 0x10u);
}

TEST(ControlEvents, HeartbeatHasThePositionOfItsHeader) {
  const SampleEvent event(captured::kMysqlHeartbeat);
  const auto heartbeat = ParseHeartbeat(*event);
  ASSERT_TRUE(heartbeat.ok()) << heartbeat.status();
  EXPECT_EQ(heartbeat->file, "binlog.000004");
  EXPECT_EQ(heartbeat->position, 597u);
}

TEST(ControlEvents, HeartbeatV2HasItsOwnPosition) {
  const SampleEvent event(captured::kMysqlHeartbeatV2);
  const auto heartbeat = ParseHeartbeat(*event);
  ASSERT_TRUE(heartbeat.ok()) << heartbeat.status();
  EXPECT_EQ(heartbeat->file, "binlog.000004");
  EXPECT_EQ(heartbeat->position, 0x255u);
}

TEST(ControlEvents, HeartbeatV2MayExceedFourGigabytes) {
  const std::string body = FromHex(
      "010161"
      "0209fe0000000001000000"
      "07020000");
  const auto heartbeat = ParseHeartbeat(MakeEvent(EventType::kHeartbeatV2, body));
  ASSERT_TRUE(heartbeat.ok()) << heartbeat.status();
  EXPECT_EQ(heartbeat->position, uint64_t{1} << 32);
}

TEST(ControlEvents, HeartbeatWithoutFileIsRejected) {
  for (const auto type : {EventType::kHeartbeat, EventType::kHeartbeatV2}) {
    EXPECT_EQ(ErrorReason(ParseHeartbeat(MakeEvent(type, "")).status()), "EVENT_TRUNCATED");
  }
}

TEST(ControlEvents, IncidentHasAMessage) {
  const auto message = ParseIncident(MakeEvent(EventType::kIncident, FromHex("01000568656c6c6f")));
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(*message, "hello");
}

TEST(ControlEvents, RowsQueryHasTheStatement) {
  const SampleEvent mysql(captured::kMysqlRowsQuery);
  EXPECT_EQ(*ParseRowsQuery(*mysql), "update b.small set name='uno' where id=1 -- a comment");
  const SampleEvent mariadb(captured::kMariadbAnnotate, Flavour::kMariadb);
  EXPECT_EQ(*ParseRowsQuery(*mariadb), "update b.types set ti=5 where id=1");
}

TEST(ControlEvents, XaPrepareHasItsXid) {
  const SampleEvent event(captured::kMysqlXaPrepare);
  const auto prepare = ParseXaPrepare(*event);
  ASSERT_TRUE(prepare.ok()) << prepare.status();
  EXPECT_FALSE(prepare->one_phase);
  EXPECT_EQ(prepare->xid.format_id, 5u);
  EXPECT_EQ(prepare->xid.global, "x");
  EXPECT_EQ(prepare->xid.branch, "y");
}

TEST(ControlEvents, XaOnePhaseCommitIsReported) {
  const SampleEvent event(captured::kMysqlXaOnePhase);
  const auto prepare = ParseXaPrepare(*event);
  ASSERT_TRUE(prepare.ok()) << prepare.status();
  EXPECT_TRUE(prepare->one_phase);
  EXPECT_EQ(prepare->xid.global, "z");
  EXPECT_EQ(prepare->xid.branch, "");
}

TEST(ControlEvents, TooLongXidIsRejected) {
  const std::string body = FromHex(
                               "00"
                               "01000000"
                               "41000000"
                               "00000000") +
                           std::string(65, 'x');
  EXPECT_EQ(ErrorReason(ParseXaPrepare(MakeEvent(EventType::kXaPrepare, body)).status()),
            "EVENT_TRUNCATED");
}

}  // namespace
}  // namespace millrace::binlog
