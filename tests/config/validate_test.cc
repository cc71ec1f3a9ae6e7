// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace millrace {
namespace {

using testing::HasSubstr;

std::string ValidationError(const std::string& text) {
  const absl::Status status = LoadConfigText(text, "test.yaml").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

bool IsAccepted(const std::string& text) {
  const absl::Status status = LoadConfigText(text, "test.yaml").status();
  return status.ok() ? true : (std::cerr << status << "\n", false);
}

TEST(ValidateConfig, ContradictoryKeysAreNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"source: {host: ''}", "neither 'source.host' nor 'source.socket'"},
      {"source: {user: ''}", "'source.user' is empty"},
      {"source: {password_file: /p, password_env: P}", "both 'source.password_file' and"},
      {"source: {reconnect_backoff_min: 2s, reconnect_backoff_max: 1s}", "is larger than"},
      {"source: {tls: {key: /k}}", "'source.tls.certificate' and 'source.tls.key' go together"},
      {"source: {tls: {mode: verify_identity}}", "set 'source.tls.ca'"},
      {"source: {start: {at: gtid_set}}", "'source.start.gtid_set' is required with"},
      {"source: {start: {gtid_set: 0-1-2}}", "'source.start.gtid_set' is required with"},
      {"source: {start: {at: gtid_set, gtid_set: x}}", "is not a GTID set"},
      {"source: {flavour: mysql, start: {at: gtid_set, gtid_set: 0-1-2}}", "is not a GTID set"},
      {"source: {start: {at: position}}", "'source.start.file' is required with"},
      {"source: {start: {file: bin.1}}", "'source.start.file' is required with"},
      {"source: {tables: [orders]}", "'source.tables': pattern 'orders'"},
      {"source: {exclude_columns: [a.b]}", "'source.exclude_columns': pattern 'a.b'"},
      {"source: {statement_tables: [x]}", "'source.statement_tables': pattern 'x'"},
      {"source: {statement_tables: ['!a.b']}", "'source.statement_tables' cannot exclude"},
      {"snapshot: {tables: [orders]}", "'snapshot.tables': pattern 'orders'"},
      {"log: {directory: ''}", "'log.directory' is empty"},
      {"kafka: {enabled: true}", "'kafka.enabled' needs 'kafka.brokers'"},
      {"kafka: {topic_prefix: a/b}", "'kafka.topic_prefix' must be"},
      {"kafka: {tables: [orders]}", "'kafka.tables': pattern 'orders'"},
      {"kafka: {sasl_password_file: /p, sasl_password_env: P}", "both 'kafka.sasl_password_file'"},
      {"kafka: {client: {sasl.password: secret}}", "cannot set sasl.password: set 'kafka.sasl_"},
      {"kafka: {client: {acks: '1'}}", "cannot set acks"},
      {"kafka: {debezium: {skipped_operations: [x]}}", "'kafka.debezium.skipped_operations' must"},
      {"log: {hold_bytes_max: 1GiB}", "'log.hold_bytes_max' is smaller than"},
      {"server: {tls: {certificate: /c}}", "go together"},
      {"server: {tls: {client_ca: /c}}", "needs 'server.tls.certificate'"}};
  for (const auto& [text, what] : cases) {
    EXPECT_THAT(ValidationError(text), testing::AllOf(HasSubstr("test.yaml: "), HasSubstr(what)));
  }
}

TEST(ValidateConfig, UnknownFlavourAcceptsEitherGtidSet) {
  EXPECT_TRUE(IsAccepted("source: {start: {at: gtid_set, gtid_set: 0-1-2}}"));
  EXPECT_TRUE(IsAccepted(
      "source: {start: {at: gtid_set, gtid_set: '3e11fa47-71ca-11e1-9e33-c80aa9429562:1'}}"));
}

TEST(ValidateConfig, NonLoopbackAddressNeedsTlsOrInsecure) {
  for (const std::string listen :
       {"0.0.0.0:7171", "[::]:7171", "db.example:7171", "10.0.0.1:1", "127.0.0.1.example.com:1"}) {
    const std::string head = "server: {listen: '" + listen + "'";
    EXPECT_THAT(ValidationError(head + "}"), HasSubstr("without TLS")) << listen;
    EXPECT_TRUE(IsAccepted(head + ", insecure: true}"));
    EXPECT_TRUE(IsAccepted(head + ", tls: {certificate: /c, key: /k}}"));
  }
}

TEST(ValidateConfig, LoopbackAndUnixSocketsNeedNoTls) {
  for (const std::string listen :
       {"127.0.0.1:7171", "127.1.2.3:0", "localhost:1", "[::1]:65535", "unix:/run/millrace.sock"}) {
    EXPECT_TRUE(IsAccepted("server: {listen: '" + listen + "'}")) << listen;
  }
}

TEST(ValidateConfig, NonLoopbackMetricsNeedInsecure) {
  for (const std::string listen : {"", "127.0.0.1:9717", "localhost:0", "[::1]:9717"}) {
    EXPECT_TRUE(IsAccepted("metrics: {listen: '" + listen + "'}")) << listen;
  }
  for (const std::string listen : {"0.0.0.0:9717", "[::]:9717", "db.example:9717"}) {
    EXPECT_THAT(ValidationError("metrics: {listen: '" + listen + "'}"),
                testing::AllOf(HasSubstr("'metrics.listen' is " + listen),
                               HasSubstr("'metrics.insecure: true'")));
    EXPECT_TRUE(IsAccepted("metrics: {listen: '" + listen + "', insecure: true}"));
  }
}

TEST(ValidateConfig, MetricsListenOnOneAddress) {
  for (const std::string listen :
       {"9717", ":9717", "unix:/run/metrics.sock", "127.0.0.1:1,127.0.0.1:2", "127.0.0.1:9717s"}) {
    EXPECT_THAT(ValidationError("metrics: {listen: '" + listen + "', insecure: true}"),
                HasSubstr("'metrics.listen' must be address:port"))
        << listen;
  }
}

TEST(ValidateConfig, InvalidAddressFails) {
  for (const std::string listen : {"", ":7171", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                   "127.0.0.1:65536", "::1:7171", "unix:", "127.0.0.1:123456"}) {
    EXPECT_THAT(ValidationError("server: {listen: '" + listen + "'}"),
                HasSubstr("must be address:port"))
        << listen;
  }
}

}  // namespace
}  // namespace millrace
