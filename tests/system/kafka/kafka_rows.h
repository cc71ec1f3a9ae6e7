// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/kafka_record.h"
#include "support/sql_session.h"
#include "system/change_reader.h"
#include "system/snapshot_tables.h"

namespace millrace::testing {

// The rows of a record as text; equal rows have equal text.
struct RecordRows {
  std::optional<std::string> before;
  std::optional<std::string> after;
};
// A format: decodes the value of a table's record. Aborts the test on a malformed value.
using RecordReader =
    std::function<RecordRows(const SnapshotTableSpec& table, const KafkaRecord& record)>;

// Format protobuf, with the row types that `reader` gets from its server. `reader` must outlive the
// result.
RecordReader ProtobufRecords(ChangeReader& reader);
// Format debezium-json, configured with kDebeziumLines.
RecordReader DebeziumRecords();
// Lines for section `kafka` that make values easy to compare.
inline constexpr char kDebeziumLines[] =
    "debezium: {schemas_enable: false, decimal_handling_mode: string, binary_handling_mode: hex}";

// A table as rebuilt by a consumer that reads its topic from the start.
class KafkaRows {
 public:
  KafkaRows(SnapshotTableSpec table, RecordReader reader)
      : table_(std::move(table)), reader_(std::move(reader)) {}

  // Add the records of each partition in order.
  void Add(const KafkaRecord& record);

  // Describes the first few differences from the source's rows.
  std::vector<std::string> Differences(SqlSession& sql) const;

 private:
  using Counts = std::map<std::string, int64_t>;  // number of equal rows, by row
  bool HasPrimaryKey() const;
  void Count(const std::optional<std::string>& row, int64_t times);

  SnapshotTableSpec table_;
  RecordReader reader_;
  Counts rows_;  // inserted minus deleted rows
  std::map<std::string, std::optional<std::string>>
      last_;  // newest row by key, as kept by compaction
};

}  // namespace millrace::testing
