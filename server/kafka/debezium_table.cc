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
    std::string member_prefix = ",";
    AppendJsonString(member_prefix, column.name);
    member_prefix.push_back(':');
    columns_.push_back({.column = i,
                        .member_prefix = std::move(member_prefix),
                        .form = FormOf(column, parts.options)});
  }
  for (const size_t column : parts.key) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].column == column) key_.push_back(i);
    }
  }
  if (!parts.options.schemas_enable) return;
  std::vector<SchemaField> key;
  const auto field_of = [&](const OutputColumn& output) {
    return SchemaField{.column = &version_->columns[output.column], .form = &output.form};
  };
  for (const OutputColumn& output : columns_) row.push_back(field_of(output));
  for (const size_t i : key_) key.push_back(field_of(columns_[i]));
  key_head_ = WithSchema(KeySchema(key, topic_));
  value_head_ = WithSchema(EnvelopeSchema(row, topic_, parts.connector));
  key_tail_ = value_tail_ = "}";
}

absl::Status DebeziumTable::ValueError(const OutputColumn& output, const ValueOutcome& outcome,
                                       Sequence sequence) const {
  if (!outcome.damaged) return Unencodable(*version_, output.column, sequence, outcome.problem);
  return DamagedRow(*version_, fmt::format("column `{}` is {}",
                                           version_->columns[output.column].name, outcome.problem));
}

absl::Status DebeziumTable::AppendRow(const std::vector<FieldValue>& values, Sequence sequence,
                                      std::string& to,
                                      std::vector<std::string_view>& invalid) const {
  to.push_back('{');
  size_t comma = 1;  // skips the comma of the first member's prefix
  for (const OutputColumn& output : columns_) {
    const FieldValue& value = values[output.column];
    if (value.state == FieldValue::State::kUnknown) continue;
    if (value.state == FieldValue::State::kInvalid) {
      invalid.push_back(version_->columns[output.column].name);
    }
    to.append(output.member_prefix, comma);
    comma = 0;
    const ValueOutcome outcome = AppendValue(output.form, value, to);
    if (!outcome.ok()) [[unlikely]]
      return ValueError(output, outcome, sequence);
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
    const OutputColumn& output = columns_[i];
    const FieldValue* value = &values[output.column];
    if (value->state == FieldValue::State::kUnknown && other != nullptr) {
      value = &(*other)[output.column];
    }
    if (value->state == FieldValue::State::kUnknown) {
      return UnknownKeyColumn(*version_, output.column, sequence);
    }
    if (value->state == FieldValue::State::kInvalid) {
      return InvalidKeyColumn(*version_, output.column, sequence);
    }
    to.append(output.member_prefix, comma);
    comma = 0;
    const ValueOutcome outcome = AppendValue(output.form, *value, to);
    if (!outcome.ok()) [[unlikely]]
      return ValueError(output, outcome, sequence);
  }
  to.push_back('}');
  to.append(key_tail_);
  return absl::OkStatus();
}

}  // namespace millrace::kafka
