// SPDX-License-Identifier: Apache-2.0

// The after image of an UPDATE, whose unchanged columns are copied from the before image. The
// result must be the same as when the after image is encoded alone.

#include <random>

#include "base/error.h"
#include "gtest/gtest.h"
#include "transcode/row_fixture.h"

namespace millrace::transcode {
namespace {

using T = ColumnType;
using F = schema::FieldType;

// A column and its values in the test. The first value is valid, so that its field is copied.
struct Kind {
  schema::Column column;
  std::vector<std::string> values;  // in hexadecimal
};

schema::Column Hidden(schema::Column column) {
  column.captured = false;
  return column;
}

std::vector<Kind> MakeKinds() {
  return {
      {MakeColumn(T::kLongLong, 0, F::kInt64), {"0000000000000080", "0100000000000000"}},
      {MakeColumn(T::kVarchar, 100, F::kString, "utf8mb4"), {"00", "0141", "02c3a9", "034142c0"}},
      {MakeColumn(T::kNewDecimal, 0xa02, F::kString, ""), {"8000000000", "7ffffffecd"}},
      {MakeColumn(T::kVarchar, 300, F::kString, "latin1"), {"0000", "0100e9", "0200e9e9"}},
      {MakeColumn(T::kBit, 10, F::kUint64), {"0201", "0001"}},
      {MakeColumn(T::kTiny, 0, F::kInt32), {"00", "ff", "07"}},
      {MakeColumn(T::kBlob, 4, F::kBytes), {"00000000", "02000000ffff", "0200000000ff"}},
      {MakeColumn(T::kVarchar, 100, F::kString, "ascii"), {"0141", "024141", "0180"}},
      {MakeColumn(T::kDateTime2, 0, F::kString, ""), {"99b2bb7efb", "8000000000"}},
      {MakeColumn(T::kTimestamp2, 6, F::kTimestamp), {"65920080000001", "00000000000000"}},
      {MakeColumn(T::kJson, 4, F::kString, ""), {"020000000400", "050000000200000400"}},
      {MakeColumn(T::kVarcharCompressed, 100, F::kString, "utf8mb4"), {"020041", "0200ff", "00"}},
      {Hidden(MakeColumn(T::kLong, 0, F::kInt32)), {"01000000", "02000000"}},
      {MakeColumn(T::kDouble, 8, F::kDouble), {"0100000000000000", "0000000000000000"}},
  };
}

// For each column the index of the row's value in Kind::values; the index past the end means NULL.
using Row = std::vector<size_t>;

class RowUpdateTest : public ::testing::Test {
 protected:
  static std::vector<schema::Column> Columns(const std::vector<Kind>& kinds) {
    std::vector<schema::Column> columns;
    for (const Kind& kind : kinds) columns.push_back(kind.column);
    return columns;
  }
  std::string Image(const Row& row) const {
    std::string nulls((kinds_.size() + 7) / 8, '\0');
    std::string values;
    for (size_t i = 0; i < kinds_.size(); ++i) {
      if (row[i] == kinds_[i].values.size()) {
        nulls[i / 8] = static_cast<char>(nulls[i / 8] | 1 << i % 8);
      } else {
        values += FromHex(kinds_[i].values[row[i]]);
      }
    }
    return nulls + values;
  }
  size_t Pick(size_t column) { return random_() % (kinds_[column].values.size() + 1); }
  Row RandomRow() {
    Row row;
    for (size_t i = 0; i < kinds_.size(); ++i) row.push_back(Pick(i));
    return row;
  }
  // The row with `changes` of its columns set to random values.
  Row Changed(Row row, size_t changes) {
    for (size_t i = 0; i < changes; ++i) {
      const size_t column = random_() % kinds_.size();
      row[column] = Pick(column);
    }
    return row;
  }

