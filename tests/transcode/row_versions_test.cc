// SPDX-License-Identifier: Apache-2.0

// The effect of events of system-versioned tables on the current rows.

#include "base/error.h"
#include "gtest/gtest.h"
#include "transcode/row_fixture.h"

namespace millrace::transcode {
namespace {

using binlog::RowsKind;

const std::string kCurrent = FromHex("7fffffff0f423f");
const std::string kLaterCurrent = FromHex("ffffffff0f423f");
const std::string kPast = FromHex("66000000000001");

std::string Image(uint8_t id, const std::string& end) {
  return std::string(1, '\0') + static_cast<char>(id) + end;
}

class RowVersions : public ::testing::Test {
 protected:
  static std::vector<schema::Column> Columns() {
    schema::Column end = MakeColumn(ColumnType::kTimestamp2, 6, schema::FieldType::kTimestamp);
    end.meaning = schema::Meaning::kMariadbHiddenRowEnd;
    end.captured = false;
    return {MakeColumn(ColumnType::kTiny, 0, schema::FieldType::kInt32), end};
  }
  // The effect of the event on the current rows: `+` for INSERT, `-` for DELETE or `~` for UPDATE,
  // each followed by ids; or the reason of an error.
  std::string Taken(RowsKind kind, const std::string& rows) {
    binlog::Rows event{.kind = kind, .column_count = 2, .present = "\x03"};
    if (kind == RowsKind::kUpdate) event.present_after = "\x03";
    std::string_view rest = rows;
    std::string taken;
    while (!rest.empty()) {
      binlog::Rows current;
      const auto any = row_.plan().TakeCurrent(event, rest, current);
      if (!any.ok()) return ErrorReason(any.status());
      if (!*any) continue;
      taken += current.kind == RowsKind::kWrite    ? "+"
               : current.kind == RowsKind::kDelete ? "-"
                                                   : "~";
      for (size_t at = 1; at < current.rows.size(); at += 9) {
        taken += std::to_string(static_cast<int>(current.rows[at]));
      }
    }
    return taken;
  }
  RowFixture row_{Columns()};
};

TEST_F(RowVersions, PlanRecognizesVersionedTable) {
  EXPECT_TRUE(row_.plan().has_versions());
  RowFixture plain({MakeColumn(ColumnType::kTiny, 0, schema::FieldType::kInt32)});
  EXPECT_FALSE(plain.plan().has_versions());
}

TEST_F(RowVersions, PastRowsAreSkipped) {
  const std::string rows = Image(1, kPast) + Image(2, kCurrent) + Image(3, kLaterCurrent);
  EXPECT_EQ(Taken(RowsKind::kWrite, rows), "+2+3");
  EXPECT_EQ(Taken(RowsKind::kDelete, rows), "-2-3");
}

TEST_F(RowVersions, UpdateThatEndsARowDeletesIt) {
  EXPECT_EQ(Taken(RowsKind::kUpdate, Image(1, kCurrent) + Image(2, kCurrent)), "~12");
  EXPECT_EQ(Taken(RowsKind::kUpdate, Image(1, kCurrent) + Image(2, kPast)), "-1");
  EXPECT_EQ(Taken(RowsKind::kUpdate, Image(1, kPast) + Image(2, kCurrent)), "+2");
  EXPECT_EQ(Taken(RowsKind::kUpdate, Image(1, kPast) + Image(2, kPast)), "");
}

TEST_F(RowVersions, TruncatedImageIsRefused) {
  const std::string row = Image(1, kCurrent);
  for (size_t size = 1; size < row.size(); ++size) {
    EXPECT_EQ(Taken(RowsKind::kWrite, row.substr(0, size)), "ROW_UNDECODABLE") << size;
  }
}

TEST_F(RowVersions, ImageWithoutRowEndIsRefused) {
  binlog::Rows event{.kind = RowsKind::kWrite, .column_count = 2, .present = "\x01"};
  const std::string rows = FromHex("0001");
  std::string_view rest = rows;
  binlog::Rows current;
  EXPECT_EQ(ErrorReason(row_.plan().TakeCurrent(event, rest, current).status()), "ROW_UNDECODABLE");
  EXPECT_EQ(rest.size(), 2u);
}

}  // namespace
}  // namespace millrace::transcode
