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

// The rows of a record, as text that equal rows have alike.
struct RecordRows {
  std::optional<std::string> before;
  std::optional<std::string> after;
};
// A format: takes the value of a record of a table apart. Aborts the test on what is none.
using RecordReader =
    std::function<RecordRows(const SnapshotTableSpec& table, const KafkaRecord& record)>;

// Format protobuf, by the row types that `reader`, which must outlive it, learns from its server.
RecordReader ProtobufRecords(ChangeReader& reader);
// Format debezium-json without schemas, with kDebeziumLines.
RecordReader DebeziumRecords();
// Lines of the configuration's section `kafka` that give values a form that is easily compared.
inline constexpr char kDebeziumLines[] =
    "debezium: {schemas_enable: false, decimal_handling_mode: string, binary_handling_mode: hex}";

// A table as a consumer has it who reads its topic from the table's beginning on.
class KafkaRows {
 public:
  KafkaRows(SnapshotTableSpec table, RecordReader reader)
      : table_(std::move(table)), reader_(std::move(reader)) {}

  // Records of one partition in their order.
  void Add(const KafkaRecord& record);

  // How the rows differ from the source's, the first few in words; empty: not at all.
  std::vector<std::string> Differences(SqlSession& sql) const;

 private:
  using Counts = std::map<std::string, int64_t>;  // of rows that are alike
  bool HasPrimaryKey() const;
  void Count(const std::optional<std::string>& row, int64_t times);

  SnapshotTableSpec table_;
  RecordReader reader_;
  Counts rows_;                                             // by what comes and goes
  std::map<std::string, std::optional<std::string>> last_;  // newest by key, as compaction keeps it
};

}  // namespace millrace::testing
