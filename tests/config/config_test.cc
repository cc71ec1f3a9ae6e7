// SPDX-License-Identifier: Apache-2.0

#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Config Load(const std::string& text) {
  auto config = LoadConfigText(text, "test.yaml");
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config();
}

// The message of the error for `text`.
std::string LoadError(const std::string& text) {
  const absl::Status status = LoadConfigText(text, "test.yaml").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

TEST(Config, EmptyFileLoadsDefaults) {
  for (const char* text : {"", "# nothing\n", "---\n", "source:\n", "{}"}) {
    EXPECT_EQ(Load(text), Config()) << text;
  }
}

TEST(Config, KeysSetTheirMembers) {
  const Config config = Load(R"(
source: {host: db, port: 3307, flavour: mariadb, tables: ["shop.*", "!shop.audit"],
         tls: {mode: verify_ca, ca: /ca.pem}, heartbeat_period: 500ms, check_on_start: false,
         start: {at: position, file: bin.000001, position: 1377}}
snapshot: {mode: never, connections: 4, chunk_time: 50ms, chunk_bytes_max: 1MiB,
           rows_per_second: 1000, threads_running_max: 40, replication_lag_max: 5s}
log: {retention_age: 2h, retention_bytes: 1TiB, durability: relaxed, frame_bytes: 8KiB}
server: {listen: "[::1]:0", streams_max: 7}
)");
  EXPECT_EQ(config.source.host, "db");
  EXPECT_EQ(config.source.port, 3307);
  EXPECT_EQ(config.source.flavour, Flavour::kMariadb);
  EXPECT_THAT(config.source.tables, testing::ElementsAre("shop.*", "!shop.audit"));
  EXPECT_EQ(config.source.tls.mode, TlsMode::kVerifyCa);
  EXPECT_EQ(config.source.heartbeat_period, 500'000);
  EXPECT_FALSE(config.source.check_on_start);
  EXPECT_EQ(config.source.start.position, 1377u);
  EXPECT_EQ(config.snapshot.mode, SnapshotMode::kNever);
  EXPECT_EQ(config.snapshot.connections, 4u);
  EXPECT_EQ(config.snapshot.chunk_time, 50'000);
  EXPECT_EQ(config.snapshot.chunk_bytes_max, uint64_t{1} << 20);
  EXPECT_EQ(config.snapshot.rows_per_second, 1000u);
  EXPECT_EQ(config.snapshot.threads_running_max, 40u);
  EXPECT_EQ(config.snapshot.replication_lag_max, 5'000'000);
  EXPECT_EQ(config.log.retention_age, 7'200'000'000);
  EXPECT_EQ(config.log.retention_bytes, uint64_t{1} << 40);
  EXPECT_EQ(config.log.durability, Durability::kRelaxed);
  EXPECT_EQ(config.log.frame_bytes, 8192u);
  EXPECT_EQ(config.server.streams_max, 7u);
}

TEST(Config, UnknownKeyFailsWithLineAndSuggestion) {
  EXPECT_EQ(LoadError("source:\n  host: db\n  prot: 3306\n"),
            "test.yaml:3: unknown key 'source.prot'; did you mean 'source.port'?");
  EXPECT_EQ(LoadError("sorce:\n  host: db\n"), "test.yaml:1: unknown key 'sorce'");
  EXPECT_EQ(LoadError("retention_age: 7d\n"),
            "test.yaml:1: unknown key 'retention_age'; did you mean 'log.retention_age'?");
}

TEST(Config, PasswordInFileFailsWithoutShowingIt) {
  const std::string message = LoadError("source:\n  password: hunter2\n");
  EXPECT_THAT(message, StartsWith("test.yaml:2: unknown key 'source.password'"));
  EXPECT_THAT(message, testing::Not(HasSubstr("hunter2")));
}

TEST(Config, RepeatedKeyFails) {
  EXPECT_EQ(LoadError("log:\n  directory: /a\n  directory: /b\n"),
            "test.yaml:3: 'log.directory' is set twice");
  EXPECT_EQ(LoadError("log:\n  directory: /a\nlog:\n  ring_bytes: 2MiB\n"),
            "test.yaml:3: 'log' is set twice");
}

TEST(Config, WrongTypeFailsWithExpectedType) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"source: 5", "'source' is a section: put its keys below it, indented"},
      {"source: {port: db}", "'source.port' must be a number from 1 to 65535"},
      {"source: {port: 3306x}", "'source.port' must be a number from 1 to 65535"},
      {"source: {port: [1]}", "'source.port' must be a number from 1 to 65535"},
      {"source: {host: {a: b}}", "'source.host' must be a string"},
      {"source: {host: }", "'source.host' has no value"},
      {"source: {tables: shop.*}", "'source.tables' must be a list of strings"},
      {"source: {tables: [[a]]}", "'source.tables' must be a list of strings"},
      {"kafka: {client: [acks]}", "'kafka.client' must be a map of strings"},
      {"kafka: {client: {a: [b]}}", "'kafka.client' must be a map of strings"},
      {"source: {check_on_start: yes}", "'source.check_on_start' must be true or false"},
      {"source: {flavour: oracle}", "'source.flavour' must be one of auto, mysql, mariadb"},
      {"log: {retention_age: 7}",
       "'log.retention_age' must be a duration like 250ms, 10s or 7d, from 0 to 36500d"},
      {"log: {frame_bytes: 64kb}",
       "'log.frame_bytes' must be a size like 64KiB, from 1KiB to 1MiB"}};
  for (const auto& [text, what] : cases) EXPECT_EQ(LoadError(text), "test.yaml:1: " + what);
}

TEST(Config, ValueOutOfRangeFails) {
  for (const char* text :
       {"source: {port: 0}", "source: {port: 65536}", "source: {port: -1}",
        "source: {server_id: 4294967296}", "source: {start: {position: 3}}",
        "source: {connect_timeout: 99ms}", "log: {frame_bytes: 2MiB}", "log: {frame_bytes: 1B}",
        "server: {streams_max: 0}", "snapshot: {connections: 0}", "snapshot: {connections: 65}",
        "snapshot: {chunk_time: 0}", "snapshot: {chunk_rows_max: 0}",
        "snapshot: {chunk_bytes_max: 2GiB}", "snapshot: {query_time_max: 99ms}",
        "snapshot: {settle_time: 2h}", "server: {response_bytes_max: 4MiB}"}) {
    EXPECT_THAT(LoadError(text), HasSubstr(" must be a ")) << text;
  }
}

TEST(Config, InvalidYamlFailsWithLine) {
  EXPECT_THAT(LoadError("source:\n  tables: [a\n"), StartsWith("test.yaml:"));
  EXPECT_THAT(LoadError("source:\n\thost: db\n"), StartsWith("test.yaml:2: "));
  EXPECT_EQ(LoadError("- a\n"), "test.yaml:1: the file must contain keys and values");
  EXPECT_EQ(LoadError("a text"), "test.yaml:1: the file must contain keys and values");
  EXPECT_EQ(LoadError("? [a]\n: b\n"), "test.yaml:1: a key must be a string");
  EXPECT_THAT(LoadError("{}\n---\n{}\n"), HasSubstr("a second YAML document begins"));
}

TEST(Config, HostileTextFails) {
  EXPECT_THAT(LoadError(std::string(500'000, '[')), StartsWith("test.yaml:"));
  EXPECT_THAT(LoadError(std::string(500'000, '{')), StartsWith("test.yaml:"));
  EXPECT_EQ(LoadError(std::string((1 << 20) + 1, ' ')), "test.yaml: larger than 1 MiB");
  EXPECT_THAT(LoadError("a: &a [x, x]\nb: &b [*a, *a]\n"), HasSubstr("unknown key 'a'"));
  EXPECT_THAT(LoadError("source: &s\n  tls: *s\n"), StartsWith("test.yaml:"));
}

TEST(Config, DumpRoundTrips) {
  EXPECT_EQ(Load(DumpConfig(Config())), Config());
  const Config config = Load(R"(
source: {host: "a\"b\n", tables: ["`x`.*", "!a.b"], flavour: mysql,
         start: {at: gtid_set, gtid_set: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"}}
snapshot: {mode: initial, tables: ["shop.*", "!shop.audit"], settle_time: 0}
log: {retention_age: 1us, retention_bytes: 1025}
server: {insecure: true, listen: "0.0.0.0:1"}
kafka: {format: protobuf, brokers: "a:1,b:2", routes: ["s.* -> all"], keys: ["s.t: a, b"],
        client: {compression.type: lz4, "x\"y": ""},
        topics: {retention: 7d, cleanup_policy: compact},
        debezium: {time_precision_mode: isostring, skipped_operations: [none]}}
)");
  EXPECT_EQ(Load(DumpConfig(config)), config);
  EXPECT_EQ(config.kafka.client.at("compression.type"), "lz4");
}

TEST(Config, UnreadableFileIsNamed) {
  EXPECT_EQ(LoadConfig("/nonexistent/millrace.yaml").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(LoadConfig("/nonexistent/m.yaml").status().message()),
              HasSubstr("cannot read the configuration /nonexistent/m.yaml"));
  EXPECT_FALSE(LoadConfig(testing::TempDir()).ok());
}

TEST(Config, ErrorStartsWithTheFilePath) {
  const std::string path =
      testing::TempDir() + "/millrace_config_test_" + std::to_string(getpid()) + ".yaml";
  std::ofstream(path) << "logging:\n  level: loud\n";
  EXPECT_THAT(std::string(LoadConfig(path).status().message()),
              StartsWith(path + ":2: 'logging.level' must be one of trace, debug"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace millrace
