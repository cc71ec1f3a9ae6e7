// SPDX-License-Identifier: Apache-2.0

#include "feed/json_form.h"

#include <limits>

#include "gtest/gtest.h"
#include "wire/buffer.h"

namespace millrace::feed {
namespace {

using schema::FieldType;

schema::Column ColumnWith(std::string name, uint32_t number, FieldType type) {
  schema::Column column;
  column.name = std::move(name);
  column.field_number = number;
  column.field_name = "field_" + std::to_string(number);
  column.field_type = type;
  return column;
}

std::string Tag(uint32_t number, uint32_t type) {
  std::string tag;
  AppendVarint(tag, wire::Buffer::Tag(number, type));
  return tag;
}
std::string Varint(uint32_t number, uint64_t value) {
  std::string field = Tag(number, wire::Buffer::kVarint);
  AppendVarint(field, value);
  return field;
}
std::string Bytes(uint32_t number, std::string_view value) {
  std::string field = Tag(number, wire::Buffer::kBytes);
  AppendSized(field, value);
  return field;
}

// The JSON of a row; "none" if it has no JSON form.
std::string JsonOf(const schema::TableVersion& table, const std::string& row) {
  std::string json;
  return JsonForm(table).Append(row, json) ? json : "none";
}

// The JSON of a value of the type, in a column named `c` with field number 1.
std::string ValueOf(FieldType type, const std::string& row) {
  schema::TableVersion table;
  table.columns.push_back(ColumnWith("c", 1, type));
  const std::string json = JsonOf(table, row);
  return json.starts_with("{\"c\":") ? json.substr(5, json.size() - 6) : json;
}

std::string FloatText(float value) {
  std::string text;
  AppendJsonFloat(text, value);
  return text;
}
std::string DoubleText(double value) {
  std::string text;
  AppendJsonDouble(text, value);
  return text;
}

TEST(JsonForm, EachTypeIsWrittenAsInProtobufJson) {
  EXPECT_EQ(ValueOf(FieldType::kInt32, Varint(1, static_cast<uint64_t>(-7))), "-7");
  EXPECT_EQ(ValueOf(FieldType::kUint32, Varint(1, 4294967295)), "4294967295");
  EXPECT_EQ(ValueOf(FieldType::kInt64, Varint(1, uint64_t{1} << 63)), "\"-9223372036854775808\"");
  EXPECT_EQ(ValueOf(FieldType::kUint64, Varint(1, ~uint64_t{0})), "\"18446744073709551615\"");
  EXPECT_EQ(ValueOf(FieldType::kString, Bytes(1, "a\"\\\n\x01ö")), "\"a\\\"\\\\\\n\\u0001ö\"");
  EXPECT_EQ(ValueOf(FieldType::kBytes, Bytes(1, "\xff\xfe?")), "\"//4/\"");
  EXPECT_EQ(ValueOf(FieldType::kBytes, Bytes(1, "")), "\"\"");
  EXPECT_EQ(ValueOf(FieldType::kGeometry, Bytes(1, Varint(1, 4326) + Bytes(2, "w"))),
            "{\"srid\":4326,\"wkb\":\"dw==\"}");
  EXPECT_EQ(ValueOf(FieldType::kGeometry, Bytes(1, "")), "{}");
  EXPECT_EQ(ValueOf(FieldType::kVector, Bytes(1, Bytes(1, {"\0\0\x80\x3f\xcd\xcc\xcc\x3d", 8}))),
            "{\"values\":[1,0.1]}");
  EXPECT_EQ(ValueOf(FieldType::kVector, Bytes(1, "")), "{}");
}

TEST(JsonForm, ZeroTimestampIsNotTheEpoch) {
  EXPECT_EQ(ValueOf(FieldType::kTimestamp, Bytes(1, "")), "\"0000-00-00 00:00:00\"");
  EXPECT_EQ(ValueOf(FieldType::kTimestamp, Bytes(1, Varint(1, 1))), "\"1970-01-01T00:00:01Z\"");
  EXPECT_EQ(ValueOf(FieldType::kTimestamp, Bytes(1, Varint(1, 4294967295) + Varint(2, 250'000))),
            "\"2106-02-07T06:28:15.000250Z\"");
}

TEST(JsonForm, NumbersAreShortestThatRoundTrip) {
  EXPECT_EQ(FloatText(123.4567F), "123.4567");
  EXPECT_EQ(FloatText(-0.1F), "-0.1");
  EXPECT_EQ(FloatText(-0.0F), "-0");
  EXPECT_EQ(FloatText(100000), "100000");
  EXPECT_EQ(FloatText(std::numeric_limits<float>::max()), "3.4028235e+38");
  EXPECT_EQ(FloatText(std::numeric_limits<float>::denorm_min()), "1e-45");
  EXPECT_EQ(DoubleText(0.1), "0.1");
  EXPECT_EQ(DoubleText(1e15), "1000000000000000");
  EXPECT_EQ(DoubleText(1e16), "1e+16");
  EXPECT_EQ(DoubleText(0.00012), "0.00012");
  EXPECT_EQ(DoubleText(0.000012), "1.2e-05");
  EXPECT_EQ(DoubleText(-1234.5), "-1234.5");
  EXPECT_EQ(DoubleText(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(DoubleText(std::numeric_limits<double>::infinity()), "\"Infinity\"");
}

TEST(JsonForm, AnyColumnNameIsAKey) {
  schema::TableVersion table;
  table.columns = {ColumnWith("[x]", 3, FieldType::kInt32),
                   ColumnWith("å \"b\"", 1, FieldType::kInt32),
                   ColumnWith("hidden", 0, FieldType::kInt32)};
  table.dropped_columns = {ColumnWith("[x]", 2, FieldType::kInt32),
                           ColumnWith("gone", 4, FieldType::kInt32)};
  EXPECT_EQ(JsonOf(table, Varint(3, 7) + Varint(1, 8)), R"({"[x]":7,"å \"b\"":8})");
  EXPECT_EQ(JsonOf(table, Varint(2, 7) + Varint(4, 8)), R"({"field_2":7,"gone":8})");
  EXPECT_EQ(JsonOf(table, ""), "{}");
}

TEST(JsonForm, InvalidRowBytesAreRejected) {
  EXPECT_EQ(ValueOf(FieldType::kInt32, "\x0a"), "none");
  EXPECT_EQ(ValueOf(FieldType::kInt32, Varint(2, 1)), "none");
  EXPECT_EQ(ValueOf(FieldType::kInt32, Bytes(1, "a")), "none");
  EXPECT_EQ(ValueOf(FieldType::kString, Varint(1, 1)), "none");
  EXPECT_EQ(ValueOf(FieldType::kFloat, Varint(1, 1)), "none");
  EXPECT_EQ(ValueOf(FieldType::kTimestamp, Bytes(1, "\xff")), "none");
  EXPECT_EQ(ValueOf(FieldType::kGeometry, Bytes(1, "\xff")), "none");
  EXPECT_EQ(ValueOf(FieldType::kVector, Bytes(1, Bytes(1, "abc"))), "none");
}

}  // namespace
}  // namespace millrace::feed
