// SPDX-License-Identifier: Apache-2.0

#include "transcode/json_path.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "model/charset_multibyte.h"

namespace millrace::transcode {
namespace {

// Reads a path from left to right.
class PathParser {
 public:
  explicit PathParser(std::string_view text) : left_(text) {}

  bool Parse(std::vector<JsonPathLeg>& legs) {
    if (!Take('$')) return false;
    while (!left_.empty()) {
      JsonPathLeg leg;
      if (Take('.')) {
        leg.is_member = true;
        if (!ReadKey(leg.key)) return false;
      } else if (!Take('[') || !ReadCell(leg)) {
        return false;
      }
      legs.push_back(std::move(leg));
    }
    return true;
  }

 private:
  bool Take(char expected) {
    if (left_.empty() || left_.front() != expected) return false;
    left_.remove_prefix(1);
    return true;
  }

  bool TakeWord(std::string_view word) {
    if (left_.substr(0, word.size()) != word) return false;
    left_.remove_prefix(word.size());
    return true;
  }

  bool ReadNumber(uint64_t& number) {
    const auto result = std::from_chars(left_.data(), left_.data() + left_.size(), number);
    if (result.ec != std::errc()) return false;
    left_.remove_prefix(static_cast<size_t>(result.ptr - left_.data()));
    return true;
  }

  bool ReadCell(JsonPathLeg& leg) {
    leg.from_end = TakeWord("last");
    const bool counted = !leg.from_end || Take('-');
    if (counted && !ReadNumber(leg.index)) return false;
    return Take(']');
  }

  bool ReadKey(std::string& key) {
    if (Take('"')) return ReadQuoted(key);
    const size_t size = std::min(left_.find_first_of(".["), left_.size());
    key = left_.substr(0, size);
    left_.remove_prefix(size);
    return size > 0;
  }

  bool ReadQuoted(std::string& key) {
    while (!Take('"')) {
      if (left_.empty()) return false;
      if (Take('\\')) {
        if (!ReadEscape(key)) return false;
        continue;
      }
      key.push_back(left_.front());
      left_.remove_prefix(1);
    }
    return true;
  }

  bool ReadEscape(std::string& key) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (left_.empty()) return false;
    if (Take('u')) return ReadCode(key);
    const size_t found = kNames.find(left_.front());
    if (found == std::string_view::npos) return false;
    key.push_back(kMeanings[found]);
    left_.remove_prefix(1);
    return true;
  }

  // Reads the digits after `\u`. The server uses this form only for control characters.
  bool ReadCode(std::string& key) {
    uint32_t code_point = 0;
    if (left_.size() < 4) return false;
    const auto result = std::from_chars(left_.data(), left_.data() + 4, code_point, 16);
    if (result.ec != std::errc() || result.ptr != left_.data() + 4) return false;
    if (code_point >= 0xd800 && code_point < 0xe000) return false;
    char bytes[4];
    key.append(bytes, static_cast<size_t>(WriteCodePoint(bytes, code_point) - bytes));
    left_.remove_prefix(4);
    return true;
  }

  std::string_view left_;
};

}  // namespace

bool ParseJsonPath(std::string_view text, std::vector<JsonPathLeg>& legs) {
  legs.clear();
  return PathParser(text).Parse(legs);
}

}  // namespace millrace::transcode
