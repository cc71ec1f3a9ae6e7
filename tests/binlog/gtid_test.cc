// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/sample.h"
#include "binlog/serialized.h"

namespace millrace::binlog {
namespace {

std::string TextOf(const MysqlGtid& gtid) {
  std::string text;
  AppendText(text, gtid);
  return text;
}
std::string TextOf(const MariadbGtid& gtid) {
  std::string text;
  AppendText(text, gtid);
  return text;
}

std::string ReasonOf(EventType type, std::string_view body) {
  return ErrorReason(ParseMysqlGtid(MakeEvent(type, body)).status());
}

constexpr std::string_view kUuid = "77a48a33-e68c-11f1-933b-02fc00000001";

TEST(MysqlGtidEvents, UntaggedHasIdentityTimesAndSize) {
  const SampleEvent event(captured::kMysqlGtid);
  const auto gtid = ParseMysqlGtid(*event);
  ASSERT_TRUE(gtid.ok()) << gtid.status();
  EXPECT_EQ(TextOf(*gtid->gtid), std::string(kUuid) + ":3");
  EXPECT_EQ(gtid->immediate_commit_time, 0x0660df75b4723d);
  EXPECT_EQ(gtid->original_commit_time, gtid->immediate_commit_time);
  EXPECT_EQ(gtid->transaction_size, 0x252u);
}

TEST(MysqlGtidEvents, FlagAddsOriginalCommitTime) {
  const SampleEvent event(captured::kMysqlGtid);
  constexpr size_t kTimesAt = 42;
  std::string body(event->body);
  body[kTimesAt + 6] = static_cast<char>(body[kTimesAt + 6] | 0x80);
  body.insert(kTimesAt + 7, FromHex("05000000000000"));
  const auto gtid = ParseMysqlGtid(MakeEvent(EventType::kGtid, body));
  ASSERT_TRUE(gtid.ok()) << gtid.status();
  EXPECT_EQ(gtid->immediate_commit_time, 0x0660df75b4723d);
  EXPECT_EQ(gtid->original_commit_time, 5);
  EXPECT_EQ(gtid->transaction_size, 0x252u);
}

TEST(MysqlGtidEvents, AnonymousHasNoIdentity) {
  const SampleEvent event(captured::kMysqlAnonymousGtid);
  const auto gtid = ParseMysqlGtid(*event);
  ASSERT_TRUE(gtid.ok()) << gtid.status();
  EXPECT_FALSE(gtid->gtid.has_value());
  EXPECT_EQ(gtid->transaction_size, 0x12au);
}

TEST(MysqlGtidEvents, OldServersWriteFewerFields) {
  const std::string body = FromHex("0077a48a33e68c11f1933b02fc000000010300000000000000");
  const auto of_56 = ParseMysqlGtid(MakeEvent(EventType::kGtid, body));
  ASSERT_TRUE(of_56.ok()) << of_56.status();
  EXPECT_EQ(of_56->gtid->number, 3u);
  const auto of_57 = ParseMysqlGtid(MakeEvent(EventType::kGtid, body + std::string(17, '\2')));
  ASSERT_TRUE(of_57.ok()) << of_57.status();
  EXPECT_EQ(of_57->immediate_commit_time, 0);
}

TEST(MysqlGtidEvents, NumberZeroIsRejected) {
  const std::string body = FromHex("0077a48a33e68c11f1933b02fc000000010000000000000000");
  EXPECT_EQ(ReasonOf(EventType::kGtid, body), "EVENT_TRUNCATED");
  EXPECT_EQ(ReasonOf(EventType::kAnonymousGtid, body), "");
}

TEST(MysqlGtidEvents, TaggedHasIdentityTimesAndSize) {
  const SampleEvent event(captured::kMysqlGtidTagged);
  const auto gtid = ParseMysqlGtid(*event);
  ASSERT_TRUE(gtid.ok()) << gtid.status();
  EXPECT_EQ(TextOf(*gtid->gtid), std::string(kUuid) + ":mytag:1");
  EXPECT_EQ(gtid->immediate_commit_time, 0x0660df75b4b1e6);
  EXPECT_EQ(gtid->original_commit_time, gtid->immediate_commit_time);
  EXPECT_EQ(gtid->transaction_size, 300u);
}

TEST(MysqlGtidEvents, TaggedHasNumbersOfEightBytes) {
  const SampleEvent event(captured::kMysqlGtidTaggedLast);
  const auto gtid = ParseMysqlGtid(*event);
  ASSERT_TRUE(gtid.ok()) << gtid.status();
  EXPECT_EQ(TextOf(*gtid->gtid), std::string(kUuid) + ":longer_tag_name:9223372036854775000");
}

TEST(MysqlGtidEvents, TaggedSkipsOptionalUnknownField) {
  // Version 1, 8 bytes, last required field 0: field 2 is the number 1, field 50 is unknown.
  EXPECT_EQ(ReasonOf(EventType::kGtidTagged, FromHex("0210000404641f1f")), "");
}

TEST(MysqlGtidEvents, TaggedWithRequiredUnknownFieldIsRejected) {
  EXPECT_EQ(ReasonOf(EventType::kGtidTagged, FromHex("0210640404641f1f")),
            "EVENT_KIND_UNSUPPORTED");
}

TEST(MysqlGtidEvents, TaggedOfAnotherVersionIsRejected) {
  EXPECT_EQ(ReasonOf(EventType::kGtidTagged, FromHex("040a000404")), "EVENT_KIND_UNSUPPORTED");
}

TEST(MysqlGtidEvents, TaggedWithLongTagIsRejected) {
  // Field 3 with 33 characters; the limit is 32.
  EXPECT_EQ(ReasonOf(EventType::kGtidTagged, FromHex("0250000404"
                                                     "0642") +
                                                 std::string(33, 'a')),
            "EVENT_TRUNCATED");
  EXPECT_EQ(ReasonOf(EventType::kGtidTagged, FromHex("024e000404"
                                                     "0640") +
                                                 std::string(32, 'a')),
            "");
}

struct Number {
  std::string_view hex;
  uint64_t as_unsigned;
  int64_t as_signed;
};
class SerializedNumber : public ::testing::TestWithParam<Number> {};

TEST_P(SerializedNumber, IsRead) {
  const std::string bytes = FromHex(GetParam().hex);
  ByteReader reader(bytes);
  EXPECT_EQ(ReadSerializedUnsigned(reader), GetParam().as_unsigned);
  EXPECT_TRUE(reader.ok() && reader.empty());
  ByteReader again(bytes);
  EXPECT_EQ(ReadSerializedSigned(again), GetParam().as_signed);
}

INSTANTIATE_TEST_SUITE_P(
    All, SerializedNumber,
    ::testing::Values(Number{"00", 0, 0}, Number{"02", 1, -1}, Number{"fe", 127, -64},
                      Number{"0102", 128, 64}, Number{"83120b", 0x16250, 0xb128},
                      Number{"7fe6b1b475df6006", 0x0660df75b4b1e6, 0x03306fbada58f3},
                      Number{"ffb0f9ffffffffffff", 0xfffffffffffff9b0, 0x7ffffffffffffcd8},
                      Number{"ffffffffffffffffff", 0xffffffffffffffff, INT64_MIN}));

TEST(MariadbGtidEvents, TransactionHasNoFlags) {
  const SampleEvent event(captured::kMariadbGtid, Flavour::kMariadb);
  const auto gtid = ParseMariadbGtid(*event);
  ASSERT_TRUE(gtid.ok()) << gtid.status();
  EXPECT_EQ(TextOf(gtid->gtid), "0-12-3");
  EXPECT_FALSE(gtid->standalone || gtid->prepared_xa || gtid->completed_xa);
}

TEST(MariadbGtidEvents, DdlStatementIsStandalone) {
  const SampleEvent event(captured::kMariadbDdlGtid, Flavour::kMariadb);
  const auto gtid = ParseMariadbGtid(*event);
  ASSERT_TRUE(gtid.ok()) << gtid.status();
  EXPECT_EQ(TextOf(gtid->gtid), "0-12-1");
  EXPECT_TRUE(gtid->standalone);
}

TEST(MariadbGtidEvents, DomainAndServerAreRead) {
  const SampleEvent event(captured::kMariadbDomainGtid, Flavour::kMariadb);
  EXPECT_EQ(TextOf(ParseMariadbGtid(*event)->gtid), "3-44-1");
}

TEST(MariadbGtidEvents, GroupCommitIdIsSkipped) {
  const SampleEvent event(captured::kMariadbGroupGtid, Flavour::kMariadb);
  const auto gtid = ParseMariadbGtid(*event);
  ASSERT_TRUE(gtid.ok()) << gtid.status();
  EXPECT_EQ(TextOf(gtid->gtid), "0-12-63");
  EXPECT_FALSE(gtid->start_alter || gtid->commit_alter || gtid->rollback_alter);
}

TEST(MariadbGtidEvents, PreparedAndCompletedXaHaveTheirXid) {
  const SampleEvent first(captured::kMariadbXaPrepareGtid, Flavour::kMariadb);
  const SampleEvent second(captured::kMariadbXaCommitGtid, Flavour::kMariadb);
  const auto prepared = ParseMariadbGtid(*first);
  const auto completed = ParseMariadbGtid(*second);
  ASSERT_TRUE(prepared.ok() && completed.ok());
  EXPECT_TRUE(prepared->prepared_xa && !prepared->completed_xa);
  EXPECT_TRUE(!completed->prepared_xa && completed->completed_xa);
  for (const Xid& xid : {prepared->xid, completed->xid}) {
    EXPECT_EQ(xid.format_id, 5u);
    EXPECT_EQ(xid.global, "x");
    EXPECT_EQ(xid.branch, "y");
  }
}

TEST(MariadbGtidEvents, SplitAlterRefersToItsStart) {
  const SampleEvent first(captured::kMariadbStartAlterGtid, Flavour::kMariadb);
  const SampleEvent second(captured::kMariadbCommitAlterGtid, Flavour::kMariadb);
  const SampleEvent third(captured::kMariadbRollbackAlterGtid, Flavour::kMariadb);
  const auto start = ParseMariadbGtid(*first);
  const auto commit = ParseMariadbGtid(*second);
  const auto rollback = ParseMariadbGtid(*third);
  ASSERT_TRUE(start.ok() && commit.ok() && rollback.ok());
  EXPECT_TRUE(start->start_alter && !start->commit_alter && !start->rollback_alter);
  EXPECT_TRUE(!commit->start_alter && commit->commit_alter && !commit->rollback_alter);
  EXPECT_EQ(commit->alter_started, start->gtid.number);
  EXPECT_TRUE(!rollback->start_alter && !rollback->commit_alter && rollback->rollback_alter);
  EXPECT_EQ(rollback->alter_started, 27u);
}

std::string SetOf(std::string_view hex, Flavour flavour) {
  const SampleEvent event(hex, flavour);
  const auto set = ParsePreviousGtids(*event);
  return set.ok() ? set->ToString() : set.status().ToString();
}

TEST(PreviousGtids, MysqlTagsAreRead) {
  EXPECT_EQ(SetOf(captured::kMysqlPreviousGtidsTagged, Flavour::kMysql),
            std::string(kUuid) + ":1-39:longer_tag_name:9223372036854775000:mytag:1");
}

TEST(PreviousGtids, MysqlSetMayBeEmpty) {
  EXPECT_EQ(SetOf(captured::kMysqlPreviousGtidsEmpty, Flavour::kMysql), "");
}

TEST(PreviousGtids, MysqlSetMayLackTags) {
  const std::string body = FromHex(
      "010000000000000077a48a33e68c11f1933b02fc00000001020000000000000001000000000000000600000000"
      "00000008000000000000000900000000000000");
  const auto set = ParsePreviousGtids(MakeEvent(EventType::kPreviousGtids, body));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->ToString(), std::string(kUuid) + ":1-5:8");
}

TEST(PreviousGtids, MariadbListKeepsNewestGtidOfDomain) {
  EXPECT_EQ(SetOf(captured::kMariadbGtidListEmpty, Flavour::kMariadb), "");
  EXPECT_EQ(SetOf(captured::kMariadbGtidList, Flavour::kMariadb), "0-12-54,3-44-1");
}

struct HostileSet {
  std::string_view what;
  std::string_view hex;
};
class HostilePreviousGtids : public ::testing::TestWithParam<HostileSet> {};

TEST_P(HostilePreviousGtids, AreRejected) {
  const std::string body = FromHex(GetParam().hex);
  const auto set = ParsePreviousGtids(MakeEvent(EventType::kPreviousGtids, body));
  EXPECT_EQ(ErrorReason(set.status()), "EVENT_TRUNCATED") << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    All, HostilePreviousGtids,
    ::testing::Values(HostileSet{"more origins than bytes", "ffffffffffffff00"},
                      HostileSet{"unknown form", "0000000000000002"},
                      HostileSet{"inconsistent form", "0000000000000001"},
                      HostileSet{
                          "more intervals than bytes",
                          "010000000000000077a48a33e68c11f1933b02fc00000001ffffffffffffffff"},
                      HostileSet{"number zero",
                                 "010000000000000077a48a33e68c11f1933b02fc000000010100000000000000"
                                 "00000000000000000200000000000000"},
                      HostileSet{"empty interval",
                                 "010000000000000077a48a33e68c11f1933b02fc000000010100000000000"
                                 "00003000000000000000300000000000000"},
                      HostileSet{"number above the maximum",
                                 "010000000000000077a48a33e68c11f1933b02fc0000000101000"
                                 "0000000000003000000000000000000000000000080"}));

TEST(PreviousGtids, MariadbListBeyondEventIsRejected) {
  const auto set =
      ParsePreviousGtids(MakeEvent(EventType::kMariadbGtidList, FromHex("ffffff0f00000000")));
  EXPECT_EQ(ErrorReason(set.status()), "EVENT_TRUNCATED");
}

}  // namespace
}  // namespace millrace::binlog
