// SPDX-License-Identifier: Apache-2.0

#include "feed/filter.h"

#include "feed/filled_log.h"

namespace millrace::feed {
namespace {

class FilterTest : public ::testing::Test {
 protected:
  FilterTest() {
    log_.Transaction(1, {{.table = "orders"}, {.table = "carts"}});
    log_.Commit();
  }
  absl::StatusOr<Filter> Make(const std::vector<std::string>& tables,
                              const std::vector<int>& operations = {}) {
    return Filter::Make(TablePatterns::Parse(tables).value(), operations, log_.registry());
  }
  bool Wants(Filter& filter, const std::string& table, uint8_t operation = v1::OPERATION_INSERT) {
    return filter.Wants(log_.TableId(table), operation);
  }

  FilledLog log_;
};

TEST_F(FilterTest, WithoutTablesAndOperationsEverythingIsWanted) {
  Filter filter = Make({}).value();
  EXPECT_TRUE(filter.wants_everything());
  EXPECT_TRUE(Wants(filter, "orders"));
  EXPECT_TRUE(filter.Wants(0, v1::OPERATION_SCHEMA_CHANGE));
}

TEST_F(FilterTest, FilterSelectsTablesByPattern) {
  Filter filter = Make({"shop.o*"}).value();
  EXPECT_FALSE(filter.wants_everything());
  EXPECT_TRUE(Wants(filter, "orders"));
  EXPECT_FALSE(Wants(filter, "carts"));
}

TEST_F(FilterTest, ChangesWithoutTableGoToUnfilteredReaders) {
  Filter some = Make({"shop.*"}).value();
  Filter all = Make({}, {v1::OPERATION_SCHEMA_CHANGE}).value();
  EXPECT_FALSE(some.Wants(0, v1::OPERATION_SCHEMA_CHANGE));
  EXPECT_TRUE(all.Wants(0, v1::OPERATION_SCHEMA_CHANGE));
}

TEST_F(FilterTest, FilterSelectsSingleOperations) {
  Filter filter = Make({}, {v1::OPERATION_DELETE, v1::OPERATION_UPDATE}).value();
  EXPECT_TRUE(Wants(filter, "orders", v1::OPERATION_DELETE));
  EXPECT_TRUE(Wants(filter, "orders", v1::OPERATION_UPDATE));
  EXPECT_FALSE(Wants(filter, "orders", v1::OPERATION_INSERT));
}

TEST_F(FilterTest, UnknownPlainNameIsRefused) {
  EXPECT_EQ(ReasonOf(Make({"shop.orders", "shop.oders"})), "TABLE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Make({"shop.oders*"})), "OK");
}

TEST_F(FilterTest, UnknownOperationIsRefused) {
  for (const int operation : {-1, 0, 7, 63, 64, 1 << 20}) {
    EXPECT_EQ(ReasonOf(Make({}, {operation})), "REQUEST_INVALID") << operation;
  }
}

TEST_F(FilterTest, TableThatAppearsLaterIsMatched) {
  Filter filter = Make({"shop.n*"}).value();
  EXPECT_FALSE(filter.Wants(3, v1::OPERATION_INSERT));
  log_.Transaction(2, {{.table = "news"}});
  log_.Commit();
  EXPECT_TRUE(Wants(filter, "news"));
}

// A damaged frame can contain such numbers.
TEST_F(FilterTest, UnknownTableNumbersAreNotWanted) {
  Filter filter = Make({"shop.*"}).value();
  EXPECT_FALSE(filter.Wants(UINT32_MAX, v1::OPERATION_INSERT));
  EXPECT_FALSE(filter.Wants(1'000'000'000, v1::OPERATION_INSERT));
  Filter all = Make({}, {v1::OPERATION_INSERT}).value();
  EXPECT_FALSE(all.Wants(1, 64 + v1::OPERATION_INSERT));
}

}  // namespace
}  // namespace millrace::feed
