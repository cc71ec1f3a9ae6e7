// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_table.h"

#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "kafka/debezium_json.h"
#include "kafka/debezium_schema.h"
#include "kafka/encoding_errors.h"

namespace millrace::kafka {
namespace {

std::string WithSchema(std::string_view schema) {
  return fmt::format("{{\"schema\":{},\"payload\":", std::string(schema));
}

}  // namespace

DebeziumTable::DebeziumTable(schema::TableVersionPtr version, Parts parts)
    : version_(std::move(version)), topic_(std::move(parts.topic)), fields_(version_) {
  std::vector<SchemaField> row;
  for (size_t i = 0; i < version_->columns.size(); ++i) {
    const schema::Column& column = version_->columns[i];
    if (!column.captured) continue;
    std::string piece = ",";
    AppendJsonString(piece, column.name);
    piece.push_back(':');
    columns_.push_back(
        {.column = i, .piece = std::move(piece), .form = FormOf(column, parts.options)});
  }
  for (const size_t column : parts.key) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].column == column) key_.push_back(i);
    }
  }
  if (!parts.options.schemas_enable) return;
  std::vector<SchemaField> key;
  const auto field_of = [&](const Written& written) {
    return SchemaField{.column = &version_->columns[written.column], .form = &written.form};
  };
  for (const Written& written : columns_) row.push_back(field_of(written));
  for (const size_t i : key_) key.push_back(field_of(columns_[i]));
  key_head_ = WithSchema(KeySchema(key, topic_));
  value_head_ = WithSchema(EnvelopeSchema(row, topic_, parts.connector));
  key_tail_ = value_tail_ = "}";
}

absl::Status DebeziumTable::Failed(const Written& written, const ValueOutcome& outcome,
                                   Sequence sequence) const {
  if (!outcome.damaged) return Unencodable(*version_, written.column, sequence, outcome.problem);
  return DamagedRow(
      *version_,
      fmt::format("column `{}` is {}", version_->columns[written.column].name, outcome.problem));
}

absl::Status DebeziumTable::AppendRow(const std::vector<FieldValue>& values, Sequence sequence,
                                      std::string& to,
                                      std::vector<std::string_view>& invalid) const {
  to.push_back('{');
  size_t comma = 1;  // the first member has none before it
  for (const Written& written : columns_) {
    const FieldValue& value = values[written.column];
    if (value.state == FieldValue::State::kUnknown) continue;
    if (value.state == FieldValue::State::kInvalid) {
      invalid.push_back(version_->columns[written.column].name);
    }
    to.append(written.piece, comma);
    comma = 0;
    const ValueOutcome outcome = AppendValue(written.form, value, to);
    if (!outcome.ok()) [[unlikely]]
      return Failed(written, outcome, sequence);
  }
  to.push_back('}');
  return absl::OkStatus();
}

absl::Status DebeziumTable::AppendKey(const std::vector<FieldValue>& values,
                                      const std::vector<FieldValue>* other, Sequence sequence,
                                      std::string& to) const {
  to.append(key_head_);
  to.push_back('{');
  size_t comma = 1;
  for (const size_t i : key_) {
    const Written& written = columns_[i];
    const FieldValue* value = &values[written.column];
    if (value->state == FieldValue::State::kUnknown && other != nullptr) {
      value = &(*other)[written.column];
    }
    if (value->state == FieldValue::State::kUnknown) {
      return KeyUnknown(*version_, written.column, sequence);
    }
    if (value->state == FieldValue::State::kInvalid) {
      return KeyInvalid(*version_, written.column, sequence);
    }
    to.append(written.piece, comma);
    comma = 0;
    const ValueOutcome outcome = AppendValue(written.form, *value, to);
    if (!outcome.ok()) [[unlikely]]
      return Failed(written, outcome, sequence);
  }
  to.push_back('}');
  to.append(key_tail_);
  return absl::OkStatus();
}

}  // namespace millrace::kafka
