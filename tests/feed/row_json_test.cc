// SPDX-License-Identifier: Apache-2.0

#include "feed/row_json.h"

#include "feed/filled_log.h"

namespace millrace::feed {
namespace {

class RowJsonTest : public ::testing::Test {
 protected:
  std::string Payload(Sequence at) {
    return std::string(log_.feed().Read(at, 1).value().front()->payload());
  }

  FilledLog log_;
};

TEST_F(RowJsonTest, JsonKeysAreColumnNames) {
  log_.Transaction(1, {{.operation = v1::OPERATION_UPDATE, .id = 3, .note_bytes = 2}});
  log_.Commit();
  const auto response = RowJson(log_.registry()).Convert(Payload({1}));
  ASSERT_EQ(ReasonOf(response), "OK");
  const v1::Change& change = response->transactions(0).changes(0);
  EXPECT_EQ(change.before_json(), R"({"id":3,"note":"dd"})");
  EXPECT_EQ(change.after_json(), R"({"id":3,"note":"dd"})");
  EXPECT_FALSE(change.has_before() || change.has_after());
}

TEST_F(RowJsonTest, ColumnNamesAreThoseAtTheChangesSequence) {
  log_.Transaction(1, {{.id = 1, .note_bytes = 1}});
  log_.Commit();
  log_.registry().RenameColumns({"shop", "orders"}, {{"note", "[a \"b\"]"}}, Sequence{2});
  log_.Transaction(2, {{.id = 2, .note_bytes = 1}});
  log_.Commit();
  RowJson json(log_.registry());
  for (int i = 0; i < 2; ++i) {
    const auto old = json.Convert(Payload({1}));
    EXPECT_EQ(old->transactions(0).changes(0).after_json(), R"({"id":1,"note":"b"})");
    const auto fresh = json.Convert(Payload({2}));
    EXPECT_EQ(fresh->transactions(0).changes(0).after_json(), R"({"id":2,"[a \"b\"]":"c"})");
  }
}

TEST_F(RowJsonTest, OtherFieldsAreUnchanged) {
  log_.Transaction(1, {{.operation = v1::OPERATION_DELETE}});
  log_.Commit();
  const auto response = RowJson(log_.registry()).Convert(Payload({1}));
  ASSERT_EQ(ReasonOf(response), "OK");
  EXPECT_EQ(response->transactions(0).gtid(), GtidTextOf(1));
  EXPECT_EQ(response->transactions(0).changes(0).sequence(), 1u);
  EXPECT_EQ(response->transactions(0).changes(0).operation(), v1::OPERATION_DELETE);
  EXPECT_TRUE(response->transactions(0).changes(0).after_json().empty());
}

TEST_F(RowJsonTest, UnknownRowTypeIsDamage) {
  v1::SubscribeResponse response;
  response.add_transactions()->add_changes()->mutable_after()->set_type_url("t/db.no.such");
  EXPECT_EQ(ReasonOf(RowJson(log_.registry()).Convert(response.SerializeAsString())),
            "LOG_DAMAGED");
}

TEST_F(RowJsonTest, InvalidRowBytesAreDamage) {
  log_.Inserts(1, 1);
  log_.Commit();
  v1::SubscribeResponse response;
  auto& row = *response.add_transactions()->add_changes()->mutable_after();
  row.set_type_url("t/db.shop.orders");
  row.set_value("\x0a");
  EXPECT_EQ(ReasonOf(RowJson(log_.registry()).Convert(response.SerializeAsString())),
            "LOG_DAMAGED");
  EXPECT_EQ(ReasonOf(RowJson(log_.registry()).Convert("\x0a")), "LOG_DAMAGED");
}

}  // namespace
}  // namespace millrace::feed
