// SPDX-License-Identifier: Apache-2.0

#include <random>

#include "gtest/gtest.h"
#include "model/charset.h"
#include "transcode/json_document.h"
#include "transcode/row_fixture.h"

namespace millrace::transcode {
namespace {

using T = ColumnType;
using F = schema::FieldType;

schema::Column IntColumn() { return MakeColumn(T::kLong, 0, F::kInt32); }
schema::Column Json() { return MakeColumn(T::kJson, 4, F::kString); }
schema::Column TextColumn() { return MakeColumn(T::kVarchar, 36, F::kString, "utf8mb4"); }

// {"a": 1, "bb": [true, null]}
constexpr std::string_view kDocument =
    "0002001f001200010013000200050100021500"
    "616262"
    "02000a00040100040000";

std::string Sized(std::string_view bytes) {
  return std::string(1, static_cast<char>(bytes.size())) + std::string(bytes);
}
std::string Replace(std::string_view path, std::string_view value_hex) {
  return std::string(1, '\0') + Sized(path) + Sized(FromHex(value_hex));
}
std::string Insert(std::string_view path, std::string_view value_hex) {
  return "\x01" + Sized(path) + Sized(FromHex(value_hex));
}
std::string Remove(std::string_view path) { return "\x02" + Sized(path); }

// The text of kDocument after `differences`, or `refused`.
std::string Changed(std::string_view differences) {
  const std::string bytes = FromHex(kDocument);
  JsonDocument document;
  document.Reset(bytes);
  std::string text;
  return document.Apply(differences) && document.AppendText(text) ? text : "refused";
}

TEST(PartialUpdate, EmptyDifferencesKeepTheDocument) {
  EXPECT_EQ(Changed(""), "{\"a\": 1, \"bb\": [true, null]}");
}

TEST(PartialUpdate, ValuesAreReplacedInsertedAndRemoved) {
  EXPECT_EQ(Changed(Replace("$.a", "0c0178")), "{\"a\": \"x\", \"bb\": [true, null]}");
  EXPECT_EQ(Changed(Replace("$.bb[1]", "0c0178")), "{\"a\": 1, \"bb\": [true, \"x\"]}");
  EXPECT_EQ(Changed(Insert("$.bb[0]", "050700")), "{\"a\": 1, \"bb\": [7, true, null]}");
  EXPECT_EQ(Changed(Insert("$.bb[9]", "050700")), "{\"a\": 1, \"bb\": [true, null, 7]}");
  EXPECT_EQ(Changed(Remove("$.bb[0]")), "{\"a\": 1, \"bb\": [null]}");
  EXPECT_EQ(Changed(Remove("$.a")), "{\"bb\": [true, null]}");
}

TEST(PartialUpdate, NewMembersAreSortedLikeTheServer) {
  EXPECT_EQ(Changed(Insert("$.c", "0400") + Insert("$.aa", "0400") + Insert("$.\"\"", "0400")),
            "{\"\": null, \"a\": 1, \"c\": null, \"aa\": null, \"bb\": [true, null]}");
}

TEST(PartialUpdate, LaterDifferencesSeeEarlierOnes) {
  EXPECT_EQ(
      Changed(Replace("$", "0200000400") + Insert("$[0]", "050100") + Insert("$[last]", "050200")),
      "[2, 1]");
}

TEST(PartialUpdate, DifferencesThatDoNotFitAreRefused) {
  EXPECT_EQ(Changed(Replace("$.zz", "0400")), "refused");
  EXPECT_EQ(Changed(Insert("$.a", "0400")), "refused");
  EXPECT_EQ(Changed(Insert("$.a.b", "0400")), "refused");
  EXPECT_EQ(Changed(Insert("$[0]", "0400")), "refused");
  EXPECT_EQ(Changed(Remove("$.bb[2]")), "refused");
  EXPECT_EQ(Changed(Remove("$")), "refused");
  EXPECT_EQ(Changed("\x03" + Sized("$.a")), "refused");
  EXPECT_EQ(Changed(Replace("$.a", "0d")), "refused");
}

TEST(PartialUpdate, EveryTruncatedDifferenceIsRefused) {
  const std::string whole = Replace("$.a", "0c0178");
  for (size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(Changed(std::string_view(whole).substr(0, size)), "refused");
  }
}

// The images below were captured from MySQL 9.7.4.

TEST(PartialUpdate, AfterImageHasTheWholeDocument) {
  RowFixture row({IntColumn(), Json()});
  EXPECT_EQ(row.ShowPartial(FromHex("00"
                                    "01000000"
                                    "14000000"
                                    "00010013000b000100020c007a01000700050500"
                                    "0101"
                                    "00"
                                    "01000000"
                                    "09000000"
                                    "0103242e7103050100")),
            "1=1 2={\"z\": [5]} -> 1=1 2={\"q\": 1, \"z\": [5]}");
}

// A before image with kDocument in two columns.
std::string Before() {
  const std::string json = std::string{'\x20', '\0', '\0', '\0'} + FromHex(kDocument);
  return FromHex(
             "00"
             "01000000") +
         json + json + FromHex("0178");
}

std::string AfterOf(const std::string& shown) { return shown.substr(shown.find(" -> ") + 4); }

TEST(PartialUpdate, WholeDocumentsAndDifferencesMix) {
  RowFixture row({IntColumn(), Json(), Json(), TextColumn()});
  const std::string differences = Remove("$.bb");
  const std::string after = FromHex(
                                "01"
                                "02"
                                "00"
                                "01000000"
                                "020000000400") +
                            std::string{static_cast<char>(differences.size()), '\0', '\0', '\0'} +
                            differences + FromHex("0179");
  EXPECT_EQ(row.ShowPartial(Before() + after),
            "1=1 2={\"a\": 1, \"bb\": [true, null]} 3={\"a\": 1, \"bb\": [true, null]} 4=x -> "
            "1=1 2=null 3={\"a\": 1} 4=y");
}

TEST(PartialUpdate, NoOptionsMeansNoBitmap) {
  RowFixture row({IntColumn(), Json(), Json(), TextColumn()});
  const std::string after = FromHex(
      "00"
      "08"
      "01000000"
      "020000000400"
      "020000000401");
  EXPECT_EQ(AfterOf(row.ShowPartial(Before() + after)), "1=1 2=null 3=true");
}

TEST(PartialUpdate, AbsentJsonColumnsHaveABitToo) {
  RowFixture row({IntColumn(), Json(), Json(), TextColumn()});
  // The image has only the second document, whose bit is the second.
  const std::string after = FromHex(
      "01"
      "02"
      "00"
      "00000000");
  EXPECT_EQ(AfterOf(row.ShowPartial(Before() + after, "\x0f", "\x04")),
            "3={\"a\": 1, \"bb\": [true, null]}");
}

TEST(PartialUpdate, DifferencesNeedTheDocument) {
  RowFixture row({IntColumn(), Json(), Json(), Json(), TextColumn()});
  const std::string images = FromHex(
      "00"
      "01000000"
      "01"
      "02"
      "00"
      "09000000"
      "0103242e6203050100");
  EXPECT_EQ(row.ShowPartial(images, "\x01", "\x04").substr(0, 27), "PARTIAL_JSON_WITHOUT_BEFORE");
  EXPECT_EQ(row.consumed(), 0u);
}

TEST(PartialUpdate, UnknownOptionsAreUndecodable) {
  RowFixture row({IntColumn(), Json()});
  EXPECT_EQ(row.ShowPartial(FromHex("02"
                                    "01000000"
                                    "02"
                                    "02"
                                    "01000000")),
            "ROW_UNDECODABLE: unknown options of an image");
}

TEST(PartialUpdate, InvalidTextNamesItsImage) {
  RowFixture row({TextColumn()});
  EXPECT_EQ(row.ShowPartial(FromHex("00"
                                    "01ff"
                                    "00"
                                    "00"
                                    "01fe")),
            " -> ");
  ASSERT_EQ(row.invalid().size(), 2u);
  EXPECT_TRUE(row.invalid()[0].in_before);
  EXPECT_FALSE(row.invalid()[1].in_before);
}

TEST(PartialUpdate, DamagedImagesYieldRowOrError) {
  std::minstd_rand random(3);
  RowFixture row({IntColumn(), Json()});
  const std::string whole = FromHex(
      "00"
      "01000000"
      "14000000"
      "00010013000b000100020c007a010007000505000101"
      "0001000000"
      "09000000"
      "0103242e7103050100");
  for (int round = 0; round < 5000; ++round) {
    std::string image = whole.substr(0, whole.size() - random() % 3 * (random() % 4));
    for (unsigned i = 0; i <= random() % 3; ++i) {
      image[random() % image.size()] = static_cast<char>(random());
    }
    EXPECT_TRUE(IsValidUtf8(row.ShowPartial(image)));
  }
}

}  // namespace
}  // namespace millrace::transcode
