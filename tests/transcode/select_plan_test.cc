// SPDX-License-Identifier: Apache-2.0

#include "transcode/select_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "transcode/row_fixture.h"
#include "transcode/select_text.h"

namespace millrace::transcode {
namespace {

using F = schema::FieldType;
using T = ColumnType;
using Texts = std::vector<std::optional<std::string>>;

// A table shop.orders and its plan.
class SelectFixture {
 public:
  explicit SelectFixture(std::vector<schema::Column> columns) {
    auto table = std::make_shared<schema::TableVersion>();
    table->name = {"shop", "orders"};
    uint32_t number = 0;
    for (schema::Column& column : columns) {
      column.field_number = ++number;
      if (column.name.empty()) column.name = "c" + std::to_string(number);
    }
    table->columns = std::move(columns);
    table_ = table;
    plan_ = SelectPlan::Compile(table_, Flavour::kMysql).value();
  }

  SelectPlan& plan() { return *plan_; }
  // The row's message, or the error's reason.
  std::string Encode(const Texts& texts) {
    std::vector<TextValue> values;
    for (const auto& text : texts) {
      values.push_back(text.has_value() ? TextValue{text->data(), text->size()} : TextValue{});
    }
    wire::Buffer out;
    out.Append("before ");
    invalid_.clear();
    const absl::Status status = plan_->EncodeRow(values.data(), out, invalid_);
    if (status.ok()) return std::string(out.view().substr(7));
    EXPECT_EQ(out.view(), "before ");
    EXPECT_TRUE(invalid_.empty());
    return ErrorReason(status);
  }
  std::string GreaterThan(std::string_view value) {
    const auto comparison = plan_->CompareWith(0, value);
    if (!comparison.ok()) return ErrorReason(comparison.status());
    return comparison->greater.empty() ? "none" : comparison->greater;
  }
  const std::vector<InvalidText>& invalid() const { return invalid_; }

