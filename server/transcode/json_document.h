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

// A JSON document to which the differences of PARTIAL_UPDATE_ROWS are applied. Only what lies on
// the way of a path is unpacked; the rest stays as the views of the bytes it came from, which must
// outlive the document. May be used again after Reset. Not thread-safe.
class JsonDocument {
 public:
  // Starts from the bytes of a JSON column.
  void Reset(std::string_view column_value);

  // Applies differences in order, as the server does: each an operation, a path and, but for a
  // removal, a value. False if they are malformed or do not fit the document, which is then half
  // changed. Format: the class Json_diff_vector of the server.
  bool Apply(std::string_view differences);

  // Gives back the memory of a large document, which is empty then.
  void Release();

  // Appends the text that SELECT prints. False as AppendJson.
  bool AppendText(std::string& to) const;

 private:
  enum class Operation : uint8_t { kReplace = 0, kInsert = 1, kRemove = 2 };
  struct Entry {
    std::string_view key;  // of an object's
    uint32_t node = 0;
  };
  struct Node {
    JsonValue value;
    bool unpacked = false;  // `entries` count, not `value.bytes`
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
  // A well-formed document has fewer values than bytes: the bound on what a hostile one costs.
  size_t bytes_ = 0;
};

}  // namespace millrace::transcode
