// SPDX-License-Identifier: Apache-2.0

// The program from an operator's view: bad configurations, foreign directories, signals, health,
// and the check of a source.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/raw_feed.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void WriteFile(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::string ReadFile(const std::filesystem::path& path) { return ReadFileTail(path, 1 << 20); }

// Expects one line on standard error that starts with the program's name.
void ExpectOneSentence(const ProcessResult& result, int exit_code) {
  EXPECT_EQ(result.exit_code, exit_code) << result.errors;
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  EXPECT_EQ(result.errors.substr(0, 11), "millraced: ") << result.errors;
}

TEST(Configuration, MistakeIsReportedWithFileAndLine) {
  const TempDirectory directory;
  const auto file = directory.path() / "millrace.yaml";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"source:\n  hots: db1\n", ":2"},
      {"source:\n  host: [\n", ":"},
      {"source:\n  host: db1\nlog:\n  retention_age: soon\n", ":4"},
      {"server:\n\n  streams_max: -5\n", ":3"},
      {"source:\n  port: 70000\n", ":2"},
      {"source:\n  tables: nothing\n", ":2"}};
  for (const auto& [text, line] : cases) {
    WriteFile(file, text);
    const ProcessResult result = RunMillraced({"--config", file.string()});
    ExpectOneSentence(result, 2);
    EXPECT_THAT(result.errors, HasSubstr(file.string() + line)) << text;
  }
}

TEST(Configuration, MissingFileIsNamed) {
  const ProcessResult result = RunMillraced({"--config", "/nonesuch/millrace.yaml"});
  ExpectOneSentence(result, 2);
  EXPECT_THAT(result.errors, HasSubstr("/nonesuch/millrace.yaml"));
}

