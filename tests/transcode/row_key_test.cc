// SPDX-License-Identifier: Apache-2.0

#include "transcode/row_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "transcode/row_fixture.h"
#include "wire/buffer.h"

namespace millrace::transcode {
namespace {

schema::TableVersion TableOf(const std::vector<std::pair<std::string, uint32_t>>& columns) {
  schema::TableVersion table;
  table.name = {"shop", "orders"};
  for (const auto& [name, number] : columns) {
    schema::Column column = MakeColumn(ColumnType::kLong, 0, schema::FieldType::kInt32);
    column.name = name;
    column.field_number = number;
    column.captured = number != 0;
    table.columns.push_back(column);
  }
  return table;
}

// A row message with fields of all wire types: a = 300 (1), b = "xy" (2), c and d fixed (3, 4).
std::string FourColumns() {
  wire::Buffer row;
  row.PutVarintField(1, 300);
  row.PutBytesField(2, "xy");
  row.PutTag(3, wire::Buffer::kFixed64);
  row.Append("12345678");
  row.PutTag(4, wire::Buffer::kFixed32);
  row.Append("1234");
  return std::string(row.view());
}

class RowKeyTest : public ::testing::Test {
 protected:
  // The key of these columns, or `none`.
  std::string KeyOf(const std::vector<std::string>& columns, std::string_view row) {
    std::string key = "before ";
    const EncodedRow encoded{.message = row, .texts = texts_};
    const bool found = RowKey::Make(table_, columns).value().Append(encoded, key);
    if (!found) {
      EXPECT_EQ(key, "before ");
    }
    return found ? key.substr(7) : "none";
  }
  std::vector<InvalidText> texts_;
  schema::TableVersion table_ = TableOf({{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}, {"hidden", 0}});
};

// Each value has its field number, its kind, its length and its bytes.
TEST_F(RowKeyTest, KeyHasTheValuesOfItsColumns) {
  EXPECT_EQ(KeyOf({"a"}, FourColumns()), std::string("\x01\0\x02\xac\x02", 5));
  EXPECT_EQ(KeyOf({"b"}, FourColumns()), std::string("\x02\0\x02xy", 5));
  EXPECT_EQ(KeyOf({"c"}, FourColumns()), std::string("\x03\0\x08"
                                                     "12345678",
                                                     11));
  EXPECT_EQ(KeyOf({"d"}, FourColumns()), std::string("\x04\0\x04"
                                                     "1234",
                                                     7));
}

TEST_F(RowKeyTest, ValuesAreInKeyOrder) {
  EXPECT_EQ(KeyOf({"b", "a"}, FourColumns()),
            KeyOf({"b"}, FourColumns()) + KeyOf({"a"}, FourColumns()));
  EXPECT_EQ(KeyOf({"b", "a"}, "\x12\x01q\x08\x05"), KeyOf({"b", "a"}, "\x08\x05\x12\x01q"));
}

TEST_F(RowKeyTest, InvalidTextCountsByItsBytes) {
  texts_ = {{.field_number = 2, .bytes = "\xff"}};
  const std::string key = KeyOf({"b"}, "\x08\x05");
  EXPECT_EQ(key, std::string("\x02\x01\x01\xff", 4));
  texts_[0].bytes = "\xfe";
  EXPECT_NE(KeyOf({"b"}, "\x08\x05"), key);
}

TEST_F(RowKeyTest, AmbiguousTextCountsByTextAndBytes) {
  const std::string row = "\x08\x05\x12\x01q";
  const std::string plain = KeyOf({"b"}, row);
  texts_ = {{.field_number = 2, .ambiguous = true, .bytes = "q2"}};
  EXPECT_EQ(KeyOf({"b"}, row), plain + std::string("\x02\x02\x02q2", 5));
  EXPECT_EQ(KeyOf({"a"}, row), std::string("\x01\0\x01\x05", 4));
  EXPECT_EQ(KeyOf({"b"}, "\x08\x05"), "none") << "the bytes do not replace the text";
}

TEST_F(RowKeyTest, TextsOfTheOtherImageAreIgnored) {
  texts_ = {{.field_number = 2, .in_before = true, .bytes = "\xff"}};
  EXPECT_EQ(KeyOf({"b"}, "\x08\x05"), "none");
}

TEST_F(RowKeyTest, WholeRowHasAllValuesByNumber) {
  std::string key;
  const RowKey whole({});
  ASSERT_TRUE(whole.Append({.message = "\x12\x01q\x08\x05"}, key));
  EXPECT_EQ(key, KeyOf({"a", "b"}, "\x08\x05\x12\x01q"));
  key.clear();
  ASSERT_TRUE(whole.Append({.message = ""}, key)) << "a row of NULLs";
  EXPECT_FALSE(whole.Append({.message = "\x08"}, key));
}

TEST_F(RowKeyTest, RowWithoutKeyFieldHasNoKey) {
  EXPECT_EQ(KeyOf({"a", "b"}, "\x08\x05"), "none");
  EXPECT_EQ(KeyOf({"a"}, ""), "none");
}

TEST_F(RowKeyTest, RowWithRepeatedKeyFieldHasNoKey) {
  EXPECT_EQ(KeyOf({"a", "b"}, "\x08\x05\x08\x05"), "none");
  EXPECT_EQ(KeyOf({"a"}, "\x08\x05\x08\x05"), "none");
}

TEST_F(RowKeyTest, TruncatedRowHasNoKey) {
  const std::string row = FourColumns();
  for (size_t size = 0; size < row.size(); ++size) {
    // On the heap with the exact size, so that AddressSanitizer detects reads beyond it.
    const std::vector<char> part(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(KeyOf({"a", "b", "c", "d"}, {part.data(), part.size()}), "none") << size;
  }
  EXPECT_NE(KeyOf({"a", "b", "c", "d"}, row), "none");
}

TEST_F(RowKeyTest, MalformedMessageHasNoKey) {
  EXPECT_EQ(KeyOf({"a"}, "\x08\x05\x0b"), "none");                      // a group
  EXPECT_EQ(KeyOf({"a"}, "\x08\x05\x12\xff\xff\xff\xff\x0f"), "none");  // a length beyond the end
  EXPECT_EQ(KeyOf({"a"}, std::string(20, '\xff')), "none");
}

TEST_F(RowKeyTest, ColumnsOutsideOfTheMessageAreUnknown) {
  EXPECT_EQ(ErrorReason(RowKey::Make(table_, {"a", "nothing"}).status()), "COLUMN_UNKNOWN");
  EXPECT_EQ(ErrorReason(RowKey::Make(table_, {"hidden"}).status()), "COLUMN_UNKNOWN");
  EXPECT_TRUE(RowKey::Make(table_, {"A"}).ok());
}

}  // namespace
}  // namespace millrace::transcode
