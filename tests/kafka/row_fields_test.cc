// SPDX-License-Identifier: Apache-2.0

#include "kafka/row_fields.h"

#include <random>

#include "kafka/encoder_fixture.h"

namespace millrace::kafka {
namespace {

using State = FieldValue::State;

class RowFieldsTest : public EncoderTest {
 protected:
  std::string Read(const RowView& row) {
    return ErrorReason(RowFields(orders_).Read(row, values_));
  }

  std::vector<FieldValue> values_;
};

TEST_F(RowFieldsTest, ValuesAreIndexedByColumn) {
  EXPECT_EQ(Read(Order(-3, "Ada")), "");
  EXPECT_EQ(static_cast<int64_t>(values_[0].number), -3);
  EXPECT_EQ(values_[1].bytes, "Ada");
  EXPECT_EQ(values_[1].field,
            "\x12\x03"
            "Ada");
}

TEST_F(RowFieldsTest, AbsentFieldIsNull) {
  EXPECT_EQ(Read(Order(1, kNullCell)), "");
  EXPECT_EQ(values_[1].state, State::kNull);
}

TEST_F(RowFieldsTest, FieldsMayComeInAnyOrder) {
  EXPECT_EQ(Read({.present = true, .bytes = std::string_view("\x12\x01z\x08\x05", 5)}), "");
  EXPECT_EQ(values_[0].number, 5u);
  EXPECT_EQ(values_[1].bytes, "z");
}

TEST_F(RowFieldsTest, OmittedColumnIsUnknownNotNull) {
  RowView row = Order(1, kNullCell);
  row.unknown = {2};
  EXPECT_EQ(Read(row), "");
  EXPECT_EQ(values_[1].state, State::kUnknown);
}

TEST_F(RowFieldsTest, InvalidTextReplacesItsField) {
  RowView row = Order(1, kNullCell);
  row.invalid = {{2, "\xff"}};
  EXPECT_EQ(Read(row), "");
  EXPECT_EQ(values_[1].state, State::kInvalid);
  EXPECT_EQ(values_[1].bytes, "\xff");
}

TEST_F(RowFieldsTest, MalformedRowIsDamage) {
  const std::string_view rows[] = {
      "\x08", "\x12\x05z", "\x0a\x01z", "\x1a\x01z", std::string_view("\x08\x01\x08\x01", 4),
      "\x80"};
  for (const std::string_view bytes : rows) {
    EXPECT_EQ(Read({.present = true, .bytes = bytes}), "LOG_DAMAGED");
  }
  RowView row = Order(1, "Ada");
  row.unknown = {2};
  EXPECT_EQ(Read(row), "LOG_DAMAGED");
  row.unknown = {9};
  EXPECT_EQ(Read(row), "LOG_DAMAGED");
  row.unknown.clear();
  row.invalid = {{1, ""}};
  EXPECT_EQ(Read(row), "LOG_DAMAGED");
}

}  // namespace
}  // namespace millrace::kafka
