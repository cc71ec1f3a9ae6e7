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

// Writes the rows and keys of one table version, with the text that all its records share.
// Immutable; thread-safe.
class DebeziumTable {
 public:
  struct Parts {
    std::string topic;
    std::vector<size_t> key;  // indexes of the key's columns; empty: no key
    std::string_view connector;
    const DebeziumOptions& options;
  };
  DebeziumTable(schema::TableVersionPtr version, Parts parts);

  const schema::TableVersion& version() const { return *version_; }
  const std::string& topic() const { return topic_; }
  bool has_key() const { return !key_.empty(); }
  const RowFields& fields() const { return fields_; }
  // The text around the payload of a value.
  std::string_view value_head() const { return value_head_; }
  std::string_view value_tail() const { return value_tail_; }

  // Appends a row as an object. Omits columns that are missing from the row image; adds the names
  // of columns with invalid text to `invalid`. kFailedPrecondition MIRROR_UNENCODABLE: the options
  // do not allow a value. kDataLoss LOG_DAMAGED.
  absl::Status AppendRow(const std::vector<FieldValue>& values, Sequence sequence, std::string& to,
                         std::vector<std::string_view>& invalid) const;
  // Appends the whole key. Columns missing from the image `values` are taken from `other` unless it
  // is null. kFailedPrecondition MIRROR_UNENCODABLE: as AppendRow, or a column is missing from both
  // images or has invalid text, so that different rows could have equal keys.
  absl::Status AppendKey(const std::vector<FieldValue>& values,
                         const std::vector<FieldValue>* other, Sequence sequence,
                         std::string& to) const;

 private:
  struct OutputColumn {
    size_t column = 0;          // index into the version's columns
    std::string member_prefix;  // `,"name":`
    ColumnForm form;
  };
  absl::Status ValueError(const OutputColumn& output, const ValueOutcome& outcome,
                          Sequence sequence) const;

  schema::TableVersionPtr version_;
  std::string topic_;
  RowFields fields_;
  std::vector<OutputColumn> columns_;
  std::vector<size_t> key_;  // indexes into columns_
  std::string key_head_;
  std::string key_tail_;
  std::string value_head_;
  std::string value_tail_;
};

}  // namespace millrace::kafka