 private:
  schema::TableVersionPtr table_;
  std::unique_ptr<SelectPlan> plan_;
  std::vector<InvalidText> invalid_;
};

schema::Column Text(std::string_view charset, uint32_t collation) {
  schema::Column column = MakeColumn(T::kVarchar, 80, F::kString, charset);
  column.collation = collation;
  return column;
}

schema::Column SetOf(size_t members) {
  schema::Column column = MakeColumn(T::kSet, 8, F::kString, "latin1");
  for (size_t i = 0; i < members; ++i) column.labels.push_back("m" + std::to_string(i));
  return column;
}

TEST(SelectPlanTest, SelectListNamesOnlyCapturedColumns) {
  schema::Column quoted = MakeColumn(T::kLong, 0, F::kInt32);
  quoted.name = "a`b";
  schema::Column uncaptured = MakeColumn(T::kLong, 0, F::kInt32);
  uncaptured.captured = false;
  SelectFixture fixture({quoted, uncaptured, MakeColumn(T::kDouble, 8, F::kDouble), SetOf(3)});
  EXPECT_EQ(fixture.plan().select_list(), "`a``b`, `c3` * 1e0, CAST(`c4` AS UNSIGNED)");
  EXPECT_EQ(fixture.plan().value_count(), 3u);
  EXPECT_EQ(fixture.plan().ValueIndex(0), 0u);
  EXPECT_EQ(fixture.plan().ValueIndex(1), std::nullopt);
  EXPECT_EQ(fixture.plan().ValueIndex(2), 1u);
}

TEST(SelectPlanTest, NullIsAnAbsentField) {
  SelectFixture fixture({MakeColumn(T::kLong, 0, F::kInt32), MakeColumn(T::kLong, 0, F::kInt32)});
  EXPECT_EQ(fixture.Encode({std::nullopt, "5"}), "\x10\x05");
  EXPECT_EQ(fixture.Encode({std::nullopt, std::nullopt}), "");
}

TEST(SelectPlanTest, ZerofillIsNotShown) {
  SelectFixture fixture(
      {MakeColumn(T::kLong, 0, F::kUint32), MakeColumn(T::kNewDecimal, 10 << 8 | 3, F::kString)});
  EXPECT_EQ(fixture.Encode({"0000000007", "0000001.500"}),
            "\x08\x07\x12\x05"
            "1.500");
  EXPECT_EQ(fixture.Encode({std::string(255, '0'), "0000000.000"}), std::string("\x08\x00\x12\x05"
                                                                                "0.000",
                                                                                9));
}

TEST(SelectPlanTest, NumbersOutsideOfTheirTypeAreRefused) {
  SelectFixture tiny({MakeColumn(T::kTiny, 0, F::kInt32)});
  for (const char* text : {"", "128", "-129", "1x", " 1", "+1", "99999999999999999999"}) {
    EXPECT_EQ(tiny.Encode({text}), "ROW_UNDECODABLE") << text;
  }
  EXPECT_EQ(tiny.Encode({"127"}), "\x08\x7f");
  SelectFixture wide({MakeColumn(T::kDouble, 8, F::kDouble)});
  EXPECT_EQ(wide.Encode({"1.5x"}), "ROW_UNDECODABLE");
  EXPECT_EQ(wide.Encode({"-0"}), std::string("\x09\0\0\0\0\0\0\0\x80", 9));
}

TEST(SelectPlanTest, DenormalNumbersAreExact) {
  SelectFixture fixture(
      {MakeColumn(T::kDouble, 8, F::kDouble), MakeColumn(T::kFloat, 4, F::kFloat)});
  EXPECT_EQ(fixture.Encode({"5e-324", "1.401298464324817e-45"}),
            std::string("\x09\x01\0\0\0\0\0\0\0\x15\x01\0\0\0", 14));
}

TEST(SelectPlanTest, LabelsAreFoundByNumber) {
  SelectFixture fixture({SetOf(64)});
  EXPECT_EQ(fixture.Encode({"9223372036854775809"}), "\x0a\x06m0,m63");
  EXPECT_EQ(SelectFixture({SetOf(3)}).Encode({"8"}), "ROW_UNDECODABLE");
}

TEST(SelectPlanTest, AmbiguousTextMatchesTheBinlog) {
  schema::Column label = MakeColumn(T::kEnum, 1, F::kString);
  label.labels = {"", "b"};
  schema::Column set = MakeColumn(T::kSet, 1, F::kString);
  set.labels = {"a", ""};
  SelectFixture fixture({label, set, Text("sjis", 13)});
  EXPECT_EQ(fixture.Encode({"1", "1", "\x5c"}), std::string("\x0a\0\x12\x01"
                                                            "a\x1a\x01\\",
                                                            8));
  EXPECT_TRUE(fixture.invalid().empty());
  // Must outlive the entries of invalid(), which point into it.
  const Texts ambiguous = {"0", "3", "\x81\x5f"};
  EXPECT_EQ(fixture.Encode(ambiguous), std::string("\x0a\0\x12\x02"
                                                   "a,\x1a\x01\\",
                                                   9));
  ASSERT_EQ(fixture.invalid().size(), 3u);
  EXPECT_EQ(fixture.invalid()[0].bytes, "0");
  EXPECT_EQ(fixture.invalid()[1].bytes, "3");
  EXPECT_EQ(fixture.invalid()[2].bytes, "\x81\x5f");
  for (const InvalidText& text : fixture.invalid()) EXPECT_TRUE(text.ambiguous);
}

TEST(SelectPlanTest, FailureRestoresOutputAndInvalidText) {
  SelectFixture fixture({Text("utf8mb4", 255), MakeColumn(T::kLong, 0, F::kInt32)});
  EXPECT_EQ(fixture.Encode({"\xff", "none"}), "ROW_UNDECODABLE");
  EXPECT_EQ(fixture.Encode({"\xff", "1"}), "\x10\x01");
  ASSERT_EQ(fixture.invalid().size(), 1u);
  EXPECT_EQ(fixture.invalid()[0].field_number, 1u);
}

TEST(SelectPlanTest, ValuesBecomeLiteralsThatCompareExactly) {
  EXPECT_EQ(SelectFixture({Text("latin1", 8)}).GreaterThan("it's"), "`c1` > _latin1 x'69742773'");
  EXPECT_EQ(SelectFixture({Text("binary", 63)}).GreaterThan(""), "`c1` > x''");
  SelectFixture decimal({MakeColumn(T::kNewDecimal, 10 << 8 | 3, F::kString)});
  EXPECT_EQ(decimal.GreaterThan("0000001.500"), "`c1` > 1.500");
  SelectFixture wide({MakeColumn(T::kDouble, 8, F::kDouble)});
  EXPECT_EQ(wide.GreaterThan("0.5"), "`c1` > 0.5e0");
  EXPECT_EQ(wide.GreaterThan("-1.5e308"), "`c1` > -1.5e308");
  SelectFixture date({MakeColumn(T::kDate, 0, F::kString)});
  EXPECT_EQ(date.GreaterThan("2024-00-00"), "`c1` > '2024-00-00'");
}

// The servers compare a SET as a signed number.
TEST(SelectPlanTest, SetOf64MembersIsComparedAsUnsigned) {
  EXPECT_EQ(SelectFixture({SetOf(63)}).GreaterThan("5"), "`c1` > 5");
  EXPECT_EQ(SelectFixture({SetOf(64)}).GreaterThan("5"), "CAST(`c1` AS UNSIGNED) > 5");
}

TEST(SelectPlanTest, ValueOfWrongTypeHasNoComparison) {
  SelectFixture date({MakeColumn(T::kDate, 0, F::kString)});
  EXPECT_EQ(date.GreaterThan("' OR 1 = 1"), "ROW_UNDECODABLE");
  SelectFixture number({MakeColumn(T::kLong, 0, F::kInt32)});
  EXPECT_EQ(number.GreaterThan("1 OR 1"), "ROW_UNDECODABLE");
  SelectFixture json({MakeColumn(T::kJson, 4, F::kString)});
  EXPECT_EQ(json.GreaterThan("1"), "COLUMN_TYPE_UNKNOWN");
}

std::string Parsed(std::string_view text) {
  TimestampParts parts;
  if (!ParseTimestamp(text, parts)) return "none";
  return std::to_string(parts.seconds) + " " + std::to_string(parts.nanoseconds);
}

TEST(SelectTextTest, TimestampsAreSecondsSince1970) {
  EXPECT_EQ(Parsed("1970-01-01 00:00:01"), "1 0");
  EXPECT_EQ(Parsed("2000-02-29 12:34:56.5"), "951827696 500000000");
  EXPECT_EQ(Parsed("2024-03-01 00:00:00.000001"), "1709251200 1000");
  EXPECT_EQ(Parsed("2038-01-19 03:14:07"), "2147483647 0");
  EXPECT_EQ(Parsed("2106-02-07 06:28:15"), "4294967295 0");
  EXPECT_EQ(Parsed("0000-00-00 00:00:00.000000"), "0 0");
}

TEST(SelectTextTest, InvalidTimestampsAreRefused) {
  for (const char* text :
       {"", "2024-03-01", "2024-13-01 00:00:00", "2024-03-01 24:00:00", "2106-02-07 06:28:16",
        "1969-12-31 23:59:59", "2024-03-01 00:00:00.", "2024-03-01 00:00:00.1234567",
        "2024-03-01 00:00:00x", "2024-0a-01 00:00:00", "0000-00-00 00:00:01"}) {
    EXPECT_EQ(Parsed(text), "none") << text;
  }
}

}  // namespace
}  // namespace millrace::transcode
