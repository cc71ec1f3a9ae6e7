// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/kafka_options.h"
#include "kafka/debezium_values.h"
#include "kafka/row_fields.h"
#include "model/sequence.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// What the records of one version of a table have in common, and how its rows and keys are output.
// Immutable; thread-safe.
class DebeziumTable {
 public:
  // Beside the version itself.
  struct Parts {
    std::string topic;
    std::vector<size_t> key;  // places of the key's columns; empty: none
    std::string_view connector;
    const DebeziumOptions& options;
  };
  DebeziumTable(schema::TableVersionPtr version, Parts parts);

  const schema::TableVersion& version() const { return *version_; }
  const std::string& topic() const { return topic_; }
  bool has_key() const { return !key_.empty(); }
  const RowFields& fields() const { return fields_; }
  // What stands around the payload of a value.
  std::string_view value_head() const { return value_head_; }
  std::string_view value_tail() const { return value_tail_; }

  // Appends a row as an object. Columns of which the source said nothing are left out; names of
  // those whose text is none are added to `invalid`. kFailedPrecondition MIRROR_UNENCODABLE: a
  // value has no form under the options. kDataLoss LOG_DAMAGED.
  absl::Status AppendRow(const std::vector<FieldValue>& values, Sequence sequence, std::string& to,
                         std::vector<std::string_view>& invalid) const;
  // Appends the whole key. What the image `values` does not know is taken from `other`, where that
  // is not null. kFailedPrecondition MIRROR_UNENCODABLE: also if a column is known in neither, or
  // its text is none, for rows could then not be told apart.
  absl::Status AppendKey(const std::vector<FieldValue>& values,
                         const std::vector<FieldValue>* other, Sequence sequence,
                         std::string& to) const;

 private:
  struct OutputColumn {
    size_t column = 0;          // place in the version's columns
    std::string member_prefix;  // `,"name":`
    ColumnForm form;
  };
  absl::Status ValueError(const OutputColumn& output, const ValueOutcome& outcome,
                          Sequence sequence) const;

  schema::TableVersionPtr version_;
  std::string topic_;
  RowFields fields_;
  std::vector<OutputColumn> columns_;
  std::vector<size_t> key_;  // places in columns_
  std::string key_head_;
  std::string key_tail_;
  std::string value_head_;
  std::string value_tail_;
};

}  // namespace millrace::kafka