TEST(CommandLine, BothProgramsPrintHelpAndVersion) {
  for (const auto run : {RunMillraced, RunMillrace}) {
    const ProcessResult help = run({"--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.output, HasSubstr("--help"));
    const ProcessResult version = run({"--version"});
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_THAT(version.output, ::testing::ContainsRegex("millraced? [0-9]+\\.[0-9]+"));
    EXPECT_EQ(run({"--nonesuch"}).exit_code, 2);
  }
}

class OneServer : public ::testing::Test {
 protected:
  ProcessResult RunSecondServer() {
    return RunMillraced({"--config", feed_->config_file().string()});
  }
  void ReplaceInConfig(const std::string& from, const std::string& to) {
    std::string config = ReadFile(feed_->config_file());
    const size_t at = config.find(from);
    ASSERT_NE(at, std::string::npos);
    WriteFile(feed_->config_file(), config.replace(at, from.size(), to));
  }
  // Serving status of a service, or the error code, from grpc.health.v1.
  std::string Health(const std::string& service) {
    std::string request = service.empty() ? "" : "\x0a";
    if (!service.empty()) request += static_cast<char>(service.size()) + service;
    const grpc::Slice slice(request);
    grpc::ByteBuffer message(&slice, 1);
    grpc::ByteBuffer response;
    grpc::GenericStub stub(
        grpc::CreateChannel(feed_->address(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &message, &response,
                   [&done](grpc::Status status) { done.set_value(std::move(status)); });
    const grpc::Status status = done.get_future().get();
    if (!status.ok()) return fmt::format("code {}", static_cast<int>(status.error_code()));
    grpc::Slice bytes;
    if (!response.DumpToSingleSlice(&bytes).ok() || bytes.size() != 2) return "no response";
    return bytes.begin()[1] == 1 ? "SERVING" : "NOT_SERVING";
  }
  bool HealthBecomes(const std::string& wanted) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (Health("") != wanted) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(20));
    }
    return true;
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_);
};

TEST_F(OneServer, SecondServerInSameDirectoryIsRefused) {
  const ProcessResult second = RunSecondServer();
  ExpectOneSentence(second, 1);
  EXPECT_THAT(second.errors, HasSubstr(feed_->data_directory().string()));
  ChangeReader(*feed_).CurrentToken(sql_);
}

TEST_F(OneServer, ForeignDirectoryIsRefused) {
  feed_->Stop();
  std::filesystem::remove_all(feed_->data_directory());
  std::filesystem::create_directory(feed_->data_directory());
  WriteFile(feed_->data_directory() / "letters.txt", "Dear");
  const ProcessResult result = RunSecondServer();
  ExpectOneSentence(result, 1);
  EXPECT_THAT(result.errors, HasSubstr("is not a log"));
  EXPECT_EQ(ReadFile(feed_->data_directory() / "letters.txt"), "Dear");
}

TEST_F(OneServer, AddressInUseIsReportedInOneSentence) {
  feed_->Stop();
  const auto other = FeedServer::MustStart(*source_);
  ReplaceInConfig("listen: 127.0.0.1:0", "listen: " + other->address());
  const ProcessResult result = RunSecondServer();
  ExpectOneSentence(result, 1);
  EXPECT_THAT(result.errors, HasSubstr("millraced: cannot listen on " + other->address()));
  EXPECT_THAT(result.errors, HasSubstr("[LISTEN_FAILED]"));
}

TEST_F(OneServer, CertificateErrorDiffersFromAddressInUse) {
  const std::string key = feed_->data_directory() / "none.key";
  ReplaceInConfig("listen: 127.0.0.1:0",
                  fmt::format("listen: {}\n  tls:\n    certificate: {}\n    key: {}",
                              feed_->address(), feed_->config_file().string(), key));
  const ProcessResult result = RunSecondServer();
  ExpectOneSentence(result, 1);
  EXPECT_THAT(result.errors, HasSubstr("'" + key + "' cannot be read"));
  EXPECT_THAT(result.errors, HasSubstr("[TLS_FILE_UNREADABLE]"));
}

TEST_F(OneServer, LogOfAnotherFlavourIsNotContinued) {
  const std::string token = ChangeReader(*feed_).CurrentToken(sql_);
  feed_->Stop();
  const auto mariadb = SourceServer::MustStart({.flavour = Flavour::kMariadb});
  ReplaceInConfig(source_->socket(), mariadb->socket());
  feed_->Start();
  const auto status = feed_->WaitForState(v1::SourceStatus::STATE_FAILED);
  EXPECT_EQ(status.source().error_reason(), "DATA_DIRECTORY_OF_ANOTHER_SOURCE");
  EXPECT_EQ(Health(""), "NOT_SERVING");
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.set_until_token(token);
  EXPECT_FALSE(RawFeed(feed_->address()).Read(request).changes.empty());
}

TEST_F(OneServer, HealthFollowsTheSource) {
  EXPECT_EQ(Health(""), "SERVING");
  EXPECT_EQ(Health("millrace.v1.ChangeFeed"), "SERVING");
  EXPECT_EQ(Health("no.such.Service"), "code 5");
  source_->Kill();
  EXPECT_TRUE(HealthBecomes("NOT_SERVING"));
  ASSERT_TRUE(source_->Restart().ok());
  EXPECT_TRUE(HealthBecomes("SERVING"));
}

TEST_F(OneServer, StopEndsStreamsWithAReason) {
  RawFeed raw(feed_->address());
  ChangeReader(*feed_).CurrentToken(sql_);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>>> streams;
  for (int i = 0; i < 3; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(raw.stub().Subscribe(contexts.back().get(), ChangeReader::FromEarliest()));
  }
  std::vector<RawRead> reads(streams.size());
  v1::SubscribeResponse response;
  for (size_t i = 0; i < streams.size(); ++i) {
    ASSERT_TRUE(streams[i]->Read(&response));
    AddResponse(response, reads[i]);
  }
  const absl::Time asked = absl::Now();
  feed_->Terminate();
  for (size_t i = 0; i < streams.size(); ++i) {
    while (streams[i]->Read(&response)) AddResponse(response, reads[i]);
    EXPECT_EQ(streams[i]->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(RawFeed::ErrorOf(*contexts[i]).reason(), "STOPPING");
  }
  EXPECT_EQ(feed_->WaitForExit(), 0);
  EXPECT_LT(absl::Now() - asked, absl::Seconds(5));
  feed_->Start();
  ChangeReader(*feed_).CurrentToken(sql_);
  const uint64_t last = reads[0].changes.back().sequence;
  const auto next =
      ChangeReader(*feed_).ReadCount(ChangeReader::FromToken(reads[0].tokens.back().first), 1);
  EXPECT_EQ(next[0].sequence, last + 1);
}

// A client that subscribes to more data than its connection can buffer, grants an unlimited window,
// and reads nothing: the server's writes get stuck in the connection. No client library does that,
// so it writes HTTP/2 by hand (RFC 9113).
class StuckClient {
 public:
  StuckClient(FeedServer& feed, SqlSession& sql) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sql.MustExecute("CREATE DATABASE big");
    sql.MustExecute("CREATE TABLE big.t (id INT PRIMARY KEY, data LONGTEXT)");
    for (int i = 0; i < 5; ++i) {
      sql.MustExecute(fmt::format("INSERT INTO big.t VALUES ({}, REPEAT('x', 5000000))", i));
    }
    ChangeReader(feed).CurrentToken(sql);
    const int bytes = 4096;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(feed.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string request = Request();
    EXPECT_EQ(::send(socket_, request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    AwaitFirstChange(feed);
  }
  ~StuckClient() { ::close(socket_); }

 private:
  static std::string Number(uint32_t value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
    return text;
  }
  static std::string Frame(char type, char flags, uint32_t stream, const std::string& payload) {
    return Number(static_cast<uint32_t>(payload.size()), 3) + type + flags + Number(stream, 4) +
           payload;
  }
  static std::string Header(const std::string& name, const std::string& value) {
    return std::string(1, '\0') + static_cast<char>(name.size()) + name +
           static_cast<char>(value.size()) + value;
  }
  static std::string Request() {
    constexpr uint32_t kWindowMax = 0x7fffffff;
    constexpr uint32_t kWindowDefault = 65535;
    const std::string message = ChangeReader::FromEarliest().SerializeAsString();
    return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
           Frame(4, 0, 0, Number(4, 2) + Number(kWindowMax, 4)) +
           Frame(8, 0, 0, Number(kWindowMax - kWindowDefault, 4)) +
           Frame(1, 4, 1,
                 Header(":method", "POST") + Header(":scheme", "http") +
                     Header(":path", "/millrace.v1.ChangeFeed/Subscribe") +
                     Header(":authority", "localhost") +
                     Header("content-type", "application/grpc") + Header("te", "trailers")) +
           Frame(0, 1, 1,
                 Number(0, 1) + Number(static_cast<uint32_t>(message.size()), 4) + message);
  }
  static void AwaitFirstChange(FeedServer& feed) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (absl::Now() < deadline) {
      const auto status = feed.client().GetStatus({});
      if (status->subscriptions_size() > 0 && status->subscriptions(0).sequence() > 2) return;
      absl::SleepFor(absl::Milliseconds(20));
    }
    ADD_FAILURE() << "the stream has not started";
  }

  const int socket_;
};

TEST_F(OneServer, StuckReaderDoesNotDelayStop) {
  const StuckClient stuck(*feed_, sql_);
  const absl::Time asked = absl::Now();
  EXPECT_EQ(feed_->Stop(), 0);
  EXPECT_LT(absl::Now() - asked, absl::Seconds(5));
}

TEST_F(OneServer, SecondSignalStopsAtOnce) {
  const StuckClient stuck(*feed_, sql_);
  feed_->Terminate();
  const absl::Time asked = absl::Now();
  while (feed_->LogText().find("stopping signal=SIGTERM") == std::string::npos) {
    ASSERT_LT(absl::Now() - asked, absl::Seconds(5));
    absl::SleepFor(absl::Milliseconds(10));
  }
  absl::SleepFor(absl::Milliseconds(100));
  feed_->Terminate();
  EXPECT_NE(feed_->WaitForExit(), 0);
  EXPECT_LT(absl::Now() - asked, absl::Seconds(2));
}

TEST(TablePattern, WithoutMatchIsAWarningUntilItMatches) {
  const auto source = SourceServer::MustStart({});
  SqlSession sql = source->MustConnect();
  const auto feed = FeedServer::MustStart(*source, {.tables = {"later.*", kMarkerTables}});
  const auto has_warning_for = [&feed](const std::string& pattern) {
    const auto status = feed->client().GetStatus({});
    for (const std::string& warning : status->source().warnings()) {
      if (warning.find("'" + pattern + "'") != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(has_warning_for("later.*"));
  EXPECT_THAT(feed->LogText(), HasSubstr("source.tables has 'later.*', which matches no table"));
  sql.MustExecute("CREATE DATABASE later");
  sql.MustExecute("CREATE TABLE later.t (id INT PRIMARY KEY)");
  sql.MustExecute("INSERT INTO later.t VALUES (1)");
  ChangeReader(*feed).CurrentToken(sql);
  EXPECT_FALSE(has_warning_for("later.*"));
}

// Runs `millraced check` against a source.
class Check : public ::testing::Test {
 protected:
  ProcessResult Run(const std::vector<std::string>& source_options,
                    const std::vector<std::string>& statements = {},
                    const std::string& source_lines = "") {
    source_ = SourceServer::MustStart({.options = source_options});
    SqlSession sql = source_->MustConnect();
    for (const std::string& statement : statements) sql.MustExecute(statement);
    WriteFile(directory_.path() / "password", kFeedPassword);
    const auto file = directory_.path() / "millrace.yaml";
    WriteFile(file,
              fmt::format("source:\n  socket: {}\n  user: {}\n  password_file: {}\n{}"
                          "log:\n  directory: {}\n",
                          source_->socket(), kFeedUser, (directory_.path() / "password").string(),
                          source_lines, (directory_.path() / "log").string()));
    return RunMillraced({"check", "--config", file.string()});
  }
  TempDirectory directory_;
  std::unique_ptr<SourceServer> source_;
};

TEST_F(Check, SuitableSourceIsReady) {
  const ProcessResult result = Run({});
  EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("ready: a feed works"));
  EXPECT_THAT(result.output, Not(HasSubstr("error")));
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "log"));
}

TEST_F(Check, SourceWithoutBinlogNamesTheSetting) {
  const ProcessResult result = Run({"--skip-log-bin"});
  EXPECT_EQ(result.exit_code, 1) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("log_bin = binlog"));
}

TEST_F(Check, MinimalMetadataWarningContainsTheStatement) {
  const ProcessResult result = Run({"--binlog-row-metadata=MINIMAL"});
  EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("SET PERSIST binlog_row_metadata = FULL;"));
}

TEST_F(Check, PatternWithoutMatchIsAWarning) {
  const ProcessResult result = Run({}, {}, "  tables: ['nope.*']\n");
  EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("warning  source.tables has 'nope.*', which matches no"));
}

TEST_F(Check, StatementFormatErrorContainsTheStatement) {
  const ProcessResult result = Run({"--binlog-format=STATEMENT"});
  EXPECT_EQ(result.exit_code, 1) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("SET PERSIST binlog_format = ROW;"));
}

TEST_F(Check, MissingGrantsAreReportedAsStatements) {
  const ProcessResult result = Run({}, {"REVOKE REPLICATION SLAVE, SELECT ON *.* FROM "
                                        "'millrace'@'localhost', 'millrace'@'%'"});
  EXPECT_EQ(result.exit_code, 1) << result.output << result.errors;
  EXPECT_THAT(result.output,
              HasSubstr("GRANT REPLICATION SLAVE ON *.* TO 'millrace'@'localhost';"));
  EXPECT_THAT(result.output, HasSubstr("GRANT SELECT ON"));
}

TEST_F(Check, WrongPasswordIsOneSentence) {
  const ProcessResult result = Run({}, {"ALTER USER 'millrace'@'localhost' IDENTIFIED BY 'new'"});
  ExpectOneSentence(result, 1);
}

}  // namespace
}  // namespace millrace::testing
