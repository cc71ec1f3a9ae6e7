// SPDX-License-Identifier: Apache-2.0

#include "system/snapshot_model.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "fmt/format.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace millrace::testing {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr size_t kViolationsMax = 10;

const std::string& Image(const v1::Change& change) {
  return change.has_before() ? change.before().value() : change.after().value();
}

}  // namespace

std::map<uint32_t, std::string> FieldsOf(std::string_view message) {
  std::map<uint32_t, std::string> fields;
  CodedInputStream input(reinterpret_cast<const uint8_t*>(message.data()),
                         static_cast<int>(message.size()));
  while (true) {
    const int begin = input.CurrentPosition();
    const uint32_t tag = input.ReadTag();
    if (tag == 0) break;
    if (!WireFormatLite::SkipField(&input, tag)) break;
    fields[tag >> 3] += message.substr(static_cast<size_t>(begin),
                                       static_cast<size_t>(input.CurrentPosition() - begin));
  }
  if (static_cast<size_t>(input.CurrentPosition()) != message.size()) {
    std::cerr << "SnapshotModel: a row is not a message: " << HexText(message) << std::endl;
    std::abort();
  }
  return fields;
}

std::string HexText(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02X}", static_cast<uint8_t>(byte));
  return text;
}

void SnapshotModel::AddTable(const std::string& table, std::vector<uint32_t> key_fields) {
  tables_[table].key_fields = std::move(key_fields);
}

std::string SnapshotModel::KeyOf(const std::string& table, std::string_view row) const {
  const std::vector<uint32_t>& numbers = tables_.at(table).key_fields;
  if (numbers.empty()) return std::string(row);
  Fields fields = FieldsOf(row);
  std::string key;
  for (const uint32_t number : numbers) key += fields[number];
  return key;
}

void SnapshotModel::CheckSequence(const v1::Change& change) {
  if (catching_up_ && change.operation() == v1::OPERATION_READ) return;
  if (catching_up_) all_known_ = true;
  catching_up_ = false;
  if (change.sequence() != newest_ + 1 && !(gaps_allowed_ && change.sequence() > newest_)) {
    Violate(change, "", fmt::format("comes after sequence {}", newest_));
  }
  newest_ = change.sequence();
}

void SnapshotModel::Apply(const v1::Change& change) {
  CheckSequence(change);
  if (change.operation() == v1::OPERATION_SCHEMA_CHANGE ||
      change.operation() == v1::OPERATION_TRUNCATE) {
    return ApplySchemaChange(change);
  }
  const auto found = tables_.find(change.database() + "." + change.table());
  if (found == tables_.end()) return;
  Table& table = found->second;
  if (change.has_after()) table.type_url = change.after().type_url();
  if (change.operation() == v1::OPERATION_READ) {
    if (counts_.reads++ == 0) changes_at_first_read_ = counts_.changes;
    ++counts_.reads_by_table[found->first];
    counts_.amid_reads = counts_.changes - changes_at_first_read_;
  } else {
    ++counts_.changes;
  }
  table.key_fields.empty() ? ApplyKeyless(table, change) : ApplyKeyed(table, change);
}

// Earlier rows no longer count: the remaining ones are read again.
void SnapshotModel::ApplySchemaChange(const v1::Change& change) {
  const auto clear = [this](const std::string& name) {
    const auto found = tables_.find(name);
    if (found == tables_.end()) return;
    found->second.rows.clear();
    found->second.row_counts.clear();
  };
  clear(change.database() + "." + change.table());
  for (const std::string& name : change.schema_change().tables()) clear(name);
}

void SnapshotModel::ApplyKeyed(Table& table, const v1::Change& change) {
  const std::string name = change.database() + "." + change.table();
  std::string after = change.after().value();
  if (change.after_unknown_fields_size() > 0) {
    after = Merged(table, change);
    // The row is unknown, so a later READ must contain it.
    if (after.empty()) return;
  }
  std::string before_key;
  if (change.has_before()) {
    before_key = KeyOf(name, change.before().value());
    Remove(table, change, before_key);
  }
  if (!change.has_after()) return;
  const std::string after_key = KeyOf(name, after);
  Put(table, change, after_key, std::move(after));
}

std::string SnapshotModel::Merged(const Table& table, const v1::Change& change) const {
  const auto known =
      table.rows.find(KeyOf(change.database() + "." + change.table(), change.before().value()));
  if (known == table.rows.end()) return "";
  Fields before = FieldsOf(known->second);
  Fields fields = FieldsOf(change.after().value());
  for (const uint32_t number : change.after_unknown_fields()) {
    if (before.contains(number)) fields[number] = before[number];
  }
  std::string row;
  for (const auto& [number, bytes] : fields) row += bytes;
  return row;
}

void SnapshotModel::Remove(Table& table, const v1::Change& change, const std::string& key) {
  const auto known = table.rows.find(key);
  if (known == table.rows.end()) {
    if (all_known_) Violate(change, key, "changes an unknown row");
    return;
  }
  if (change.before_unknown_fields_size() == 0 && known->second != change.before().value()) {
    Violate(change, key,
            fmt::format("has the before image {}, but the row was {}",
                        HexText(change.before().value()), HexText(known->second)));
  }
  table.rows.erase(known);
}

void SnapshotModel::Put(Table& table, const v1::Change& change, const std::string& key,
                        std::string row) {
  const auto [known, added] = table.rows.try_emplace(key, row);
  if (added) return;
  if (change.operation() != v1::OPERATION_READ || catching_up_) {
    Violate(change, key, "adds a row that exists: " + HexText(known->second));
  } else if (known->second != row) {
    Violate(change, key,
            fmt::format("was read as {}, but it is {}", HexText(row), HexText(known->second)));
  }
  ++counts_.repeated_reads;
  known->second = std::move(row);
}

void SnapshotModel::ApplyKeyless(Table& table, const v1::Change& change) {
  const bool reading = change.operation() == v1::OPERATION_READ;
  if (reading && !table.reading) table.row_counts.clear();
  table.reading = reading;
  if (change.has_before()) {
    const auto known = table.row_counts.find(change.before().value());
    if (known == table.row_counts.end()) {
      // Equal rows cannot be distinguished, so a missing row shows only at the end.
      if (all_known_) Violate(change, change.before().value(), "changes a row that does not exist");
    } else if (--known->second == 0) {
      table.row_counts.erase(known);
    }
  }
  if (change.has_after()) ++table.row_counts[change.after().value()];
}

void SnapshotModel::Violate(const v1::Change& change, const std::string& key,
                            const std::string& what) {
  const std::string table = change.database() + "." + change.table();
  if (first_table_.empty() && !key.empty()) {
    first_table_ = table;
    first_key_ = key;
  }
  if (violations_.size() >= kViolationsMax) return;
  violations_.push_back(fmt::format("{} {} of {}, key {}: {}; its row {}", change.sequence(),
                                    v1::Operation_Name(change.operation()), table, HexText(key),
                                    what, HexText(Image(change))));
}

std::vector<std::string> SnapshotModel::Rows(const std::string& table) const {
  const Table& model = tables_.at(table);
  std::vector<std::string> rows;
  for (const auto& [key, row] : model.rows) rows.push_back(row);
  for (const auto& [row, count] : model.row_counts) rows.insert(rows.end(), count, row);
  return rows;
}

const std::string& SnapshotModel::TypeUrl(const std::string& table) const {
  return tables_.at(table).type_url;
}

}  // namespace millrace::testing
