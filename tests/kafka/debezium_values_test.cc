// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_values.h"

#include <random>

#include "kafka/encoder_fixture.h"

namespace millrace::kafka {
namespace {

using ::testing::HasSubstr;

// Json returns the JSON of a value, or why it cannot be written.
class DebeziumValues : public ::testing::Test {
 protected:
  static std::string Json(const Column& column, const FieldValue& value,
                          const DebeziumOptions& options = {}) {
    std::string json;
    const ValueOutcome outcome = AppendValue(FormOf(column, options), value, json);
    if (outcome.ok()) return json;
    return (outcome.damaged ? "damaged: " : "unencodable: ") + std::string(outcome.problem);
  }
  static std::string Json(const Column& column, const Cell& cell,
                          const DebeziumOptions& options = {}) {
    FieldValue value{.state = FieldValue::State::kPresent};
    if (const auto* integer = std::get_if<int64_t>(&cell)) {
      value.number = static_cast<uint64_t>(*integer);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      value.bytes = *text;
    }
    return Json(column, value, options);
  }
};

Column Text(ColumnType type, uint16_t metadata = 0) {
  return MakeColumn("c", type, FieldType::kString, metadata);
}
Column Bytes() { return MakeColumn("c", ColumnType::kBlob, FieldType::kBytes, 2); }

TEST_F(DebeziumValues, NullIsNull) { EXPECT_EQ(Json(IntColumn("c"), FieldValue()), "null"); }

TEST_F(DebeziumValues, UnsignedBigintIsSignedUnlessPrecise) {
  Column column = MakeColumn("c", ColumnType::kLongLong, FieldType::kUint64);
  column.is_unsigned = true;
  EXPECT_EQ(Json(column, int64_t{-1}), "-1");
  const DebeziumOptions precise{.bigint_unsigned_handling_mode = BigintUnsignedHandling::kPrecise};
  EXPECT_EQ(Json(column, int64_t{-1}, precise), R"("AP//////////")");
  EXPECT_EQ(Json(column, int64_t{0}, precise), R"("AA==")");
  EXPECT_EQ(Json(column, int64_t{127}, precise), R"("fw==")");
}

TEST_F(DebeziumValues, DecimalsFollowMode) {
  const Column column = Text(ColumnType::kNewDecimal, 5 << 8 | 2);
  EXPECT_EQ(Json(column, "-999.99"), R"("/nlh")");
  EXPECT_EQ(Json(column, "-0.00"), R"("AA==")");
  EXPECT_EQ(Json(column, "-999.99", {.decimal_handling_mode = DecimalHandling::kString}),
            R"("-999.99")");
  EXPECT_EQ(Json(column, "-999.99", {.decimal_handling_mode = DecimalHandling::kDouble}),
            "-999.99");
}

TEST_F(DebeziumValues, WidestDecimalFits) {
  const Column column = Text(ColumnType::kNewDecimal, 65 << 8);
  EXPECT_EQ(Json(column, std::string(65, '9')), R"("APMWJxx/w5CKi+9GTjlF73olNgn//////////w==")");
}

TEST_F(DebeziumValues, MalformedDecimalIsDamage) {
  const Column column = Text(ColumnType::kNewDecimal, 5 << 8 | 2);
  for (const std::string text : {"", "-", "1.2", "1.234", "1.2.3", "1,23", "x.yz"}) {
    EXPECT_THAT(Json(column, text), HasSubstr("damaged")) << text;
  }
}

TEST_F(DebeziumValues, DatesFollowMode) {
  const Column column = Text(ColumnType::kDate);
  EXPECT_EQ(Json(column, "2024-02-29"), "19782");
  EXPECT_EQ(Json(column, "2024-02-29", {.time_precision_mode = TimePrecision::kConnect}), "19782");
  EXPECT_EQ(Json(column, "2024-02-29", {.time_precision_mode = TimePrecision::kIsostring}),
            R"("2024-02-29Z")");
}

TEST_F(DebeziumValues, InvalidDateIsNullOrEpoch) {
  Column column = Text(ColumnType::kDate);
  EXPECT_EQ(Json(column, "0000-00-00"), "null");
  EXPECT_EQ(Json(column, "2023-02-31"), "null");
  column.nullable = false;
  EXPECT_EQ(Json(column, "0000-00-00"), "0");
  EXPECT_EQ(Json(column, "0000-00-00", {.time_precision_mode = TimePrecision::kIsostring}),
            R"("1970-01-01Z")");
}

TEST_F(DebeziumValues, DateTimesFollowModeAndDigits) {
  const Column seconds = Text(ColumnType::kDateTime2, 0);
  const Column micros = Text(ColumnType::kDateTime2, 6);
  const std::string text = "1969-12-31 23:59:59.123456";
  EXPECT_EQ(Json(seconds, "2024-02-29 12:30:00"), "1709209800000");
  EXPECT_EQ(Json(micros, text), "-876544");
  EXPECT_EQ(Json(micros, text, {.time_precision_mode = TimePrecision::kConnect}), "-877");
  EXPECT_EQ(Json(seconds, text, {.time_precision_mode = TimePrecision::kMicroseconds}), "-876544");
  EXPECT_EQ(Json(micros, text, {.time_precision_mode = TimePrecision::kNanoseconds}), "-876544000");
  EXPECT_EQ(Json(micros, text, {.time_precision_mode = TimePrecision::kIsostring}),
            R"("1969-12-31T23:59:59.123456Z")");
}

TEST_F(DebeziumValues, FarYearsHaveNoNanoseconds) {
  EXPECT_THAT(Json(Text(ColumnType::kDateTime2, 6), "9999-12-31 00:00:00",
                   {.time_precision_mode = TimePrecision::kNanoseconds}),
              HasSubstr("unencodable"));
}

TEST_F(DebeziumValues, TimesFollowMode) {
  const Column column = Text(ColumnType::kTime2, 6);
  EXPECT_EQ(Json(column, "-12:34:56.789012"), "-45296789012");
  EXPECT_EQ(Json(column, "12:34:56.789012", {.time_precision_mode = TimePrecision::kConnect}),
            "45296789");
  EXPECT_EQ(Json(column, "12:34:56.789012", {.time_precision_mode = TimePrecision::kNanoseconds}),
            "45296789012000");
  EXPECT_EQ(Json(column, "12:34:56.780000", {.time_precision_mode = TimePrecision::kIsostring}),
            R"("12:34:56.78Z")");
}

TEST_F(DebeziumValues, TimeOfDayModesRefuseOtherTimes) {
  for (const TimePrecision mode : {TimePrecision::kConnect, TimePrecision::kIsostring}) {
    for (const std::string text : {"-00:00:01", "24:00:01", "838:59:59"}) {
      EXPECT_THAT(Json(Text(ColumnType::kTime2), text, {.time_precision_mode = mode}),
                  HasSubstr("unencodable"));
    }
  }
}

TEST_F(DebeziumValues, OnlyMillisecondsAllow24Hours) {
  const Column column = Text(ColumnType::kTime2);
  EXPECT_EQ(Json(column, "24:00:00", {.time_precision_mode = TimePrecision::kConnect}), "86400000");
  EXPECT_THAT(Json(column, "24:00:00", {.time_precision_mode = TimePrecision::kIsostring}),
              HasSubstr("unencodable"));
}

TEST_F(DebeziumValues, TimestampsKeepDigits) {
  EXPECT_EQ(
      Json(MakeColumn("c", ColumnType::kTimestamp2, FieldType::kTimestamp, 0), TimestampCell(1)),
      R"("1970-01-01T00:00:01Z")");
  EXPECT_EQ(Json(MakeColumn("c", ColumnType::kTimestamp2, FieldType::kTimestamp, 3),
                 TimestampCell(1'711'852'200, 123'000'000)),
            R"("2024-03-31T02:30:00.123Z")");
}

TEST_F(DebeziumValues, ZeroTimestampIsNullOrEpoch) {
  Column column = MakeColumn("c", ColumnType::kTimestamp2, FieldType::kTimestamp, 6);
  EXPECT_EQ(Json(column, ""), "null");
  column.nullable = false;
  EXPECT_EQ(Json(column, ""), R"("1970-01-01T00:00:00Z")");
}

TEST_F(DebeziumValues, BytesFollowMode) {
  EXPECT_EQ(Json(Bytes(), "\xfb\xff"), R"("+/8=")");
  const auto with_mode = [](BinaryHandling mode) {
    return Json(Bytes(), "\xfb\xff", {.binary_handling_mode = mode});
  };
  EXPECT_EQ(with_mode(BinaryHandling::kBase64), R"("+/8=")");
  EXPECT_EQ(with_mode(BinaryHandling::kBase64UrlSafe), R"("-_8=")");
  EXPECT_EQ(with_mode(BinaryHandling::kHex), R"("fbff")");
}

TEST_F(DebeziumValues, InvalidTextKeepsValidCharacters) {
  Column column = TextColumn("c");
  FieldValue value{.state = FieldValue::State::kInvalid, .bytes = "a\xff\xc3\xa9\xc3"};
  EXPECT_EQ(Json(column, value), "\"a\xef\xbf\xbdé\xef\xbf\xbd\"");
  column.charset = "utf16";
  value.bytes = std::string_view("\0a\xd8\x3c\0b\0", 7);
  EXPECT_EQ(Json(column, value),
            "\"a\xef\xbf\xbd"
            "b\xef\xbf\xbd\"");
  column.charset = "no_such";
  value.bytes = "ab";
  EXPECT_EQ(Json(column, value), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST_F(DebeziumValues, RandomBytesAreDamageAtWorst) {
  std::mt19937 random(4);
  const ColumnType types[] = {
      ColumnType::kNewDecimal, ColumnType::kDate,       ColumnType::kTime2,
      ColumnType::kDateTime2,  ColumnType::kTimestamp2, ColumnType::kJson,
      ColumnType::kGeometry,   ColumnType::kVector,     ColumnType::kVarchar};
  for (int round = 0; round < 20'000; ++round) {
    Column column = Text(types[random() % std::size(types)], static_cast<uint16_t>(random()));
    if (round % 2 == 0) column.mysql_type = "point";
    std::string bytes(random() % 30, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string digits = "0123456789-:. ";
    if (round % 3 == 0) {
      for (char& byte : bytes) byte = digits[static_cast<uint8_t>(byte) % digits.size()];
    }
    ASSERT_NE(Json(column, bytes), "");
  }
}

}  // namespace
}  // namespace millrace::kafka
