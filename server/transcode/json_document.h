// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "transcode/json_binary.h"
#include "transcode/json_path.h"

namespace millrace::transcode {

// A JSON document to which the differences of PARTIAL_UPDATE_ROWS are applied. Only containers on a
// path are unpacked; the rest stays as views of the original bytes, which must outlive the
// document. Reset makes it reusable. Not thread-safe.
class JsonDocument {
 public:
  // Starts with the value of a JSON column.
  void Reset(std::string_view column_value);

  // Applies the differences in order, like the server. Each has an operation, a path and, except
  // for a removal, a value. False if they are malformed or do not match the document, which is then
  // partly changed. Format: the class Json_diff_vector of the server.
  bool Apply(std::string_view differences);

  // Empties the document and frees its memory if it is large.
  void Release();

  // Appends the text that SELECT prints. Returns false like AppendJson.
  bool AppendText(std::string& to) const;

 private:
  enum class Operation : uint8_t { kReplace = 0, kInsert = 1, kRemove = 2 };
  struct Entry {
    std::string_view key;  // only in an object
    uint32_t node = 0;
  };
  struct Node {
    JsonValue value;
    bool unpacked = false;  // `entries` replace `value.bytes`
    std::vector<Entry> entries;
  };
  static constexpr uint32_t kRoot = 0;

  bool ApplyOne(Operation operation, JsonValue value);
  bool Insert(uint32_t parent, const JsonPathLeg& leg, JsonValue value);
  bool Remove(uint32_t parent, const JsonPathLeg& leg);
  // Follows the first `count` legs of path_ from the root.
  bool Seek(size_t count, uint32_t& node);
  // Index of the entry that `leg` leads to from the unpacked `node`.
  bool Locate(const Node& node, const JsonPathLeg& leg, size_t& entry) const;
  bool Unpack(uint32_t node);
  bool AddNode(JsonValue value, uint32_t& node);
  bool AppendNode(uint32_t node, unsigned depth, std::string& to) const;

  std::vector<Node> nodes_;
  std::deque<std::string> keys_;  // of inserted members
  std::vector<JsonPathLeg> path_;
  // Bound for the number of nodes: a well-formed document has fewer values than bytes.
  size_t bytes_ = 0;
};

}  // namespace millrace::transcode
