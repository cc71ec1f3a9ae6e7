// SPDX-License-Identifier: Apache-2.0

#include "millrace/row_types.h"

#include "client/fake_feed.h"
#include "client/table_fixture.h"
#include "gtest/gtest.h"
#include "millrace/error.h"

namespace millrace::client {
namespace {

using google::protobuf::FieldDescriptorProto;

class RowTypesTest : public ::testing::Test {
 protected:
  RowTypesTest() : client_(*Client::Connect({.address = feed_.address()})), types_(client_.get()) {
    feed_.SetTable(Customers());
  }

  static v1::Table CustomersWithPhone() {
    return MakeTable("inventory", "customers",
                     {{"id", 1, FieldDescriptorProto::TYPE_INT32, 1, "", false},
                      {"name", 2},
                      {"email", 3},
                      {"phone", 4}},
                     2);
  }

  std::string Text(const google::protobuf::Any& row) {
    const auto message = types_.Unpack(row);
    return message.ok() ? (*message)->ShortDebugString() : message.status().ToString();
  }

  FakeFeed feed_;
  std::unique_ptr<Client> client_;
  RowTypes types_;
};

TEST_F(RowTypesTest, TypeIsFetchedOnce) {
  EXPECT_EQ(Text(MakeRow(Customers(), R"(id: 7 name: "Anna")")), R"(id: 7 name: "Anna")");
  EXPECT_EQ(Text(MakeRow(Customers(), "id: 8")), "id: 8");
  EXPECT_EQ(feed_.table_fetches(), 1);
}

TEST_F(RowTypesTest, ChangeIsUnpackedWithItsTable) {
  const v1::Change change =
      MakeChange(1, v1::OPERATION_UPDATE, Customers(), "id: 7", R"(id: 7 name: "Anna")");
  EXPECT_EQ((*types_.UnpackBefore(change))->ShortDebugString(), "id: 7");
  EXPECT_EQ((*types_.UnpackAfter(change))->ShortDebugString(), R"(id: 7 name: "Anna")");
}

TEST_F(RowTypesTest, EvolvedTypeIsFetchedAgain) {
  const auto old = types_.Unpack(MakeRow(Customers(), "id: 7"));
  feed_.SetTable(CustomersWithPhone());
  EXPECT_EQ(Text(MakeRow(CustomersWithPhone(), R"(id: 7 phone: "1")")), R"(id: 7 phone: "1")");
  EXPECT_EQ(feed_.table_fetches(), 2);
  EXPECT_EQ((*old)->ShortDebugString(), "id: 7");
}

TEST_F(RowTypesTest, BothRowsHaveOneType) {
  const v1::Table evolved = CustomersWithPhone();
  for (const bool before_has_it : {true, false}) {
    feed_.SetTable(Customers());
    RowTypes types(client_.get());
    EXPECT_TRUE(types.Unpack(MakeRow(Customers(), "id: 7")).ok());
    feed_.SetTable(evolved);
    const std::string with = R"(id: 7 phone: "1")";
    const auto rows = types.UnpackRows(MakeChange(1, v1::OPERATION_UPDATE, evolved,
                                                  before_has_it ? with : "id: 7",
                                                  before_has_it ? "id: 7" : with));
    EXPECT_EQ(rows->before->GetDescriptor(), rows->after->GetDescriptor());
    EXPECT_NE(rows->after->GetDescriptor()->FindFieldByName("phone"), nullptr);
  }
}

TEST_F(RowTypesTest, UnexplainedFieldFetchesTypeOnce) {
  const google::protobuf::Any row = MakeRow(CustomersWithPhone(), R"(id: 7 phone: "1")");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Text(row), R"(id: 7 4: "1")");
  EXPECT_EQ(feed_.table_fetches(), 2);
}

TEST_F(RowTypesTest, UnknownTableIsNotFound) {
  google::protobuf::Any row = MakeRow(Customers(), "id: 7");
  row.set_type_url("t/db.inventory.nothing");
  EXPECT_EQ(types_.Unpack(row).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RowTypesTest, MalformedRowIsDataLoss) {
  google::protobuf::Any row = MakeRow(Customers(), "id: 7");
  row.set_value("\xff\xff");
  EXPECT_EQ(types_.Unpack(row).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(RowTypesTest, BrokenDescriptionIsAnError) {
  v1::Table broken = Customers();
  broken.mutable_descriptors()->mutable_file()->DeleteSubrange(0, 1);
  feed_.SetTable(broken);
  const auto row = types_.Unpack(MakeRow(Customers(), "id: 7"));
  EXPECT_EQ(row.status().code(), absl::StatusCode::kInternal);
}

// A table with two versions: column 2 was renamed at sequence 11. The log ends at sequence 20.
class RowTypesAtSequenceTest : public RowTypesTest {
 protected:
  RowTypesAtSequenceTest() : at_sequence_(client_.get(), RowTypes::Names::kAtSequence) {
    old_.set_last_sequence(10);
    now_.set_first_sequence(11);
    now_.set_last_sequence(20);
    feed_.SetTable(now_);
    feed_.AddPastTable(old_);
  }

  std::string NameAt(uint64_t sequence) {
    const v1::Change change =
        MakeChange(sequence, v1::OPERATION_INSERT, old_, "", R"(id: 7 name: "Anna")");
    const auto row = at_sequence_.UnpackAfter(change);
    return row.ok() ? (*row)->GetDescriptor()->FindFieldByNumber(2)->name()
                    : row.status().ToString();
  }

  v1::Table old_ = Customers();
  v1::Table now_ =
      MakeTable("inventory", "customers",
                {{"id", 1, FieldDescriptorProto::TYPE_INT32, 1, "", false}, {"called", 2}}, 2);
  RowTypes at_sequence_;
};

TEST_F(RowTypesAtSequenceTest, RowHasTypeOfItsSequence) {
  EXPECT_EQ(NameAt(10), "name");
  EXPECT_EQ(NameAt(11), "called");
  EXPECT_EQ(NameAt(3), "name");
  EXPECT_EQ(NameAt(20), "called");
  EXPECT_EQ(feed_.table_fetches(), 2);
}

TEST_F(RowTypesAtSequenceTest, NewerRowFetchesTypeAgain) {
  EXPECT_EQ(NameAt(20), "called");
  now_.set_last_sequence(30);
  feed_.SetTable(now_);
  EXPECT_EQ(NameAt(21), "called");
  EXPECT_EQ(NameAt(30), "called");
  EXPECT_EQ(feed_.table_fetches(), 2);
}

TEST_F(RowTypesAtSequenceTest, OldServerIsDetectedOnce) {
  now_.clear_last_sequence();
  feed_.SetTable(now_);
  for (const uint64_t sequence : {30, 40}) EXPECT_EQ(NameAt(sequence), "called");
  EXPECT_EQ(feed_.table_fetches(), 2);
}

TEST_F(RowTypesTest, AbsentRowIsInvalid) {
  const v1::Change change = MakeChange(1, v1::OPERATION_DELETE, Customers(), "id: 7", "");
  EXPECT_EQ(types_.UnpackAfter(change).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace millrace::client
