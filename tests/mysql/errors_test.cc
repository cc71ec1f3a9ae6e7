// SPDX-License-Identifier: Apache-2.0

#include "mysql/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "mysql/query_rows.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

struct Refusal {
  const char* text;
  const char* reason;
  absl::StatusCode code;
};

// Texts of error 1236 from several server versions.
const Refusal kRefusals[] = {
    {"Cannot replicate because the source purged required binary logs. Replicate the missing "
     "transactions from elsewhere",
     "SOURCE_PURGED", absl::StatusCode::kOutOfRange},
    {"The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has "
     "purged binary logs containing GTIDs that the slave requires.",
     "SOURCE_PURGED", absl::StatusCode::kOutOfRange},
    {"Could not find first log file name in binary log index file", "SOURCE_PURGED",
     absl::StatusCode::kOutOfRange},
    {"Could not find GTID state requested by slave in any binlog files. Probably the slave state "
     "is too old and required binlog files have been purged.",
     "SOURCE_PURGED", absl::StatusCode::kOutOfRange},
    {"Replica has more GTIDs than the source has, using the source's SERVER_UUID.",
     "SOURCE_LACKS_GTIDS", absl::StatusCode::kFailedPrecondition},
    {"Slave has more GTIDs than the master has, using the master's SERVER_UUID.",
     "SOURCE_LACKS_GTIDS", absl::StatusCode::kFailedPrecondition},
    {"Error: connecting slave requested to start from GTID 0-1-9, which is not in the master's "
     "binlog",
     "SOURCE_LACKS_GTIDS", absl::StatusCode::kFailedPrecondition},
    {"Client requested source to start replication from position > file size", "SOURCE_CHANGED",
     absl::StatusCode::kFailedPrecondition},
    {"Client requested master to start replication from impossible position", "SOURCE_CHANGED",
     absl::StatusCode::kFailedPrecondition},
    {"A replica with the same server_uuid/server_id as this replica has connected to the source",
     "SOURCE_DUPLICATE_SERVER_ID", absl::StatusCode::kAlreadyExists},
    {"log event entry exceeded max_allowed_packet; Increase max_allowed_packet on source",
     "SOURCE_PACKET_TOO_LARGE", absl::StatusCode::kResourceExhausted},
    {"bogus data in log event", "SOURCE_BINLOG_DAMAGED", absl::StatusCode::kDataLoss},
    {"event read from binlog did not pass crc check", "SOURCE_BINLOG_DAMAGED",
     absl::StatusCode::kDataLoss},
    {"Cannot replicate anonymous transaction when AUTO_POSITION = 1, at file ./binlog.000003, "
     "position 198.",
     "SOURCE_REFUSED_DUMP", absl::StatusCode::kFailedPrecondition},
    {"could not find next log; the first event '.' at 4, the last event read from 'binlog.000002' "
     "at 1754",
     "SOURCE_UNREACHABLE", absl::StatusCode::kUnavailable},
    {"Misconfigured source - server_id was not set", "SOURCE_REFUSED_DUMP",
     absl::StatusCode::kFailedPrecondition},
};

TEST(ErrorsTest, DumpRefusalsAreDistinguishedByText) {
  for (const Refusal& refusal : kRefusals) {
    const absl::Status status = DumpError("db:3306", 7, {1236, refusal.text});
    EXPECT_EQ(ErrorReason(status), refusal.reason) << refusal.text;
    EXPECT_EQ(status.code(), refusal.code) << refusal.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("db:3306"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(refusal.text));
  }
}

TEST(ErrorsTest, ShutdownOrKillIsALostConnection) {
  for (const unsigned code : {1053u, 1317u, 1927u, 3169u, 2013u}) {
    EXPECT_EQ(ErrorReason(DumpError("db", 7, {code, "x"})), "SOURCE_UNREACHABLE") << code;
  }
}

TEST(ErrorsTest, AccountLimitIsNotALostConnection) {
  for (const unsigned code : {1203u, 1226u}) {
    const SourceFailure failure{code, "more than 'max_user_connections'"};
    for (const absl::Status& status :
         {ConnectError({}, failure), QueryError("db", failure), DumpError("db", 7, failure)}) {
      EXPECT_EQ(ErrorReason(status), "SOURCE_ACCOUNT_LIMIT") << code;
      EXPECT_THAT(std::string(status.message()), HasSubstr("MAX_USER_CONNECTIONS"));
    }
  }
}

TEST(ErrorsTest, DumpErrorNamesMissingGrant) {
  const absl::Status status = DumpError("db", 7, {1227, "Access denied"});
  EXPECT_THAT(ErrorMetadataOf(status)["remedy"], HasSubstr("GRANT REPLICATION SLAVE ON *.*"));
}

TEST(ErrorsTest, RemedyUsesWeakestNamedPrivilege) {
  const absl::Status status =
      QueryError("db", {1227,
                        "Access denied; you need (at least one of) the SUPER, REPLICATION CLIENT "
                        "privilege(s) for this operation"});
  EXPECT_THAT(ErrorMetadataOf(status)["remedy"], HasSubstr("GRANT REPLICATION CLIENT ON *.*"));
}

TEST(ErrorsTest, RefusedInsecureTransportIsATlsFailure) {
  const absl::Status status = ConnectError({}, {3159, "insecure transport"});
  EXPECT_EQ(ErrorReason(status), "SOURCE_TLS_FAILED");
  EXPECT_THAT(std::string(status.message()), HasSubstr("source.tls.mode"));
}

TEST(ErrorsTest, EndpointOfAnIpv6HostIsInBrackets) {
  EXPECT_EQ((SourceAddress{.host = "::1", .port = 3306, .socket = ""}.ToString()), "[::1]:3306");
}

TEST(ErrorsTest, QueryErrorsHaveDistinctReasons) {
  const auto reason = [](unsigned code) { return ErrorReason(QueryError("db", {code, "x"})); };
  for (const unsigned code : {3024u, 1969u, 1205u}) EXPECT_EQ(reason(code), "QUERY_TIMEOUT");
  for (const unsigned code : {1412u, 1054u, 1176u}) EXPECT_EQ(reason(code), "TABLE_CHANGED");
  for (const unsigned code : {1146u, 1049u}) EXPECT_EQ(reason(code), "TABLE_MISSING");
  EXPECT_EQ(reason(1064), "SOURCE_QUERY_FAILED");
}

TEST(QueryRowsTest, QuotesInTextsAndNamesAreEscaped) {
  EXPECT_EQ(QuotedText(R"(a'b\c)"), R"('a\'b\\c')");
  EXPECT_EQ(QuotedName("a`b"), "`a``b`");
}

TEST(QueryRowsTest, ColumnsAreFoundByAnyName) {
  const QueryRows rows{{"Server_id", "Host"}, {{"7", std::nullopt}}};
  EXPECT_EQ(rows.Text(rows.rows[0], {"Replica_id", "SERVER_ID"}), "7");
  EXPECT_EQ(rows.Text(rows.rows[0], {"host"}), "");
  EXPECT_EQ(rows.Text(rows.rows[0], {"none"}), "");
}

}  // namespace
}  // namespace millrace
