// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <bit>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/error.h"
#include "gmock/gmock.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "kafka/encoder_parts.h"
#include "kafka/record.h"
#include "millrace/v1/change_feed.pb.h"
#include "millrace/v1/values.pb.h"

namespace millrace::kafka {

using schema::Column;
using schema::FieldType;

// A copy of a record that an encoder added.
struct CollectedRecord {
  std::string topic;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
  Micros time = 0;

  std::string Header(std::string_view name) const {
    for (const auto& [key_of, value_of] : headers) {
      if (key_of == name) return value_of;
    }
    return "";
  }
};

// Collects the added records.
class CollectingSink final : public RecordSink {
 public:
  absl::Status Add(const RecordView& record) override {
    CollectedRecord& seen = records.emplace_back();
    seen.topic = record.topic;
    if (record.key.has_value()) seen.key = std::string(*record.key);
    if (record.value.has_value()) seen.value = std::string(*record.value);
    for (const auto& [name, value] : record.headers) seen.headers.emplace_back(name, value);
    seen.time = record.time;
    return absl::OkStatus();
  }

  std::vector<CollectedRecord> records;
};

// A column's value: NULL, integer, float, double, or text, bytes or a serialized message.
using Cell = std::variant<std::monostate, int64_t, float, double, std::string>;
inline const Cell kNullCell;

inline Cell TimestampCell(int64_t seconds, int32_t nanoseconds = 0) {
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(seconds);
  stamp.set_nanos(nanoseconds);
  return stamp.SerializeAsString();
}
inline Cell GeometryCell(std::string_view wkb, uint32_t srid = 0) {
  v1::Geometry geometry;
  geometry.set_srid(srid);
  geometry.set_wkb(std::string(wkb));
  return geometry.SerializeAsString();
}
inline Cell VectorCell(const std::vector<float>& values) {
  v1::Vector vector;
  vector.mutable_values()->Add(values.begin(), values.end());
  return vector.SerializeAsString();
}

// A column with the given properties, otherwise defaults.
inline Column MakeColumn(std::string name, ColumnType type, FieldType field,
                         uint16_t metadata = 0) {
  Column column;
  column.name = column.field_name = std::move(name);
  column.type = type;
  column.field_type = field;
  column.metadata = metadata;
  return column;
}
inline Column IntColumn(std::string name) {
  return MakeColumn(std::move(name), ColumnType::kLong, FieldType::kInt32);
}
inline Column TextColumn(std::string name) {
  Column column = MakeColumn(std::move(name), ColumnType::kVarchar, FieldType::kString, 400);
  column.charset = "utf8mb4";
  return column;
}
// The first column of a primary key.
inline Column KeyColumn(std::string name) {
  Column column = IntColumn(std::move(name));
  column.key_ordinal = 1;
  column.nullable = false;
  return column;
}

// Field numbers count from 1 in the order of the columns.
inline schema::TableVersionPtr MakeVersion(TableName name, std::vector<Column> columns) {
  auto version = std::make_shared<schema::TableVersion>();
  version->table_id = 1;
  version->version = 1;
  version->row_message = "db." + name.database + "." + name.table;
  version->type_url = "t/" + version->row_message;
  version->name = std::move(name);
  for (Column& column : columns) {
    if (column.captured) column.field_number = version->next_field_number++;
    version->columns.push_back(std::move(column));
  }
  return version;
}

// The serialized row message.
inline std::string RowBytes(const schema::TableVersion& version, const std::vector<Cell>& cells) {
  std::string row;
  for (size_t i = 0; i < cells.size(); ++i) {
    const uint64_t number = version.columns[i].field_number;
    if (const auto* integer = std::get_if<int64_t>(&cells[i])) {
      AppendVarint(row, number << 3);
      AppendVarint(row, static_cast<uint64_t>(*integer));
    } else if (const auto* four = std::get_if<float>(&cells[i])) {
      AppendVarint(row, number << 3 | 5);
      AppendLittle32(row, std::bit_cast<uint32_t>(*four));
    } else if (const auto* eight = std::get_if<double>(&cells[i])) {
      AppendVarint(row, number << 3 | 1);
      AppendLittle64(row, std::bit_cast<uint64_t>(*eight));
    } else if (const auto* bytes = std::get_if<std::string>(&cells[i])) {
      AppendVarint(row, number << 3 | 2);
      AppendSized(row, *bytes);
    }
  }
  return row;
}

// Constructor arguments for encoders, and changes to encode.
class EncoderTest : public ::testing::Test {
 protected:
  EncoderTest() { options_.debezium.schemas_enable = false; }

  EncoderParts Parts() {
    if (registry_ == nullptr) {
      registry_ = schema::Registry::FromRecords({}, flavour_).value();
      routes_ = Routes::Make(options_, *registry_).value();
    }
    return {.options = options_, .registry = *registry_, .routes = *routes_};
  }

  // A change of table `shop.orders (id INT PRIMARY KEY, name VARCHAR(100))` in its own transaction.
  ChangeView Change(v1::Operation operation) {
    ChangeView change;
    change.sequence = {7};
    change.operation = static_cast<uint8_t>(operation);
    change.version = orders_;
    change.database = orders_->name.database;
    change.table = orders_->name.table;
    change.transaction = {.gtid = "3e11fa47-71ca-11e1-9e33-c80aa9429562:23",
                          .commit_time = 1'700'000'000'123'456,
                          .server_id = 4,
                          .file = "binlog.000003",
                          .position = 154,
                          .first = {7}};
    change.last_of_transaction = true;
    change.bytes = "change";
    return change;
  }
  // Returns a view of a serialized row, which lives until the end of the test.
  RowView Row(const schema::TableVersionPtr& version, const std::vector<Cell>& cells) {
    rows_.push_back(std::make_unique<std::string>(RowBytes(*version, cells)));
    RowView row;
    row.present = true;
    row.bytes = *rows_.back();
    return row;
  }
  RowView Order(int64_t id, const Cell& name) { return Row(orders_, {id, name}); }
  ChangeView Insert(const schema::TableVersionPtr& version, const std::vector<Cell>& cells) {
    ChangeView change = Change(v1::OPERATION_INSERT);
    change.version = version;
    change.database = version->name.database;
    change.table = version->name.table;
    change.after = Row(version, cells);
    return change;
  }

  KafkaOptions options_;
  Flavour flavour_ = Flavour::kMysql;
  std::unique_ptr<schema::Registry> registry_;
  std::unique_ptr<Routes> routes_;
  CollectingSink sink_;
  schema::TableVersionPtr orders_ =
      MakeVersion({"shop", "orders"}, {KeyColumn("id"), TextColumn("name")});
  std::vector<std::unique_ptr<std::string>> rows_;
};

// Tests of an encoder.
class EncodingTest : public EncoderTest {
 protected:
  // Returns the error's reason; empty on success.
  virtual std::string Encode(const ChangeView& change) = 0;
  // Stops at the first failure.
  std::string EncodeAll(const std::vector<ChangeView>& changes) {
    for (const ChangeView& change : changes) {
      if (const std::string reason = Encode(change); !reason.empty()) return reason;
    }
    return "";
  }
  ChangeView Update(const RowView& before, const RowView& after) {
    ChangeView change = Change(v1::OPERATION_UPDATE);
    change.before = before;
    change.after = after;
    return change;
  }

  std::unique_ptr<ChangeEncoder> encoder_;
};

}  // namespace millrace::kafka
