// SPDX-License-Identifier: Apache-2.0

#include "wire/change.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "millrace/v1/change_feed.pb.h"
#include "wire/sample.h"
#include "wire/transaction.h"

namespace millrace::wire {
namespace {

std::vector<uint32_t> NumbersIn(std::string_view packed) {
  std::vector<uint32_t> numbers;
  NumberReader reader(packed);
  for (uint32_t number = 0; reader.Next(number);) numbers.push_back(number);
  return numbers;
}
std::vector<std::string> NamesIn(std::string_view tables) {
  std::vector<std::string> names;
  NameReader reader(tables);
  for (std::string_view name; reader.Next(name);) names.emplace_back(name);
  return names;
}
std::vector<TextView> TextsIn(std::string_view texts) {
  std::vector<TextView> found;
  TextReader reader(texts);
  for (TextView text; reader.Next(text);) found.push_back(text);
  return found;
}

std::vector<std::string_view> ChangesIn(std::string_view list) {
  std::vector<std::string_view> changes;
  ByteReader reader(list);
  std::string_view change;
  while (!reader.empty() && NextChange(reader, change)) changes.push_back(change);
  EXPECT_TRUE(reader.ok());
  return changes;
}

v1::Change Parsed(std::string_view bytes) {
  v1::Change change;
  EXPECT_TRUE(change.ParseFromString(std::string(bytes)));
  EXPECT_EQ(change.SerializeAsString(), bytes);
  return change;
}

void ExpectEqual(const ImageView& image, bool present, const google::protobuf::Any& any,
                 const google::protobuf::RepeatedField<uint32_t>& unknown) {
  EXPECT_EQ(image.present, present);
  EXPECT_EQ(image.row, any.value());
  EXPECT_EQ(image.partial, !unknown.empty());
  EXPECT_EQ(NumbersIn(image.unknown), std::vector<uint32_t>(unknown.begin(), unknown.end()));
}

TEST(Change, MatchesProtobuf) {
  const std::string list = testing::SampleChanges();
  ASSERT_EQ(ChangesIn(list).size(), 4u);
  for (const std::string_view bytes : ChangesIn(list)) {
    const v1::Change expected = Parsed(bytes);
    ChangeView change;
    ASSERT_TRUE(ParseChange(bytes, change));
    EXPECT_EQ(change.bytes, bytes);
    EXPECT_EQ(change.sequence.value, expected.sequence());
    EXPECT_EQ(change.operation, expected.operation());
    EXPECT_EQ(change.database, expected.database());
    EXPECT_EQ(change.table, expected.table());
    ExpectEqual(change.before, expected.has_before(), expected.before(),
                expected.before_unknown_fields());
    ExpectEqual(change.after, expected.has_after(), expected.after(),
                expected.after_unknown_fields());
    const v1::SchemaChange& schema = expected.schema_change();
    EXPECT_EQ(change.schema_change.statement, schema.statement());
    EXPECT_EQ(change.schema_change.default_database, schema.default_database());
    EXPECT_EQ(NamesIn(change.schema_change.tables),
              std::vector<std::string>(schema.tables().begin(), schema.tables().end()));
  }
}

TEST(Change, TextsKeepTheirOrder) {
  Buffer to;
  PutText(to, {.field_number = 3, .in_before = true, .charset = "latin1", .value = "\xff"});
  PutText(to, {.field_number = 4, .in_before = true, .ambiguous = true, .value = "0"});
  PutText(to, {.field_number = 400, .charset = "sjis", .value = "\x81"});
  ChangeView change;
  ASSERT_TRUE(ParseChange(to.view(), change));
  const std::vector<TextView> texts = TextsIn(change.texts);
  ASSERT_EQ(texts.size(), 3u);
  EXPECT_EQ(texts[0].charset, "latin1");
  EXPECT_TRUE(texts[0].in_before && !texts[0].ambiguous);
  EXPECT_EQ(texts[1].value, "0");
  EXPECT_TRUE(texts[1].in_before && texts[1].ambiguous);
  EXPECT_EQ(texts[2].field_number, 400u);
  EXPECT_FALSE(texts[2].in_before || texts[2].ambiguous);
}

TEST(Change, UnknownFieldsAreSkipped) {
  Buffer to;
  to.PutVarintField(layout::Change::kSequence, 7);
  to.PutBytesField(99, "later");
  to.PutVarintField(layout::Change::kOperation, testing::kInsert);
  ChangeView change;
  ASSERT_TRUE(ParseChange(to.view(), change));
  EXPECT_EQ(change.sequence.value, 7u);
  EXPECT_EQ(change.operation, testing::kInsert);
}

TEST(Change, AKnownFieldOfAnotherTypeIsMalformed) {
  ChangeView change;
  for (uint32_t number = 1; number < layout::Change::kTypes.size(); ++number) {
    Buffer to;
    if (layout::Change::kTypes[number] == layout::kNumber) {
      to.PutBytesField(number, "");
    } else {
      to.PutVarintField(number, 1);
    }
    EXPECT_FALSE(ParseChange(to.view(), change)) << number;
  }
}

TEST(Change, ASecondImageOfOneKindIsMalformed) {
  for (const Image image : {Image::kBefore, Image::kAfter}) {
    Buffer to;
    ChangeView change;
    PutImage(to, image, testing::TypeUrl(), "\x08\x01");
    EXPECT_TRUE(ParseChange(to.view(), change));
    PutImage(to, image, testing::TypeUrl(), "\x08\x01");
    EXPECT_FALSE(ParseChange(to.view(), change));
  }
}

TEST(Change, AFieldNumberBeyond32BitsIsMalformed) {
  Buffer to;
  ChangeView change;
  PutText(to, {.field_number = UINT32_MAX, .charset = "latin1", .value = "x"});
  EXPECT_TRUE(ParseChange(to.view(), change));
  to.Clear();
  const size_t unknown = to.BeginNested(layout::Change::kAfterUnknownFields);
  to.PutVarint(uint64_t{1} << 32);
  to.EndNested(unknown);
  EXPECT_FALSE(ParseChange(to.view(), change));
}

TEST(Change, ReadOmitsFieldsOfRowBefore) {
  const std::string list = testing::SampleChanges();
  const std::string_view bytes = ChangesIn(list)[1];
  ChangeView change;
  ASSERT_TRUE(ParseChange(bytes, change));
  std::string reads;
  AppendAsRead(change, SizeAsRead(change), reads);
  v1::Change expected = Parsed(bytes);
  expected.set_operation(v1::OPERATION_READ);
  expected.clear_before();
  expected.clear_before_unknown_fields();
  expected.clear_after_unknown_fields();
  expected.mutable_invalid_text()->DeleteSubrange(0, 1);
  expected.mutable_ambiguous_text()->DeleteSubrange(0, 1);
  ASSERT_EQ(ChangesIn(reads).size(), 1u);
  EXPECT_EQ(ChangesIn(reads)[0], expected.SerializeAsString());
  EXPECT_EQ(ChangesIn(reads)[0].size(), SizeAsRead(change));
}

TEST(ChangeWriter, ImageBuiltInPlaceEqualsPutImage) {
  for (const size_t bytes : {0, 1, 127, 128, 20'000}) {
    const std::string row(bytes, 'x');
    Buffer whole;
    PutImage(whole, Image::kAfter, testing::TypeUrl(), row);
    Buffer open;
    const OpenImage image = BeginImage(open, Image::kAfter, testing::TypeUrl());
    open.Append(row);
    EXPECT_EQ(EndImage(open, image), bytes);
    EXPECT_TRUE(open.view() == whole.view()) << bytes;
    EXPECT_TRUE(open.view().ends_with(row)) << bytes;
  }
}

// Logs on disk contain these bytes.
TEST(ChangeWriter, ChangeBytesNeverChange) {
  Buffer to;
  const size_t begin = BeginChange(to, {300});
  PutNames(to, testing::kUpdate, {"d", "t"});
  PutImage(to, Image::kBefore, "\x0a\x01u", "\x08\x05");
  PutImage(to, Image::kAfter, "\x0a\x01u", "\x08\x06");
  PutUnknownFields(to, Image::kAfter, {2});
  PutText(to, {.field_number = 3, .in_before = true, .charset = "c", .value = "x"});
  PutText(to, {.field_number = 4, .ambiguous = true, .value = "0"});
  EndChange(to, begin);
  const std::string content =
      "\x08\xac\x02\x10\x02\x1a\x01"
      "d\x22\x01t"
      "\x2a\x07\x0a\x01u\x12\x02\x08\x05"
      "\x32\x07\x0a\x01u\x12\x02\x08\x06"
      "\x5a\x01\x02"
      "\x62\x0a\x08\x03\x10\x01\x1a\x01"
      "c\x22\x01x"
      "\x6a\x05\x08\x04\x1a\x01"
      "0";
  EXPECT_EQ(to.view(), "\x2a" + std::string(1, static_cast<char>(content.size())) + content);
}

TEST(ChangeWriter, EmptyFieldsAreOmitted) {
  Buffer to;
  PutNames(to, testing::kSchemaChanged, {"", ""});
  PutSchemaChange(to, {});
  PutUnknownFields(to, Image::kBefore, {});
  EXPECT_EQ(to.view(), std::string_view("\x10\x06\x4a\x00", 4));
}

}  // namespace
}  // namespace millrace::wire
