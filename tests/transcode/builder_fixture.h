// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "log/frame.h"
#include "millrace/v1/change_feed.pb.h"
#include "support/numbered_gtid.h"
#include "transcode/frame_builder.h"
#include "transcode/row_plan.h"

namespace millrace::transcode {

using FramePtr = std::shared_ptr<const log::Frame>;
using testing::GtidOf;
using testing::GtidTextOf;

inline Micros CommitTimeOf(uint64_t number) {
  return static_cast<Micros>(number) * 1'000'000 + static_cast<Micros>(number);
}

// The plan of the table shop.orders (id INT, note LONGBLOB), whose table id is 7.
class OrdersTable {
 public:
  OrdersTable() {
    auto table = std::make_shared<schema::TableVersion>();
    table->table_id = 7;
    table->name = {.database = "shop", .table = "orders"};
    table->type_url = "t/db.shop.orders";
    table->columns.resize(2);
    table->columns[0].type = ColumnType::kLong;
    table->columns[0].field_type = schema::FieldType::kInt32;
    table->columns[0].field_number = 1;
    table->columns[1].type = ColumnType::kBlob;
    table->columns[1].metadata = 4;
    table->columns[1].field_type = schema::FieldType::kBytes;
    table->columns[1].field_number = 2;
    binlog::TableMap map;
    for (const schema::Column& column : table->columns) {
      map.columns.push_back({.type = column.type, .metadata = column.metadata});
    }
    plan_ = RowPlan::Compile(map, table).value();
  }
  RowPlan& plan() { return *plan_; }

  // Returns the image of a row.
  static std::string Row(uint32_t id, size_t note_bytes) {
    std::string image(1, '\0');
    AppendLittle32(image, id);
    AppendLittle32(image, static_cast<uint32_t>(note_bytes));
    image.append(note_bytes, static_cast<char>('a' + id % 26));
    return image;
  }
  static binlog::Rows Event(binlog::RowsKind kind, std::string_view images) {
    binlog::Rows event;
    event.kind = kind;
    event.column_count = 2;
    event.present = "\x03";
    if (kind == binlog::RowsKind::kUpdate) event.present_after = "\x03";
    event.rows = images;
    return event;
  }

 private:
  std::unique_ptr<RowPlan> plan_;
};

// The transactions of a frame. Checks that the payload is what protobuf itself would write.
inline v1::SubscribeResponse TransactionsOf(const log::Frame& frame) {
  v1::SubscribeResponse response;
  EXPECT_TRUE(response.ParseFromString(std::string(frame.payload())));
  EXPECT_TRUE(response.SerializeAsString() == frame.payload())
      << response.ShortDebugString().substr(0, 400);
  return response;
}

}  // namespace millrace::transcode
