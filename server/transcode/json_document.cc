// SPDX-License-Identifier: Apache-2.0

#include "transcode/json_document.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/bytes.h"
#include "base/scratch.h"
#include "transcode/json_text.h"

namespace millrace::transcode {
namespace {

// The server orders members by the length of their keys, then by bytes.
bool KeyLess(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

void JsonDocument::Reset(std::string_view column_value) {
  nodes_.clear();
  keys_.clear();
  bytes_ = column_value.size();
  nodes_.push_back({.value = JsonDocumentOf(column_value)});
}

void JsonDocument::Release() {
  // Many entries imply many nodes, so the size of nodes_ decides.
  nodes_.clear();
  keys_.clear();
  ReleaseScratch(nodes_);
}

bool JsonDocument::Apply(std::string_view differences) {
  bytes_ += differences.size();
  ByteReader reader(differences);
  while (!reader.empty()) {
    const uint8_t code = reader.Little8();
    const std::string_view path = reader.Bytes(reader.LengthEncoded());
    if (!reader.ok() || code > static_cast<uint8_t>(Operation::kRemove)) return false;
    const auto operation = static_cast<Operation>(code);
    std::string_view value;
    if (operation != Operation::kRemove) value = reader.Bytes(reader.LengthEncoded());
    if (!reader.ok() || !ParseJsonPath(path, path_)) return false;
    if (!ApplyOne(operation, JsonDocumentOf(value))) return false;
  }
  return true;
}

bool JsonDocument::ApplyOne(Operation operation, JsonValue value) {
  uint32_t node = kRoot;
  if (operation == Operation::kReplace) {
    if (!Seek(path_.size(), node)) return false;
    nodes_[node] = {.value = value};
    return true;
  }
  if (path_.empty() || !Seek(path_.size() - 1, node) || !Unpack(node)) return false;
  return operation == Operation::kInsert ? Insert(node, path_.back(), value)
                                         : Remove(node, path_.back());
}

bool JsonDocument::Insert(uint32_t parent, const JsonPathLeg& leg, JsonValue value) {
  if (leg.is_member != nodes_[parent].value.is_object()) return false;
  uint32_t added = 0;
  if (!AddNode(value, added)) return false;
  std::vector<Entry>& entries = nodes_[parent].entries;
  if (!leg.is_member) {
    const uint64_t size = entries.size();
    const uint64_t from_start = leg.from_end ? size - std::min(leg.index + 1, size) : leg.index;
    const auto at = static_cast<std::ptrdiff_t>(std::min(from_start, size));
    entries.insert(entries.begin() + at, {.node = added});
    return true;
  }
  const auto at = std::lower_bound(
      entries.begin(), entries.end(), leg.key,
      [](const Entry& entry, const std::string& key) { return KeyLess(entry.key, key); });
  if (at != entries.end() && at->key == leg.key) return false;
  entries.insert(at, {.key = keys_.emplace_back(leg.key), .node = added});
  return true;
}

bool JsonDocument::Remove(uint32_t parent, const JsonPathLeg& leg) {
  size_t entry = 0;
  if (!Locate(nodes_[parent], leg, entry)) return false;
  std::vector<Entry>& entries = nodes_[parent].entries;
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(entry));
  return true;
}

bool JsonDocument::Seek(size_t count, uint32_t& node) {
  node = kRoot;
  for (size_t i = 0; i < count; ++i) {
    const JsonPathLeg& leg = path_[i];
    const JsonValue& value = nodes_[node].value;
    const bool is_array = value.is_container() && !value.is_object();
    // A value that is not an array counts as an array with itself as its only element.
    if (!leg.is_member && !is_array && leg.index == 0) continue;
    size_t entry = 0;
    if (!Unpack(node) || !Locate(nodes_[node], leg, entry)) return false;
    node = nodes_[node].entries[entry].node;
  }
  return true;
}

bool JsonDocument::Locate(const Node& node, const JsonPathLeg& leg, size_t& entry) const {
  if (leg.is_member != node.value.is_object()) return false;
  const size_t size = node.entries.size();
  if (!leg.is_member) {
    if (leg.index >= size) return false;
    entry = leg.from_end ? size - 1 - leg.index : leg.index;
    return true;
  }
  for (entry = 0; entry < size; ++entry) {
    if (node.entries[entry].key == leg.key) return true;
  }
  return false;
}

bool JsonDocument::Unpack(uint32_t node) {
  if (nodes_[node].unpacked) return true;
  JsonContainer container;
  if (!nodes_[node].value.is_container() || !container.Open(nodes_[node].value)) return false;
  std::vector<Entry> entries(container.size());
  for (uint32_t i = 0; i < container.size(); ++i) {
    JsonValue value;
    if (container.is_object() && !container.Key(i, entries[i].key)) return false;
    if (!container.Value(i, value) || !AddNode(value, entries[i].node)) return false;
  }
  nodes_[node].entries = std::move(entries);
  nodes_[node].unpacked = true;
  return true;
}

bool JsonDocument::AddNode(JsonValue value, uint32_t& node) {
  if (nodes_.size() > bytes_) return false;
  node = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({.value = value});
  return true;
}

bool JsonDocument::AppendText(std::string& to) const { return AppendNode(kRoot, 0, to); }

bool JsonDocument::AppendNode(uint32_t index, unsigned depth, std::string& to) const {
  const Node& node = nodes_[index];
  const size_t size_max = JsonTextMax(bytes_);
  if (!node.unpacked) return AppendJson(node.value, depth, size_max, to);
  if (depth >= kJsonDepthMax || to.size() > size_max) return false;
  const bool is_object = node.value.is_object();
  to.push_back(is_object ? '{' : '[');
  for (size_t i = 0; i < node.entries.size(); ++i) {
    if (i > 0) to.append(", ");
    if (is_object) {
      AppendJsonString(to, node.entries[i].key);
      to.append(": ");
    }
    if (!AppendNode(node.entries[i].node, depth + 1, to)) return false;
  }
  to.push_back(is_object ? '}' : ']');
  return true;
}

}  // namespace millrace::transcode
