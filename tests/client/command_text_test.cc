// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/cord.h"
#include "change_json.h"
#include "client/table_fixture.h"
#include "explain.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "human.h"
#include "millrace/v1/error.pb.h"
#include "mirror.h"
#include "place.h"
#include "proto_export.h"
#include "status.h"
#include "tables.h"
#include "terminal.h"

namespace millrace::command {
namespace {

using testing::HasSubstr;
using testing::Not;

absl::Status Refusal(absl::StatusCode code, const std::string& reason,
                     const std::map<std::string, std::string>& metadata = {}) {
  v1::ErrorDetail detail;
  detail.set_reason(reason);
  for (const auto& [name, value] : metadata) (*detail.mutable_metadata())[name] = value;
  absl::Status status(code, "the token was refused");
  status.SetPayload("type.googleapis.com/millrace.v1.ErrorDetail",
                    absl::Cord(detail.SerializeAsString()));
  return status;
}

TEST(ExplainTest, UnreachableServerIsNamed) {
  const absl::Status failure =
      absl::UnavailableError("failed to connect: ipv4: Connection refused");
  EXPECT_EQ(
      Explain(failure, "feed:7171"),
      "cannot reach the server at feed:7171 (Connection refused): is millraced running there? "
      "Use --server or MILLRACE_SERVER for another server");
}

TEST(ExplainTest, UnusableTlsFilesAreNamedAsCause) {
  EXPECT_THAT(Explain(absl::UnavailableError("empty address list: "), "feed:7171"),
              HasSubstr("(the TLS files cannot be used, GRPC_VERBOSITY=error shows why)"));
}

TEST(ExplainTest, TrimmedTokenNamesOldest) {
  const std::string text = Explain(
      Refusal(absl::StatusCode::kOutOfRange, "TOKEN_TRIMMED", {{"oldest_token", "OLDEST"}}), "s");
  EXPECT_NE(text.find("OLDEST (--from earliest)"), std::string::npos) << text;
  EXPECT_NE(text.find("[TOKEN_TRIMMED]"), std::string::npos) << text;
}

TEST(ExplainTest, ServerTextCannotControlTerminal) {
  EXPECT_EQ(Explain(absl::InternalError("a\x1b[2J\nb"), "s"), "a\\x1b[2J\\nb");
}

TEST(ExplainTest, RetryNamesTheReason) {
  const absl::Status refused = Refusal(absl::StatusCode::kResourceExhausted, "STREAM_LIMIT");
  EXPECT_EQ(RetryNote(refused, "s:1", absl::Seconds(2)),
            "the token was refused [STREAM_LIMIT], retrying in 2.0 s");
  EXPECT_EQ(RetryNote(absl::UnavailableError("failed: Connection refused"), "s:1",
                      absl::Milliseconds(200)),
            "lost s:1 (Connection refused), retrying in 200 ms");
}

const absl::Time kNow = absl::FromUnixSeconds(1'930'000'000);  // in 2031

TEST(PlaceTest, FormsAreDistinguished) {
  using Kind = Place::Kind;
  const std::vector<std::pair<std::string, Kind>> forms = {
      {"earliest", Kind::kEarliest},
      {"latest", Kind::kLatest},
      {"snapshot", Kind::kSnapshot},
      {"2030-05-01T12:30:00Z", Kind::kTime},
      {"2030-05-01 12:30:00.25+02:00", Kind::kTime},
      {"3e11fa47-71ca-11e1-9e33-c80aa9429562:1-23", Kind::kGtidSet},
      {"0-1-42", Kind::kGtidSet},
      {"0-1-42,1-2-3", Kind::kGtidSet},
      {"gtid:", Kind::kGtidSet},
      {"gtid:2030-05-01", Kind::kGtidSet},
      {"subscription:billing", Kind::kSubscription},
      {"30m", Kind::kTime},
      {"AZ-x_3-4", Kind::kToken},
      {"1.5h", Kind::kToken},
      {"-1h", Kind::kToken},
      {"1h30m", Kind::kToken},
      {"h", Kind::kToken},
      {"token:1h", Kind::kToken},
      {"token:latest", Kind::kToken}};
  for (const auto& [text, kind] : forms) EXPECT_EQ(ParsePlace(text, kNow)->kind, kind) << text;
}

TEST(PlaceTest, UnprefixedTextIsAssumedToken) {
  EXPECT_TRUE(ParsePlace("yesterday")->assumed_token);
  EXPECT_FALSE(ParsePlace("token:yesterday")->assumed_token);
  EXPECT_FALSE(ParsePlace("1h")->assumed_token);
}

TEST(PlaceTest, AgoIsBeforeNow) {
  const std::vector<std::pair<std::string, absl::Duration>> forms = {{"90s", absl::Seconds(90)},
                                                                     {"30m", absl::Minutes(30)},
                                                                     {"1h", absl::Hours(1)},
                                                                     {"2d", absl::Hours(48)},
                                                                     {"0s", absl::ZeroDuration()}};
  for (const auto& [text, ago] : forms) {
    EXPECT_EQ(absl::FromUnixSeconds(ParsePlace(text, kNow)->time.seconds()), kNow - ago) << text;
  }
  EXPECT_EQ(ParsePlace("1s", kNow + absl::Milliseconds(250))->time.nanos(), 250'000'000);
}

TEST(PlaceTest, InvalidTimeIsRefusedWithReason) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"2031-12-01T00:00:00Z", "in the future"},
      {"2030-05-01", "2030-05-01T00:00:00Z"},
      {"2030-05-01T12:30:00", "RFC 3339"},
      {"99999999d", "before 1970"},
      {"99999999999999999999s", "before 1970"}};
  for (const auto& [text, reason] : refused) {
    const absl::Status status = ParsePlace(text, kNow).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(reason)) << text;
  }
}

