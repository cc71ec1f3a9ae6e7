// SPDX-License-Identifier: Apache-2.0

// The SQL for the rows that a request chooses.

#include "snapshot/row_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace millrace::snapshot {
namespace {

using ::testing::HasSubstr;

std::vector<schema::Column> OrdersColumns() {
  schema::Column id;
  id.name = "id";
  id.type = ColumnType::kLong;
  id.mysql_type = "int";
  schema::Column secret = id;
  secret.name = "secret";
  secret.captured = false;
  return {id, secret};
}

absl::StatusOr<std::string> SqlOf(const RowChoice& choice) {
  static const auto& orders = *new TableName{"shop", "orders"};
  return ChoiceSql(choice, orders, OrdersColumns(), "id");
}

TEST(RowChoice, EmptyChoiceSelectsAllRows) {
  EXPECT_TRUE(RowChoice().all());
  EXPECT_EQ(*SqlOf({}), "");
}

TEST(RowChoice, PartsAreCombinedWithAnd) {
  EXPECT_EQ(*SqlOf({.where = "id = 1 OR id = 2", .key_from = "5", .key_to = "9"}),
            "((`id` = 1) OR (`id` = 2)) AND (`id` >= 5) AND (`id` < 9)");
  EXPECT_EQ(*SqlOf({.where = {}, .key_from = {}, .key_to = "9"}), "(`id` < 9)");
}

TEST(RowChoice, ErrorNamesTheField) {
  const auto field = [](const RowChoice& choice) {
    const absl::Status status = SqlOf(choice).status();
    EXPECT_EQ(ErrorReason(status), "CONDITION_INVALID");
    return ErrorMetadataOf(status)["field"];
  };
  EXPECT_EQ(field({.where = "id = 1 limit 1", .key_from = {}, .key_to = {}}), "where");
  EXPECT_EQ(field({.where = "secret = 1", .key_from = {}, .key_to = {}}), "where");
  EXPECT_EQ(field({.where = {}, .key_from = "a", .key_to = {}}), "key_from");
  EXPECT_EQ(field({.where = {}, .key_from = {}, .key_to = "1 OR 1=1"}), "key_to");
}

TEST(RowChoice, SyntaxNeedsNoTable) {
  EXPECT_TRUE(CheckSyntax({.where = "anything = 1", .key_from = {}, .key_to = {}}).ok());
  const absl::Status status =
      CheckSyntax({.where = "1=1) limit 1 -- ", .key_from = {}, .key_to = {}});
  EXPECT_THAT(std::string(status.message()), HasSubstr("where at offset 0: expected a column"));
}

}  // namespace
}  // namespace millrace::snapshot
