// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "binlog/events.h"
#include "binlog/sample.h"

namespace millrace::binlog {
namespace {

std::string RowsReason(EventType type, std::string_view hex) {
  return ErrorReason(ParseRows(MakeEvent(type, FromHex(hex))).status());
}

TEST(RowEvents, WriteHasOneBitmap) {
  const SampleEvent event(captured::kMysqlTypesWrite);
  const auto rows = ParseRows(*event);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->kind, RowsKind::kWrite);
  EXPECT_EQ(rows->table_id, 0x55u);
  EXPECT_NE(rows->flags & Rows::kFlagStatementEnd, 0);
  EXPECT_EQ(rows->column_count, 34u);
  EXPECT_EQ(rows->present, FromHex("ffffffffff"));
  EXPECT_EQ(rows->present_after, "");
  EXPECT_EQ(rows->rows.substr(0, 9), FromHex("b8ef7f5e0201000000"));
}

TEST(RowEvents, UpdateHasTwoBitmaps) {
  const SampleEvent event(captured::kMysqlMinimalUpdate);
  const auto rows = ParseRows(*event);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->kind, RowsKind::kUpdate);
  EXPECT_EQ(rows->present, FromHex("01"));
  EXPECT_EQ(rows->present_after, FromHex("02"));
  EXPECT_EQ(rows->rows, FromHex("0002000000"
                                "000464657578"));
}

TEST(RowEvents, DeleteHasTheImageBefore) {
  const SampleEvent event(captured::kMysqlTypesDelete);
  const auto rows = ParseRows(*event);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->kind, RowsKind::kDelete);
  EXPECT_EQ(rows->column_count, 34u);
}

TEST(RowEvents, PartialUpdateHasTwoBitmaps) {
  const SampleEvent event(captured::kMysqlPartialUpdate);
  const auto rows = ParseRows(*event);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->kind, RowsKind::kPartialUpdate);
  EXPECT_EQ(rows->present_after, FromHex("ff"));
  EXPECT_EQ(rows->rows.substr(0, 5), FromHex("0001000000"));
}

TEST(RowEvents, PartitionIdIsSkipped) {
  const SampleEvent write(captured::kMysqlPartitionWrite);
  EXPECT_EQ(ParseRows(*write)->rows, FromHex("0003000000"));
  const SampleEvent update(captured::kMysqlPartitionUpdate);
  EXPECT_EQ(ParseRows(*update)->rows, FromHex("00030000000004000000"));
}

TEST(RowEvents, OfMariadbHaveNoExtraData) {
  const SampleEvent write(captured::kMariadbWrite, Flavour::kMariadb);
  const auto rows = ParseRows(*write);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->kind, RowsKind::kWrite);
  EXPECT_EQ(rows->table_id, 0x16u);
  EXPECT_EQ(rows->present, FromHex("03"));
  EXPECT_EQ(rows->rows, FromHex("fc01000000036f6e65"));
  const SampleEvent update(captured::kMariadbUpdate, Flavour::kMariadb);
  EXPECT_EQ(ParseRows(*update)->present_after, FromHex("ffffffff7f"));
}

TEST(RowEvents, OfPrereleasesAreRejected) {
  for (const auto type :
       {EventType::kWriteRowsV0, EventType::kUpdateRowsV0, EventType::kDeleteRowsV0}) {
    EXPECT_TRUE(IsRows(type));
    EXPECT_EQ(RowsReason(type, "0000000000000000010100"), "EVENT_KIND_UNSUPPORTED");
  }
}

TEST(RowEvents, CompressedEventsAreRejected) {
  EXPECT_FALSE(IsRows(EventType::kMariadbWriteRowsCompressedV1));
  EXPECT_EQ(RowsReason(EventType::kMariadbWriteRowsCompressedV1, "0000000000000000010100"),
            "EVENT_KIND_UNSUPPORTED");
}

TEST(RowEvents, ExtraDataSmallerThanItsSizeIsRejected) {
  EXPECT_EQ(RowsReason(EventType::kWriteRows,
                       "0000000000000000"
                       "0100"
                       "0101"),
            "EVENT_TRUNCATED");
}

TEST(RowEvents, ExtraDataBeyondTheEventIsRejected) {
  EXPECT_EQ(RowsReason(EventType::kWriteRows,
                       "0000000000000000"
                       "ffff"
                       "0101"),
            "EVENT_TRUNCATED");
}

TEST(RowEvents, TooManyColumnsAreRejected) {
  EXPECT_EQ(RowsReason(EventType::kWriteRowsV1,
                       "0000000000000000"
                       "fc0110"),
            "EVENT_TRUNCATED");
  EXPECT_EQ(RowsReason(EventType::kWriteRowsV1,
                       "0000000000000000"
                       "feffffffffffffffff"),
            "EVENT_TRUNCATED");
}

TEST(RowEvents, BitmapBeyondTheEventIsRejected) {
  EXPECT_EQ(RowsReason(EventType::kUpdateRowsV1,
                       "0000000000000000"
                       "09ffffff"),
            "EVENT_TRUNCATED");
  EXPECT_EQ(RowsReason(EventType::kUpdateRowsV1,
                       "0000000000000000"
                       "09ffffffff"),
            "");
}

}  // namespace
}  // namespace millrace::binlog