// The clocks of the server and of this machine may differ.
TEST(PlaceTest, SlightlyFutureTimeIsAccepted) {
  EXPECT_TRUE(ParsePlace("2031-02-27T23:10:00Z", kNow).ok());
}

TEST(PlaceTest, TimeKeepsItsFraction) {
  const Place place = *ParsePlace("2030-05-01T12:30:00.000250+02:00", kNow);
  EXPECT_EQ(place.time.seconds(), 1'903'861'800);
  EXPECT_EQ(place.time.nanos(), 250'000);
}

TEST(PlaceTest, IncompletePlaceIsRefused) {
  for (const char* text : {"2030-05-01T12:30:00", "", "subscription:", "token:"}) {
    EXPECT_EQ(ParsePlace(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(HumanTest, NumbersAreReadable) {
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(8120334), "8,120,334");
  EXPECT_EQ(BytesText(1023), "1023 B");
  EXPECT_EQ(BytesText(1229), "1.2 KiB");
  EXPECT_EQ(BytesText(34ULL << 30), "34 GiB");
  EXPECT_EQ(DurationText(absl::Microseconds(850)), "850 µs");
  EXPECT_EQ(DurationText(absl::Milliseconds(12)), "12 ms");
  EXPECT_EQ(DurationText(absl::Seconds(61)), "1 min");
  EXPECT_EQ(DurationText(absl::Hours(3) + absl::Minutes(12)), "3 h 12 min");
  EXPECT_EQ(DurationText(-absl::Hours(48)), "-2 d");
}

TEST(TerminalTest, ColumnsAlignByCodePoints) {
  TextTable table({{"NAME"}, {"N", TextTable::Align::kRight}, {"LAST"}});
  table.Add({{"Zoë"}, {"7"}, {"a"}});
  table.Add({{"Annika"}, {"1,000"}, {"b"}});
  EXPECT_EQ(table.Render(Paint(false)),
            "NAME        N  LAST\nZoë         7  a\nAnnika  1,000  b\n");
}

TEST(ProtoExportTest, EscapingPathsAreRefused) {
  EXPECT_TRUE(StaysBelow("db/shop/a..b.proto"));
  for (const char* path : {"", "/etc/passwd", "db/../../x", ".."}) EXPECT_FALSE(StaysBelow(path));
}

TEST(TablesTextTest, DroppedTablesAreMarked) {
  v1::ListTablesResponse tables;
  *tables.add_tables() = client::Customers();
  EXPECT_THAT(TablesText(tables, Paint(false)), Not(HasSubstr("dropped")));
  tables.mutable_tables(0)->set_dropped(true);
  EXPECT_THAT(TablesText(tables, Paint(false)), HasSubstr("dropped\n"));
  EXPECT_THAT(ColumnsText(tables.tables(0), Paint(false)), HasSubstr("dropped\n"));
}

TEST(StatusTextTest, StreamShowsClientName) {
  v1::GetStatusResponse status;
  v1::SubscriptionStatus& stream = *status.add_subscriptions();
  stream.set_peer("ipv4:10.0.0.1:4");
  stream.set_client_name("billing on app-3");
  const std::string text = StatusText(status, "s", absl::Now(), Paint(false));
  EXPECT_THAT(text, HasSubstr("SUBSCRIPTION  CLIENT            PEER"));
  EXPECT_THAT(text, HasSubstr("-             billing on app-3  ipv4:10.0.0.1:4"));
}

TEST(StatusTextTest, UnknownLagIsNotShownAsZero) {
  v1::GetStatusResponse status;
  status.add_subscriptions()->set_lag_changes(7);
  EXPECT_THAT(StatusText(status, "s", absl::Now(), Paint(false)), HasSubstr("7    -\n"));
}

TEST(StatusTextTest, CertificatesShowExpiry) {
  v1::GetStatusResponse status;
  v1::CertificateStatus& certificate = *status.add_certificates();
  certificate.set_setting("server.tls.certificate");
  certificate.set_subject("CN=feed");
  certificate.mutable_expire_time()->set_seconds(1'900'000'000);
  const absl::Time now = absl::FromUnixSeconds(1'900'000'000) - absl::Hours(24 * 89);
  EXPECT_THAT(StatusText(status, "s", now, Paint(false)),
              HasSubstr("server.tls.certificate  CN=feed  expires in 89 d"));
  certificate.set_warning("renew it");
  status.set_certificates_error("the key is missing");
  status.set_certificates_error_reason("TLS_FILE_UNREADABLE");
  const std::string text = StatusText(status, "s", now, Paint(false));
  EXPECT_THAT(text, HasSubstr("warning   renew it"));
  EXPECT_THAT(text, HasSubstr("error     the key is missing [TLS_FILE_UNREADABLE]"));
}

TEST(StatusTextTest, ReaderOutsideLogHasNoLag) {
  v1::GetStatusResponse status;
  v1::SubscriptionStatus& reader = *status.add_subscriptions();
  reader.set_subscription("billing");
  reader.set_place(v1::SubscriptionStatus::PLACE_IN_SNAPSHOT);
  EXPECT_THAT(StatusText(status, "s", absl::Now(), Paint(false)), HasSubstr("in snapshot"));
  reader.set_place(v1::SubscriptionStatus::PLACE_IN_OTHER_LOG);
  EXPECT_THAT(StatusText(status, "s", absl::Now(), Paint(false)), HasSubstr("in another log"));
}

TEST(StatusTextTest, RefusedConnectionsShowReason) {
  v1::GetStatusResponse status;
  EXPECT_THAT(StatusText(status, "s", absl::Now(), Paint(false)), Not(HasSubstr("clients")));
  v1::ConnectionStatus& connections = *status.mutable_connections();
  connections.set_open(12);
  connections.set_connections_max(1000);
  EXPECT_THAT(StatusText(status, "s", absl::Now(), Paint(false)), HasSubstr("12 of 1,000\n"));
  v1::ConnectionStatus::Count& refused = *connections.add_refused();
  refused.set_reason("peer_blocked");
  refused.set_connections(3);
  EXPECT_THAT(StatusText(status, "s", absl::Now(), Paint(false)),
              HasSubstr("3 refused (peer_blocked)"));
}

TEST(StatusTextTest, SourceFailureShowsReason) {
  v1::GetStatusResponse status;
  status.mutable_source()->set_state(v1::SourceStatus::STATE_FAILED);
  status.mutable_source()->set_error("binlog purged: take a new snapshot");
  status.mutable_source()->set_error_reason("SOURCE_PURGED");
  const std::string text = StatusText(status, "s", absl::Now(), Paint(false));
  EXPECT_NE(text.find("● failed"), std::string::npos) << text;
  EXPECT_NE(text.find("binlog purged: take a new snapshot [SOURCE_PURGED]"), std::string::npos);
}

std::string Json(const v1::Change& change, const std::string& token = "") {
  v1::Transaction transaction;
  transaction.set_gtid("0-1-42");
  transaction.mutable_commit_time()->set_seconds(1'900'000'000);
  std::string out;
  AppendChangeJson(transaction, change, token, out);
  return out;
}

v1::MirrorStatus ParkedMirror() {
  v1::MirrorStatus mirror;
  mirror.set_topic_prefix("shop");
  mirror.set_format("debezium-json");
  mirror.set_state(v1::MirrorStatus::STATE_PARKED);
  mirror.set_error("the record is too large");
  mirror.set_error_reason("MIRROR_RECORD_TOO_LARGE");
  mirror.add_warnings("topic shop.a.b has 3 partitions");
  mirror.set_sequence(1234567);
  mirror.set_lag_changes(5);
  mirror.mutable_lag()->set_seconds(90);
  v1::MirrorTopic& topic = *mirror.add_topics();
  topic.set_topic("shop.a.b");
  topic.set_records(42);
  return mirror;
}

TEST(MirrorTextTest, ShowsPositionAndError) {
  const std::string text = MirrorText(ParkedMirror(), true, Paint(false));
  EXPECT_THAT(text, HasSubstr("parked  shop  debezium-json"));
  EXPECT_THAT(text, HasSubstr("the record is too large [MIRROR_RECORD_TOO_LARGE]"));
  EXPECT_THAT(text, HasSubstr("topic shop.a.b has 3 partitions"));
  EXPECT_THAT(text, HasSubstr("1,234,567  5 changes behind, 1 min"));
  EXPECT_THAT(text, HasSubstr("shop.a.b"));
}

TEST(MirrorTextTest, UnknownPositionIsNotUpToDate) {
  v1::MirrorStatus mirror = ParkedMirror();
  mirror.clear_sequence();
  mirror.clear_lag_changes();
  EXPECT_THAT(MirrorText(mirror, false, Paint(false)),
              AllOf(HasSubstr("at        unknown\n"), Not(HasSubstr("up to date"))));
}

TEST(MirrorTextTest, StatusShowsMirrorOnlyIfPresent) {
  v1::GetStatusResponse status;
  const auto text = [&status] {
    return StatusText(status, "localhost:7171", absl::Now(), Paint(false));
  };
  EXPECT_THAT(text(), Not(HasSubstr("mirror")));
  *status.mutable_mirror() = ParkedMirror();
  EXPECT_THAT(text(), HasSubstr("mirror    ● parked"));
  EXPECT_THAT(text(), Not(HasSubstr("TOPIC"))) << "only `millrace mirror` shows topics";
}

TEST(ChangeJsonTest, LineContainsServerJsonUnchanged) {
  v1::Change change;
  change.set_sequence(9007199254740993);
  change.set_operation(v1::OPERATION_UPDATE);
  change.set_database("shop");
  change.set_table("a\"b");
  change.set_before_json("{\n \"id\": 7}");
  change.set_after_json(R"({"id":8})");
  EXPECT_EQ(Json(change, "T"),
            R"({"sequence":9007199254740993,"gtid":"0-1-42",)"
            R"("commit_time":"2030-03-17T17:46:40.000000Z","operation":"UPDATE",)"
            R"("database":"shop","table":"a\"b","before":{ "id": 7},"after":{"id":8},)"
            R"("resume_token":"T"})"
            "\n");
}

TEST(ChangeJsonTest, LineContainsUnknownAndInvalidValues) {
  v1::Change change;
  change.add_before_unknown_fields(2);
  change.add_before_unknown_fields(3);
  change.add_invalid_text()->set_value("\x80");
  change.mutable_schema_change()->set_statement("ALTER TABLE a\tADD b INT");
  const std::string json = Json(change);
  EXPECT_NE(json.find(R"("before_unknown_fields":[2,3])"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("value_hex":"80")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("statement":"ALTER TABLE a\u0009ADD b INT")"), std::string::npos) << json;
}

}  // namespace
}  // namespace millrace::command
