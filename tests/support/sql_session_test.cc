// SPDX-License-Identifier: Apache-2.0

#include "support/sql_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/source_server.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SqlSessionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = SourceServer::MustStart({.flavour = Flavour::kMariadb});
    server_->MustConnect().MustExecute("CREATE DATABASE shop CHARACTER SET utf8mb4");
  }
  static void TearDownTestSuite() { server_.reset(); }

  static std::unique_ptr<SourceServer> server_;
};
std::unique_ptr<SourceServer> SqlSessionTest::server_;

TEST_F(SqlSessionTest, RowsDistinguishNullEmptyAndZeroBytes) {
  SqlSession session = server_->MustConnect();
  EXPECT_THAT(session.MustQuery("SELECT NULL, '', X'610062' UNION ALL SELECT 1, 2, 3"),
              ElementsAre(ElementsAre(std::nullopt, "", std::string("a\0b", 3)),
                          ElementsAre("1", "2", "3")));
}

TEST_F(SqlSessionTest, ErrorHasServerMessageAndStatement) {
  SqlSession session = server_->MustConnect();
  const absl::Status status = session.Execute("SELECT * FROM shop.missing");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1146"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("FROM shop.missing"));
}

TEST_F(SqlSessionTest, QueryValueRefusesManyRows) {
  SqlSession session = server_->MustConnect();
  EXPECT_EQ(session.QueryValue("SELECT 1 UNION SELECT 2").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(SqlSessionTest, StatementOfFortyMegabytesIsSent) {
  SqlSession session = server_->MustConnect();
  const std::string text(40 << 20, 'x');
  EXPECT_EQ(session.MustQueryValue("SELECT LENGTH('" + text + "')"), std::to_string(text.size()));
}

TEST_F(SqlSessionTest, BinaryCharsetConvertsNothing) {
  server_->MustConnect().MustExecute(
      "CREATE TABLE shop.words (word VARCHAR(10) CHARACTER SET latin1) SELECT 'caf\xc3\xa9' word");
  EXPECT_EQ(server_->MustConnect().MustQueryValue("SELECT word FROM shop.words"), "caf\xc3\xa9");
  EXPECT_EQ(server_->MustConnect("binary").MustQueryValue("SELECT word FROM shop.words"),
            "caf\xe9");
}

TEST_F(SqlSessionTest, UnreachableServerIsUnavailable) {
  SqlSessionOptions options;
  options.socket = "/nowhere/mysql.sock";
  EXPECT_EQ(SqlSession::Open(options).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(SqlSessionTest, FailedMustExecuteAborts) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  SqlSession session = server_->MustConnect();
  EXPECT_DEATH(session.MustExecute("NONSENSE"), "NONSENSE");
}

}  // namespace
}  // namespace millrace::testing
