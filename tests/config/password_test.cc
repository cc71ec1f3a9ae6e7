// SPDX-License-Identifier: Apache-2.0

#include "config/password.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace millrace {
namespace {

class PasswordTest : public testing::Test {
 protected:
  ~PasswordTest() override { std::filesystem::remove(path_); }

  absl::StatusOr<std::string> ReadFileWith(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
    return ReadPassword({.password_file = path_});
  }

  const std::string path_ =
      testing::TempDir() + "/millrace_password_test_" + std::to_string(getpid());
};

TEST_F(PasswordTest, IsEmptyWhenNoneIsSet) { EXPECT_EQ(ReadPassword({}).value(), ""); }

TEST_F(PasswordTest, FilePasswordDropsLastNewline) {
  EXPECT_EQ(ReadFileWith("pass word\n").value(), "pass word");
  EXPECT_EQ(ReadFileWith("pass\r\n").value(), "pass");
  EXPECT_EQ(ReadFileWith(" pass\n\n").value(), " pass\n");
  EXPECT_EQ(ReadFileWith("").value(), "");
}

TEST_F(PasswordTest, ComesFromTheEnvironment) {
  ASSERT_EQ(setenv("MILLRACE_TEST_PASSWORD", "p w", 1), 0);
  EXPECT_EQ(ReadPassword({.password_env = "MILLRACE_TEST_PASSWORD"}).value(), "p w");
  ASSERT_EQ(unsetenv("MILLRACE_TEST_PASSWORD"), 0);
}

TEST_F(PasswordTest, UnreadableFileIsNamed) {
  for (const std::string& path : {std::string("/nonexistent/password"), testing::TempDir()}) {
    const absl::Status status = ReadPassword({.password_file = path}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ErrorReason(status), "SOURCE_FILE_UNREADABLE");
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(path));
    EXPECT_EQ(ErrorReason(ReadSaslPassword({.sasl_password_file = path}).status()),
              "MIRROR_PASSWORD_UNREADABLE");
  }
}

TEST_F(PasswordTest, TooLargeFileFailsWithoutShowingIt) {
  EXPECT_EQ(ReadFileWith(std::string(4096, 'p')).value().size(), 4096u);
  const absl::Status status = ReadFileWith(std::string(4097, 'p')).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), testing::Not(testing::HasSubstr("ppp")));
}

TEST_F(PasswordTest, MissingVariableIsNamed) {
  const absl::Status status = ReadPassword({.password_env = "MILLRACE_TEST_UNSET"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(status), "SOURCE_PASSWORD_MISSING");
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("MILLRACE_TEST_UNSET"));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("restart"));
}

TEST_F(PasswordTest, UnreadableTlsFileIsNamed) {
  std::ofstream(path_) << "PEM";
  SourceOptions options;
  options.tls = {.mode = TlsMode::kVerifyCa, .ca = path_, .certificate = path_, .key = path_};
  EXPECT_TRUE(CheckTlsFiles(options).ok());
  for (std::string SourceTlsOptions::*file :
       {&SourceTlsOptions::ca, &SourceTlsOptions::certificate, &SourceTlsOptions::key}) {
    SourceOptions broken = options;
    broken.tls.*file = "/nonexistent/file.pem";
    const absl::Status status = CheckTlsFiles(broken);
    EXPECT_EQ(ErrorReason(status), "SOURCE_FILE_UNREADABLE");
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("'/nonexistent/file.pem'"));
    broken.tls.mode = TlsMode::kDisabled;
    EXPECT_TRUE(CheckTlsFiles(broken).ok());
  }
}

TEST_F(PasswordTest, UnusedCaIsNotRead) {
  SourceOptions options;
  options.tls = {.mode = TlsMode::kRequired, .ca = "/nonexistent/ca.pem"};
  EXPECT_TRUE(CheckTlsFiles(options).ok());
}

}  // namespace
}  // namespace millrace