  // The result of encoding an image: error, fields, unread bytes and invalid text.
  static std::string Outcome(const absl::Status& status, std::string_view fields, size_t left,
                             const std::vector<InvalidText>& invalid) {
    std::string outcome = ErrorReason(status) + ": " + std::string(status.message()) + "|" +
                          std::string(fields) + "|" + std::to_string(left);
    for (const InvalidText& text : invalid) {
      outcome += "|" + std::to_string(text.field_number) + "=" + std::string(text.bytes);
    }
    return outcome;
  }
  // The outcome of `after` alone.
  std::string Alone(std::string_view after) {
    wire::Buffer out;
    std::vector<InvalidText> invalid;
    const absl::Status status = table_.plan().EncodeImage(table_.present(), after, out, invalid);
    return Outcome(status, out.view(), after.size(), invalid);
  }
  // The outcome of `after` following `before`.
  std::string Following(const std::string& before, std::string_view after) {
    // On the heap with the exact size, so that AddressSanitizer detects reads beyond it.
    const std::vector<char> exact(after.begin(), after.end());
    std::string_view rows(exact.data(), exact.size());
    wire::Buffer out;
    out.Append("something before");
    const size_t fields = out.size();
    std::vector<InvalidText> invalid;
    std::string_view before_rows = before;
    EXPECT_TRUE(table_.plan().EncodeBeforeImage(table_.present(), before_rows, out, invalid).ok());
    EXPECT_TRUE(before_rows.empty());
    EXPECT_EQ(Outcome(absl::OkStatus(), out.view().substr(fields), 0, invalid), Alone(before));
    out.Append("tag and length of the image after");
    const size_t begin = out.size();
    const size_t known_invalid = invalid.size();
    const absl::Status status =
        table_.plan().EncodeAfterImage(table_.present(), rows, fields, out, invalid);
    invalid.erase(invalid.begin(), invalid.begin() + static_cast<ptrdiff_t>(known_invalid));
    return Outcome(status, out.view().substr(begin), rows.size(), invalid);
  }

  const std::vector<Kind> kinds_ = MakeKinds();
  RowFixture table_{Columns(kinds_)};
  std::mt19937 random_{42};
};

TEST_F(RowUpdateTest, AfterImageMatchesIndependentEncoding) {
  for (int round = 0; round < 20'000; ++round) {
    const Row before = RandomRow();
    const Row after = Changed(before, random_() % (kinds_.size() + 1));
    // Another row follows.
    const std::string image = Image(after) + "next";
    ASSERT_EQ(Following(Image(before), image), Alone(image)) << "round " << round;
  }
}

TEST_F(RowUpdateTest, TruncatedAfterImageFailsLikeIndependentEncoding) {
  for (int round = 0; round < 200; ++round) {
    const Row before = RandomRow();
    const std::string image = Image(Changed(before, 3));
    for (size_t size = 0; size < image.size(); ++size) {
      const std::string_view cut = std::string_view(image).substr(0, size);
      ASSERT_EQ(Following(Image(before), cut), Alone(cut)) << "round " << round << ", " << size;
    }
  }
}

TEST_F(RowUpdateTest, ChangedImpossibleValueIsRefused) {
  const Row row(kinds_.size(), 0);
  std::string image = Image(row);
  const size_t bits = image.find("\x02\x01");
  ASSERT_NE(bits, std::string::npos);
  image[bits] = '\xff';  // a BIT(10) with sixteen bits
  EXPECT_EQ(Following(Image(row), image), Alone(image));
  EXPECT_NE(Alone(image).find("ROW_UNDECODABLE"), std::string::npos) << Alone(image);
}

TEST_F(RowUpdateTest, PartialImageIsNotCopied) {
  RowFixture table({MakeColumn(T::kTiny, 0, F::kInt32), MakeColumn(T::kTiny, 0, F::kInt32)});
  wire::Buffer out;
  std::vector<InvalidText> invalid;
  // The before image has the key, the after image the changed column.
  std::string_view rows("\x00\x07\x00\x07", 4);
  ASSERT_TRUE(table.plan().EncodeBeforeImage("\x01", rows, out, invalid).ok());
  const size_t begin = out.size();
  ASSERT_TRUE(table.plan().EncodeAfterImage("\x02", rows, 0, out, invalid).ok());
  EXPECT_EQ(table.ShowMessage(out.view().substr(begin)), "2=7");
}

}  // namespace
}  // namespace millrace::transcode
