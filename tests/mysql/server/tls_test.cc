// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "mysql/binlog_stream.h"
#include "mysql/connection.h"
#include "mysql/server/source_fixture.h"
#include "support/process.h"
#include "support/temp_directory.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

// An authority, certificates that it signed for servers and the client, and another authority that
// signed none of them.
class TlsTest : public SourceTest {
 protected:
  TlsTest() {
    MakeAuthority("ca");
    MakeAuthority("other");
    MakeCertificate("server", "subjectAltName=IP:127.0.0.1,DNS:source.test");
    MakeCertificate("stranger", "subjectAltName=DNS:stranger.test");
    MakeCertificate("client", "subjectAltName=DNS:client.test");
  }

  std::string File(const std::string& name) const { return directory_.path() / name; }

  std::vector<std::string> ServerOptions(const std::string& certificate) const {
    return {"--ssl-ca=" + File("ca.pem"), "--ssl-cert=" + File(certificate + ".pem"),
            "--ssl-key=" + File(certificate + ".key")};
  }

  static SourceOptions With(SourceOptions options, TlsMode mode, const std::string& ca = "") {
    options.tls.mode = mode;
    options.tls.ca = ca;
    return options;
  }

 private:
  void OpenSsl(std::vector<std::string> arguments) const {
    const auto result = testing::RunProcess(
        {.program = "openssl", .arguments = std::move(arguments), .directory = directory_.path()},
        absl::Seconds(30));
    ASSERT_TRUE(result.ok() && result->exit_code == 0) << result->errors;
  }
  void MakeAuthority(const std::string& name) const {
    OpenSsl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", "/CN=" + name, "-keyout", name + ".key", "-out",
             name + ".pem"});
  }
  void MakeCertificate(const std::string& name, const std::string& extension) const {
    OpenSsl(
        {"req",         "-x509", "-newkey",    "ec",     "-pkeyopt",    "ec_paramgen_curve:P-256",
         "-nodes",      "-days", "2",          "-subj",  "/CN=" + name, "-addext",
         extension,     "-CA",   "ca.pem",     "-CAkey", "ca.key",      "-keyout",
         name + ".key", "-out",  name + ".pem"});
  }

  testing::TempDirectory directory_;
};

TEST_P(TlsTest, PreferredUsesTlsIfOffered) {
  const auto server = Start(ServerOptions("server"));
  EXPECT_NE(MustConnect(With(OptionsFor(*server), TlsMode::kPreferred))->TlsCipher(), "");
  EXPECT_EQ(MustConnect(With(OptionsFor(*server), TlsMode::kDisabled))->TlsCipher(), "");
}

TEST_P(TlsTest, PreferredWorksWithoutTls) {
  const auto server = Start({mysql() ? "--tls-version=" : "--skip-ssl"});
  EXPECT_EQ(MustConnect(With(OptionsFor(*server), TlsMode::kPreferred))->TlsCipher(), "");
}

TEST_P(TlsTest, RequiredTlsFailsIfNotOffered) {
  const auto server = Start({mysql() ? "--tls-version=" : "--skip-ssl"});
  for (const TlsMode mode : {TlsMode::kRequired, TlsMode::kVerifyCa, TlsMode::kVerifyIdentity}) {
    const auto status = Connect(With(OptionsFor(*server), mode, File("ca.pem"))).status();
    EXPECT_EQ(ErrorReason(status), "SOURCE_TLS_FAILED") << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("does not offer TLS"));
  }
}

TEST_P(TlsTest, RequiredTrustsAnyCertificate) {
  const auto server = Start(ServerOptions("stranger"));
  EXPECT_NE(MustConnect(With(OptionsFor(*server), TlsMode::kRequired))->TlsCipher(), "");
}

TEST_P(TlsTest, VerifyCaChecksOnlyTheAuthority) {
  const auto server = Start(ServerOptions("stranger"));
  EXPECT_NE(MustConnect(With(OptionsFor(*server), TlsMode::kVerifyCa, File("ca.pem")))->TlsCipher(),
            "");
  const auto status =
      Connect(With(OptionsFor(*server), TlsMode::kVerifyCa, File("other.pem"))).status();
  EXPECT_EQ(ErrorReason(status), "SOURCE_TLS_FAILED") << status;
}

