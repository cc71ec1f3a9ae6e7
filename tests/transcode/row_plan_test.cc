// SPDX-License-Identifier: Apache-2.0

#include "transcode/row_plan.h"

#include "base/error.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "transcode/row_fixture.h"

namespace millrace::transcode {
namespace {

using T = ColumnType;
using F = schema::FieldType;

schema::Column Int() { return MakeColumn(T::kLong, 0, F::kInt32); }
schema::Column Tiny() { return MakeColumn(T::kTiny, 0, F::kInt32); }
schema::Column TextIn(std::string_view charset = "utf8mb4") {
  return MakeColumn(T::kVarchar, 100, F::kString, charset);
}

std::string CompileReason(std::vector<schema::Column> columns) {
  return ErrorReason(RowFixture(std::move(columns)).compiled());
}

TEST(RowPlan, NullIsAbsentAndZeroIsNot) {
  RowFixture row({Tiny(), Tiny(), TextIn(), TextIn()});
  EXPECT_EQ(row.Show(FromHex("05"
                             "00"
                             "00")),
            "2=0 4=");
}

TEST(RowPlan, NegativeInt32TakesTenBytes) {
  RowFixture row({Tiny()});
  wire::Buffer out;
  std::vector<InvalidText> invalid;
  const std::string image = FromHex("00ff");
  std::string_view rows = image;
  ASSERT_TRUE(row.plan().EncodeImage("\x01", rows, out, invalid).ok());
  EXPECT_EQ(out.view(), FromHex("08ffffffffffffffffff01"));
}

TEST(RowPlan, FloatsKeepTheirBits) {
  RowFixture row({MakeColumn(T::kFloat, 4, F::kFloat), MakeColumn(T::kDouble, 8, F::kDouble)});
  EXPECT_EQ(row.Show(FromHex("00"
                             "00000080"
                             "0100000000000000")),
            "1=80000000 2=0000000000000001");
}

TEST(RowPlan, NullBitsCountOnlyColumnsInTheImage) {
  RowFixture row({Tiny(), Tiny(), Tiny(), Tiny()});
  // The image has c2 and c4; c2 is NULL.
  EXPECT_EQ(row.Show(FromHex("01"
                             "09"),
                     "\x0a"),
            "4=9");
}

TEST(RowPlan, AbsentColumnsAreUnknownNotNull) {
  RowFixture row({Tiny(), Tiny(), Tiny()});
  EXPECT_EQ(row.plan().UnknownFields("\x05"), std::vector<uint32_t>{2});
  EXPECT_TRUE(row.plan().UnknownFields("\x07").empty());
}

TEST(RowPlan, UncapturedColumnsAreNeverUnknown) {
  schema::Column hidden = Tiny();
  hidden.captured = false;
  RowFixture row({Tiny(), hidden});
  EXPECT_TRUE(row.plan().UnknownFields("\x01").empty());
}

TEST(RowPlan, BitmapsSpanSeveralBytes) {
  RowFixture row(std::vector<schema::Column>(9, Tiny()));
  EXPECT_EQ(row.Show(FromHex("fe00"
                             "01"
                             "02")),
            "1=1 9=2");
}

TEST(RowPlan, BitmapOfAnotherSizeIsRefused) {
  RowFixture row({Tiny()});
  EXPECT_EQ(row.Show(FromHex("0001"), FromHex("0100")),
            "ROW_UNDECODABLE: the bitmap of present columns has a different size");
}

TEST(RowPlan, NarrowedColumnsKeepTheirWiderField) {
  RowFixture row({MakeColumn(T::kTiny, 0, F::kInt64), MakeColumn(T::kFloat, 4, F::kDouble)});
  EXPECT_EQ(row.Show(FromHex("00"
                             "ff"
                             "0000c03f")),
            "1=-1 2=3ff8000000000000");
}

TEST(RowPlan, FieldThatCannotHoldTheColumnIsRefused) {
  EXPECT_EQ(CompileReason({MakeColumn(T::kLongLong, 0, F::kInt32)}), "ROW_UNDECODABLE");
  EXPECT_EQ(CompileReason({MakeColumn(T::kLong, 0, F::kString)}), "ROW_UNDECODABLE");
  EXPECT_EQ(CompileReason({MakeColumn(T::kJson, 4, F::kBytes)}), "ROW_UNDECODABLE");
}

TEST(RowPlan, TypesWithoutKnownFormatAreRefused) {
  EXPECT_EQ(CompileReason({MakeColumn(T::kDecimalOld, 0, F::kString)}), "COLUMN_TYPE_UNKNOWN");
  EXPECT_EQ(CompileReason({MakeColumn(T::kTime2, 7, F::kString)}), "COLUMN_TYPE_UNKNOWN");
  EXPECT_EQ(CompileReason({MakeColumn(T::kNewDecimal, 0x0203, F::kString)}), "COLUMN_TYPE_UNKNOWN");
  EXPECT_EQ(CompileReason({MakeColumn(T::kBlob, 5, F::kBytes)}), "COLUMN_TYPE_UNKNOWN");
  EXPECT_EQ(CompileReason({MakeColumn(T::kBit, 65, F::kUint64)}), "COLUMN_TYPE_UNKNOWN");
}

TEST(RowPlan, UnknownCharsetIsRefused) {
  EXPECT_EQ(CompileReason({TextIn("klingon")}), "CHARSET_UNKNOWN");
}

TEST(RowPlan, VersionMustMatchTheMap) {
  auto table = std::make_shared<schema::TableVersion>();
  table->columns = {Int()};
  binlog::TableMap map;
  EXPECT_EQ(ErrorReason(RowPlan::Compile(map, table).status()), "ROW_UNDECODABLE");
  map.columns.push_back({.type = T::kShort});
  EXPECT_EQ(ErrorReason(RowPlan::Compile(map, table).status()), "ROW_UNDECODABLE");
}

TEST(RowPlan, InvalidTextKeepsItsBytes) {
  RowFixture row({TextIn("utf8mb4"), TextIn("ascii"), TextIn("gbk"), Tiny()});
  EXPECT_EQ(row.Show(FromHex("00"
                             "02c328"
                             "0180"
                             "01c4"
                             "07")),
            "4=7");
  ASSERT_EQ(row.invalid().size(), 3u);
  EXPECT_EQ(row.invalid()[0].field_number, 1u);
  EXPECT_EQ(row.invalid()[0].bytes, "\xc3\x28");
  EXPECT_EQ(row.invalid()[2].charset, "gbk");
  EXPECT_EQ(row.invalid()[2].bytes, "\xc4");
}

// In sjis both 0x815f and 0x5c are a backslash.
TEST(RowPlan, AliasedCharacterIsReportedWithItsBytes) {
  RowFixture row({TextIn("sjis")});
  EXPECT_EQ(row.Show(FromHex("00015c")), "1=\\");
  EXPECT_TRUE(row.invalid().empty());
  EXPECT_EQ(row.Show(FromHex("0002815f")), "1=\\");
  ASSERT_EQ(row.invalid().size(), 1u);
  EXPECT_TRUE(row.invalid()[0].ambiguous);
  EXPECT_EQ(row.invalid()[0].field_number, 1u);
  EXPECT_EQ(row.invalid()[0].bytes, "\x81\x5f");
}

TEST(RowPlan, EqualLabelsAreReportedWithTheirNumber) {
  schema::Column column = MakeColumn(T::kEnum, 1, F::kString);
  column.labels = {"a", "", "a"};
  schema::Column set = MakeColumn(T::kSet, 1, F::kString);
  set.labels = {"a", "", "b"};
  RowFixture row({column, set});
  const auto digits = [&](std::string_view image) {
    row.Show(FromHex(image));
    std::string text;
    for (const InvalidText& entry : row.invalid()) {
      EXPECT_TRUE(entry.ambiguous);
      text += fmt::format("{}:{} ", entry.field_number, entry.bytes);
    }
    return text;
  };
  EXPECT_EQ(digits("000100"), "");
  EXPECT_EQ(digits("000000"), "1:0 ");
  EXPECT_EQ(digits("000200"), "") << "no other value has the text of the label ''";
  EXPECT_EQ(digits("000305"), "1:3 ");
  EXPECT_EQ(digits("000107"), "2:7 ");
  EXPECT_EQ(digits("000102"), "2:2 ");
}

TEST(RowPlan, InvalidCompressedTextKeepsDecompressedBytes) {
  schema::Column column = MakeColumn(T::kVarcharCompressed, 100, F::kString, "utf8mb4");
  RowFixture row({column, column});
  EXPECT_EQ(row.Show(FromHex("00"
                             "0200ff"
                             "0300fe41")),
            "");
  ASSERT_EQ(row.invalid().size(), 2u);
  EXPECT_EQ(row.invalid()[0].bytes, "\xff");
  EXPECT_EQ(row.invalid()[1].bytes, "\xfe\x41");
}

// A column with three labels and their bytes in the charset.
schema::Column InvalidLabels(T type, std::string_view charset, std::vector<std::string> bytes) {
  schema::Column column = MakeColumn(type, 1, F::kString, charset);
  column.labels = {"a", "\xef\xbf\xbd", "c"};
  column.label_bytes = std::move(bytes);
  return column;
}

TEST(RowPlan, NonTextEnumLabelKeepsItsBytes) {
  RowFixture row({InvalidLabels(T::kEnum, "utf8mb4", {"a", "\xff", "c"}), Tiny()});
  EXPECT_EQ(row.Show(FromHex("000107")), "1=a 2=7");
  EXPECT_EQ(row.Show(FromHex("000007")), "1= 2=7");
  EXPECT_EQ(row.Show(FromHex("000207")), "2=7");
  ASSERT_EQ(row.invalid().size(), 1u);
  EXPECT_EQ(row.invalid()[0].bytes, "\xff");
  EXPECT_EQ(row.invalid()[0].charset, "utf8mb4");
  EXPECT_NE(row.Show(FromHex("000407")).find("ROW_UNDECODABLE"), std::string::npos);
}

TEST(RowPlan, LabelThatIsTheReplacementCharacterIsText) {
  RowFixture row({InvalidLabels(T::kEnum, "utf8mb4", {"\xff", "\xef\xbf\xbd", "c"})});
  EXPECT_EQ(row.Show(FromHex("0002")), "1=\xef\xbf\xbd");
}

TEST(RowPlan, SetWithNonTextMemberKeepsAllBytes) {
  RowFixture row({InvalidLabels(T::kSet, "cp1251", {"a", "\x98", "\x63"})});
  EXPECT_EQ(row.Show(FromHex("0005")), "1=a,c");
  EXPECT_EQ(row.Show(FromHex("0007")), "");
  ASSERT_EQ(row.invalid().size(), 1u);
  EXPECT_EQ(row.invalid()[0].bytes, "a,\x98,c");
  EXPECT_NE(row.Show(FromHex("000a")).find("ROW_UNDECODABLE"), std::string::npos);
  RowFixture wide({InvalidLabels(T::kSet, "ucs2", {{"\0a", 2}, {"\xd8\x00", 2}, {"\0c", 2}})});
  EXPECT_EQ(wide.Show(FromHex("0003")), "");
  EXPECT_EQ(wide.invalid()[0].bytes, std::string("\0a\0,\xd8\x00", 6));
}

TEST(RowPlan, ConvertedTextMayNeedLongerLengthVarint) {
  for (const size_t size : {1u, 42u, 63u, 64u, 127u, 128u, 200u}) {
    RowFixture row({MakeColumn(T::kVarchar, 300, F::kString, "latin1"), Tiny()});
    std::string image = FromHex("00") + std::string{static_cast<char>(size), '\0'};
    image += std::string(size, '\xe9') + "\x07";
    std::string text;
    for (size_t i = 0; i < size; ++i) text += "é";
    EXPECT_EQ(row.Show(image), "1=" + text + " 2=7");
  }
}

TEST(RowPlan, EnumIndexZeroIsTheEmptyString) {
  schema::Column column = MakeColumn(T::kEnum, 1, F::kString, "utf8mb4");
  column.labels = {"red", "green"};
  RowFixture row({column});
  EXPECT_EQ(row.Show(FromHex("0000")), "1=");
  EXPECT_EQ(row.Show(FromHex("0002")), "1=green");
}

TEST(RowPlan, EnumIndexWithoutLabelIsAnError) {
  schema::Column column = MakeColumn(T::kEnum, 1, F::kString, "utf8mb4");
  column.labels = {"red", "green"};
  RowFixture row({column});
  EXPECT_EQ(row.Show(FromHex("0003")), "ROW_UNDECODABLE: an ENUM index without a label");
}

TEST(RowPlan, SetMemberWithoutLabelIsAnError) {
  schema::Column column = MakeColumn(T::kSet, 1, F::kString, "utf8mb4");
  column.labels = {"a", "b"};
  RowFixture row({column});
  EXPECT_EQ(row.Show(FromHex("0003")), "1=a,b");
  EXPECT_EQ(row.Show(FromHex("0004")), "ROW_UNDECODABLE: a SET member without a label");
}

TEST(RowPlan, ImpossibleDatesAreErrors) {
  RowFixture date({MakeColumn(T::kDate, 0, F::kString)});
  EXPECT_EQ(date.Show(FromHex("00"
                              "a00100")),
            "ROW_UNDECODABLE: a part of a date or time is out of range");
  RowFixture time({MakeColumn(T::kTime2, 0, F::kString)});
  EXPECT_EQ(time.Show(FromHex("00"
                              "80003c")),
            "ROW_UNDECODABLE: a part of a date or time is out of range");
}

TEST(RowPlan, OldTemporalFormatsAreRead) {
  RowFixture row({MakeColumn(T::kTimeOld, 0, F::kString),
                  MakeColumn(T::kDateTimeOld, 0, F::kString),
                  MakeColumn(T::kTimestampOld, 0, F::kTimestamp)});
  // Captured from MariaDB with mysql56_temporal_format=OFF.
  EXPECT_EQ(row.Show(FromHex("00"
                             "c01dfe"
                             "fac61c8a68120000"
                             "72bbbd65")),
            "1=-12:34:56 2=2024-02-03 04:05:06 3=1706933106");
}

TEST(RowPlan, OldTemporalColumnsWithAFractionAreRefused) {
  schema::Column column = MakeColumn(T::kTimestampOld, 0, F::kTimestamp);
  column.mysql_type = "timestamp(2) /* mariadb-5.3 */";
  EXPECT_EQ(CompileReason({column}), "COLUMN_TYPE_UNKNOWN");
  column.mysql_type = "timestamp /* mariadb-5.3 */";
  EXPECT_EQ(CompileReason({column}), "");
}

TEST(RowPlan, BitsBeyondTheTypeAreAnError) {
  RowFixture row({MakeColumn(T::kBit, 7, F::kUint64)});
  EXPECT_EQ(row.Show(FromHex("0080")), "ROW_UNDECODABLE: too many bits");
}

TEST(RowPlan, EmptyGeometryAndVectorAreEmptyMessages) {
  RowFixture row(
      {MakeColumn(T::kGeometry, 4, F::kGeometry), MakeColumn(T::kVector, 4, F::kVector)});
  EXPECT_EQ(row.Show(FromHex("00"
                             "00000000"
                             "00000000")),
            "1=0: 2=");
}

TEST(RowPlan, DamagedCompressedValuesAreErrors) {
  RowFixture row({MakeColumn(T::kBlobCompressed, 2, F::kBytes)});
  const std::string error = "ROW_UNDECODABLE: a compressed value is damaged";
  EXPECT_EQ(row.Show(FromHex("00"
                             "0100"
                             "90")),
            error);
  EXPECT_EQ(row.Show(FromHex("00"
                             "0100"
                             "81")),
            error);
  EXPECT_EQ(row.Show(FromHex("00"
                             "0300"
                             "81"
                             "ff"
                             "00")),
            error);
  // A header that claims 4 GiB.
  EXPECT_EQ(row.Show(FromHex("00"
                             "0700"
                             "84"
                             "ffffffff"
                             "0300")),
            error);
}

TEST(RowPlan, ErrorsNameColumnAndKeepTheOutput) {
  RowFixture row({Int(), TextIn()});
  wire::Buffer out;
  out.Append("before");
  std::vector<InvalidText> invalid;
  const std::string image = FromHex(
      "00"
      "01000000"
      "05"
      "61");
  std::string_view rows = image;
  const absl::Status status = row.plan().EncodeImage("\x03", rows, out, invalid);
  const ErrorMetadata expected = {{"table", "shop.orders"}, {"column", "c2"}, {"offset", "5"}};
  EXPECT_EQ(ErrorMetadataOf(status), expected);
  EXPECT_EQ(out.view(), "before");
  EXPECT_EQ(rows.size(), image.size());
}

TEST(RowPlan, FieldNumbersBeyondFifteenHaveLongerTags) {
  std::vector<schema::Column> columns(3000, Tiny());
  RowFixture row(columns);
  std::string image(3000 / 8, '\xff');
  image[0] = '\xfe';
  image.back() = '\x7f';
  EXPECT_EQ(row.Show(image + "\x01\x02"), "1=1 3000=2");
}

}  // namespace
}  // namespace millrace::transcode
