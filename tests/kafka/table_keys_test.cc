// SPDX-License-Identifier: Apache-2.0

#include "kafka/table_keys.h"

#include "kafka/encoder_fixture.h"

namespace millrace::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

schema::TableVersionPtr Table() {
  Column second = KeyColumn("second");
  second.key_ordinal = 2;
  return MakeVersion({"shop", "orders"}, {second, KeyColumn("first"), TextColumn("a,`b")});
}

std::vector<size_t> ColumnsOf(const std::vector<std::string>& keys,
                              const schema::TableVersionPtr& table = Table()) {
  return TableKeys::Parse(keys).value().ColumnsOf(*table).value();
}

TEST(TableKeys, DefaultIsPrimaryKeyInKeyOrder) {
  EXPECT_THAT(ColumnsOf({}), ElementsAre(1, 0));
  EXPECT_THAT(ColumnsOf({"shop.others: first"}), ElementsAre(1, 0));
}

TEST(TableKeys, TableWithoutPrimaryKeyHasNoKey) {
  EXPECT_THAT(ColumnsOf({}, MakeVersion({"shop", "log"}, {TextColumn("line")})), IsEmpty());
}

TEST(TableKeys, UncapturedKeyColumnMeansNoKey) {
  Column hidden = KeyColumn("hidden");
  hidden.key_ordinal = 2;
  hidden.captured = false;
  EXPECT_THAT(ColumnsOf({}, MakeVersion({"shop", "log"}, {KeyColumn("id"), hidden})), IsEmpty());
}

TEST(TableKeys, FirstMatchingEntryWins) {
  EXPECT_THAT(ColumnsOf({"shop.order*: second", "shop.*: first"}), ElementsAre(0));
  EXPECT_THAT(ColumnsOf({"*.*:first , SECOND"}), ElementsAre(1, 0));
}

TEST(TableKeys, NamesMayBeQuotedInBackquotes) {
  EXPECT_THAT(ColumnsOf({"`shop`.`orders`: `a,``b`, first"}), ElementsAre(2, 1));
}

TEST(TableKeys, UnknownColumnIsNamed) {
  const auto columns = TableKeys::Parse({"shop.orders: colour"}).value().ColumnsOf(*Table());
  EXPECT_EQ(ErrorReason(columns.status()), "MIRROR_UNENCODABLE");
  EXPECT_THAT(std::string(columns.status().message()), HasSubstr("colour"));
}

TEST(TableKeys, MalformedEntriesAreRefused) {
  for (const char* text : {"", "shop.orders", "shop.orders:", "shop.orders: a,", "shop: a",
                           "shop.orders: a, A", "shop.orders: `a", "shop.orders: a`b"}) {
    EXPECT_EQ(TableKeys::Parse({text}).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace millrace::kafka
