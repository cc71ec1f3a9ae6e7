// SPDX-License-Identifier: Apache-2.0

// The documents for users are correct: their commands succeed on a server with the tables of
// deploy/demo, and print what the documents show.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "fmt/format.h"
#include "system/documents/document.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

constexpr absl::Duration kCommandsDeadline = absl::Seconds(60);
constexpr int kOrders = 1000;

// The rows and changes of deploy/demo.
class DocumentTest : public ::testing::TestWithParam<const char*> {
 protected:
  DocumentTest() {
    for (const char* statement : kBefore) sql_.MustExecute(statement);
    feed_ = FeedServer::MustStart(*source_, {.tables = {},
                                             .source = {},
                                             .log = {},
                                             .server = {},
                                             .kafka = {},
                                             .metrics = {},
                                             .snapshot = {"mode: initial"}});
    feed_->WaitUntil("the rows are read", [](const v1::GetStatusResponse& status) {
      return status.log().newest_sequence() >= 3;
    });
    for (const char* statement : kAfter) sql_.MustExecute(statement);
    for (int i = 1; i <= kOrders; ++i) {
      sql_.MustExecute(
          fmt::format("INSERT INTO shop.orders (customer_id, total) VALUES (3, {}.00)", i));
    }
    feed_->WaitUntil("all is read", [](const v1::GetStatusResponse& status) {
      return status.log().newest_sequence() >= 1018;
    });
  }

  ProcessResult Run(const std::string& commands) {
    const std::string path =
        fmt::format("{}:{}", MillracePath().parent_path().string(), std::getenv("PATH"));
    auto result =
        RunProcess({.program = "bash",
                    .arguments = {"-euo", "pipefail", "-c", commands},
                    .environment = {{"PATH", path}, {"MILLRACE_SERVER", feed_->address()}},
                    .directory = directory_.path(),
                    .output = {},
                    .errors = {}},
                   kCommandsDeadline);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result)
                       : ProcessResult{.exit_code = -1, .output = {}, .errors = {}};
  }

 private:
  static constexpr const char* kBefore[] = {
      "CREATE DATABASE inventory CHARACTER SET utf8mb4",
      ("CREATE TABLE inventory.products (sku VARCHAR(20) PRIMARY KEY, name VARCHAR(100) NOT NULL, "
       "price DECIMAL(10,2) NOT NULL, sizes SET('S','M','L'), details JSON)"),
      ("INSERT INTO inventory.products VALUES ('B-10', 'Båt', 1999.00, NULL, NULL), "
       "('H-20', 'Hat', 25.50, 'S,L', '{\"colour\": \"red\"}'), ('R-30', '雨衣', 0.99, '', NULL)"),
  };
  static constexpr const char* kAfter[] = {
      "CREATE DATABASE shop CHARACTER SET utf8mb4",
      ("CREATE TABLE inventory.customers (id INT UNSIGNED PRIMARY KEY AUTO_INCREMENT, "
       "name VARCHAR(100) NOT NULL, email VARCHAR(255), balance DECIMAL(10,2) NOT NULL, tags JSON, "
       "since TIMESTAMP(6) NOT NULL)"),
      ("CREATE TABLE shop.orders (id BIGINT PRIMARY KEY AUTO_INCREMENT, "
       "customer_id INT UNSIGNED NOT NULL, "
       "status ENUM('new','paid','shipped') NOT NULL DEFAULT 'new', total DECIMAL(10,2) NOT NULL)"),
      "SET time_zone = '+00:00'",
      ("INSERT INTO inventory.customers (name, email, balance, tags, since) VALUES "
       "('Zoë Ångström', 'zoe@example.org', 120.00, '{\"vip\": true}', '2030-05-01 12:30:00.25'), "
       "('Bob', NULL, 0.50, NULL, '2030-05-02 08:00:00'), "
       "('陳大文', 'chan@example.org', -7.25, '[\"a\", \"b\"]', '2030-05-03 00:00:00')"),
      "START TRANSACTION",
      "INSERT INTO shop.orders (customer_id, total) VALUES (1, 99.90), (2, 0.50)",
      "UPDATE inventory.customers SET balance = balance - 99.90 WHERE id = 1",
      "UPDATE shop.orders SET status = 'paid' WHERE id = 1",
      "COMMIT",
      "ALTER TABLE inventory.customers ADD COLUMN phone VARCHAR(30)",
      "UPDATE inventory.customers SET phone = '+46 8 123', email = NULL WHERE id = 1",
      "UPDATE inventory.products SET price = 19.50 WHERE sku = 'H-20'",
      "DELETE FROM shop.orders WHERE id = 2",
      "DELETE FROM inventory.customers WHERE name = 'Bob'",
  };

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = Flavour::kMysql});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
  TempDirectory directory_;
};

TEST_P(DocumentTest, CommandsSucceedAndPrintTheirOutput) {
  const std::filesystem::path file = std::filesystem::path(MILLRACE_SOURCE) / GetParam();
  const std::vector<Example> examples = ExamplesOf(file);
  EXPECT_FALSE(examples.empty());
  for (const Example& example : examples) {
    const std::string place = fmt::format("{}:{}", file.string(), example.line);
    const ProcessResult result = Run(example.commands);
    EXPECT_EQ(result.exit_code, 0) << place << "\n" << result.output << result.errors;
    if (!example.output.has_value()) continue;
    EXPECT_EQ(WithoutVariables(result.output), WithoutVariables(*example.output))
        << place << " prints:\n"
        << result.output << result.errors;
  }
}

INSTANTIATE_TEST_SUITE_P(Documents, DocumentTest,
                         ::testing::Values("README.md", "client/GUIDE.md", "server/OPERATING.md"),
                         [](const auto& document) {
                           return std::filesystem::path(document.param).stem().string();
                         });

}  // namespace
}  // namespace millrace::testing