TEST_P(TlsTest, VerifyIdentityChecksAuthorityAndName) {
  const auto server = Start(ServerOptions("server"));
  const SourceOptions options = OptionsFor(*server);
  const TlsMode mode = TlsMode::kVerifyIdentity;
  EXPECT_NE(MustConnect(With(options, mode, File("ca.pem")))->TlsCipher(), "");
  EXPECT_EQ(ErrorReason(Connect(With(options, mode, File("other.pem"))).status()),
            "SOURCE_TLS_FAILED");
  SourceOptions elsewhere = With(options, mode, File("ca.pem"));
  elsewhere.host = "localhost";
  EXPECT_EQ(ErrorReason(Connect(elsewhere).status()), "SOURCE_TLS_FAILED");
}

TEST_P(TlsTest, MissingAuthorityIsATlsFailure) {
  const auto server = Start(ServerOptions("server"));
  const auto status = Connect(With(OptionsFor(*server), TlsMode::kVerifyCa)).status();
  EXPECT_EQ(ErrorReason(status), "SOURCE_TLS_FAILED") << status;
}

// Each connect reads the file again, so a repaired file works immediately.
TEST_P(TlsTest, UnreadableFileIsNamed) {
  const auto server = Start(ServerOptions("server"));
  const auto options = With(OptionsFor(*server), TlsMode::kVerifyCa, File("moved.pem"));
  const absl::Status status = Connect(options).status();
  EXPECT_EQ(ErrorReason(status), "SOURCE_FILE_UNREADABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr(File("moved.pem")));
  std::filesystem::copy_file(File("ca.pem"), File("moved.pem"));
  EXPECT_TRUE(Connect(options).ok());
}

TEST_P(TlsTest, ClientCertificateIsSent) {
  const auto server = Start(ServerOptions("server"));
  auto root = server->MustConnect();
  root.MustExecute("CREATE USER x@'%' IDENTIFIED BY 'x' REQUIRE SUBJECT '/CN=client'");
  SourceOptions options = With(OptionsAs(*server, "x", "x"), TlsMode::kVerifyCa, File("ca.pem"));
  EXPECT_EQ(ErrorReason(Connect(options).status()), "SOURCE_AUTHENTICATION_FAILED");
  options.tls.certificate = File("client.pem");
  options.tls.key = File("client.key");
  EXPECT_NE(MustConnect(options)->TlsCipher(), "");
}

TEST_P(TlsTest, DumpRunsOverTls) {
  const auto server = Start(ServerOptions("server"));
  auto root = server->MustConnect();
  root.MustExecute("CREATE TABLE mysql.t (a LONGTEXT)");
  root.MustExecute("INSERT INTO mysql.t VALUES (REPEAT('x', 20000000))");
  auto stream = OpenStream(With(OptionsFor(*server), TlsMode::kVerifyCa, File("ca.pem")), {});
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_NE((*stream)->TlsCipher(), "");
  size_t largest = 0;
  while (largest < 20'000'000) {
    const auto event = (*stream)->Read();
    ASSERT_TRUE(event.ok()) << event.status();
    largest = std::max(largest, event->size());
  }
}

// Many events fit into one TLS record, and the library reads the record in pieces.
TEST_P(TlsTest, WaitOverTlsSeesDecryptedBytes) {
  const auto server = Start(ServerOptions("server"));
  auto root = server->MustConnect();
  root.MustExecute("CREATE TABLE mysql.t (a LONGTEXT)");
  for (int size = 1; size < 20'000; size += 97) {
    root.MustExecute("INSERT INTO mysql.t VALUES (REPEAT('x', " + std::to_string(size) + "))");
  }
  root.MustExecute("INSERT INTO mysql.t VALUES ('last one')");
  SourceOptions options = With(OptionsFor(*server), TlsMode::kVerifyCa, File("ca.pem"));
  // If Wait missed decrypted bytes, the test would reach its time limit.
  options.heartbeat_period = Micros{3600} * 1'000'000;
  const auto stream = OpenStream(options, {}).value();
  bool last = false;
  while (!last) {
    stream->Wait();
    const auto event = stream->Read();
    ASSERT_TRUE(event.ok()) << event.status();
    last = event->find("last one") != std::string_view::npos;
  }
}

MILLRACE_BOTH_SERVERS(TlsTest);

}  // namespace
}  // namespace millrace
