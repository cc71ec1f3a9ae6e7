// SPDX-License-Identifier: Apache-2.0

// Users of grpcurl or buf who have none of our files can do everything, by reflection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "support/installed.h"
#include "support/process.h"
#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr absl::Duration kTimeout = absl::Seconds(60);

class ReflectionClient : public ::testing::TestWithParam<Flavour> {
 protected:
  ReflectionClient() {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute(
        "CREATE TABLE shop.item (id INT PRIMARY KEY, `full name` VARCHAR(20), price DECIMAL(6,2), "
        "sold TIMESTAMP NULL)");
    sql_.MustExecute("SET time_zone = '+00:00'");
    sql_.MustExecute("INSERT INTO shop.item VALUES (1, 'tea', 2.5, '2024-01-02 03:04:05')");
    sql_.MustExecute("UPDATE shop.item SET price = 3");
    sql_.MustExecute("DELETE FROM shop.item");
    request_ = fmt::format(
        R"({{"at": "START_POINT_EARLIEST", "tables": ["shop.item"], "until_token": "{}"}})",
        reader_.CurrentToken(sql_));
  }

  static std::string Run(const std::filesystem::path& program,
                         const std::vector<std::string>& arguments) {
    const auto result = RunProcess({.program = program.string(), .arguments = arguments}, kTimeout);
    if (!result.ok()) return result.status().ToString();
    EXPECT_EQ(result->exit_code, 0) << result->errors;
    return result->output;
  }

  std::string Grpcurl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "-plaintext");
    return Run(GrpcurlPath(), arguments);
  }

  static void ExpectAllRows(const std::string& output) {
    for (const char* operation : {"INSERT", "UPDATE", "DELETE"}) {
      EXPECT_THAT(output, HasSubstr(fmt::format("OPERATION_{}", operation)));
    }
    EXPECT_THAT(output, ContainsRegex("\"after\": *\\{[^}]*\"full name\": *\"tea\""));
    EXPECT_THAT(output, ContainsRegex("\"before\": *\\{[^}]*\"price\": *\"2.50\""));
    EXPECT_THAT(output, ContainsRegex("\"after\": *\\{[^}]*\"price\": *\"3.00\""));
    EXPECT_THAT(output, ContainsRegex("\"before\": *\\{[^}]*\"price\": *\"3.00\""));
    EXPECT_THAT(output, ContainsRegex("\"sold\": *\"2024-01-02T03:04:05Z\""));
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_);
  ChangeReader reader_{*feed_};
  std::string request_;
};

TEST_P(ReflectionClient, ListsServices) {
  const std::string services = Grpcurl({feed_->address(), "list"});

  for (const char* service :
       {"millrace.v1.ChangeFeed", "millrace.v1.Admin", "grpc.reflection.v1.ServerReflection"}) {
    EXPECT_THAT(services, HasSubstr(service));
  }
}

TEST_P(ReflectionClient, DescribesServicesAndRowsOfTables) {
  EXPECT_THAT(Grpcurl({feed_->address(), "describe", "millrace.v1.ChangeFeed"}),
              HasSubstr("rpc Subscribe"));
  EXPECT_THAT(Grpcurl({feed_->address(), "describe", "millrace.v1.SubscribeRequest"}),
              HasSubstr("string resume_token"));
  EXPECT_THAT(Grpcurl({feed_->address(), "describe", "db.shop.item"}),
              HasSubstr("optional string price = 3"));
}

TEST_P(ReflectionClient, DescribesEachServiceItLists) {
  const std::string services = Grpcurl({feed_->address(), "list"});

  for (const absl::string_view service : absl::StrSplit(services, '\n', absl::SkipEmpty())) {
    EXPECT_THAT(Grpcurl({feed_->address(), "describe", std::string(service)}),
                HasSubstr("is a service"));
  }
  EXPECT_THAT(Grpcurl({feed_->address(), "grpc.health.v1.Health/Check"}), HasSubstr("SERVING"));
}

TEST_P(ReflectionClient, GrpcurlShowsRowsByColumnName) {
  ExpectAllRows(Grpcurl({"-d", request_, feed_->address(), "millrace.v1.ChangeFeed/Subscribe"}));
}

TEST_P(ReflectionClient, GrpcurlShowsAnAddedColumn) {
  sql_.MustExecute("ALTER TABLE shop.item ADD colour VARCHAR(9)");
  sql_.MustExecute("INSERT INTO shop.item (id, colour) VALUES (9, 'green')");
  const std::string until = reader_.CurrentToken(sql_);

  const std::string output =
      Grpcurl({"-d", fmt::format(R"({{"at": "START_POINT_EARLIEST", "until_token": "{}"}})", until),
               feed_->address(), "millrace.v1.ChangeFeed/Subscribe"});

  ExpectAllRows(output);
  EXPECT_THAT(output, ContainsRegex("\"colour\": *\"green\""));
}

TEST_P(ReflectionClient, BufShowsRowsByColumnName) {
  ExpectAllRows(Run(BufPath(),
                    {"curl", "--protocol", "grpc", "--http2-prior-knowledge", "--data", request_,
                     fmt::format("http://{}/millrace.v1.ChangeFeed/Subscribe", feed_->address())}));
}

INSTANTIATE_TEST_SUITE_P(Sources, ReflectionClient,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
