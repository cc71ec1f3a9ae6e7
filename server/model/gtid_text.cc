// SPDX-License-Identifier: Apache-2.0

#include "model/gtid_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "absl/strings/ascii.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "model/quoted.h"

namespace millrace {
namespace {

int HexDigit(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(character));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool IsTagStart(unsigned char character) {
  return absl::ascii_isalpha(character) || character == '_';
}
bool IsTagPart(unsigned char character) {
  return absl::ascii_isalnum(character) || character == '_';
}
constexpr std::array<char, 512> kHexPairs = [] {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kDigits[byte >> 4];
    pairs[2 * byte + 1] = kDigits[byte & 15];
  }
  return pairs;
}();

bool DashBefore(size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

}  // namespace

void GtidScanner::SkipSpace() {
  while (at_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
}

bool GtidScanner::Take(char character) {
  if (AtEnd() || text_[at_] != character) return false;
  ++at_;
  SkipSpace();
  return true;
}

std::optional<std::array<uint8_t, 16>> GtidScanner::Uuid() {
  std::string_view rest = text_.substr(at_);
  const bool braces = rest.starts_with('{');
  if (braces) rest.remove_prefix(1);
  const bool dashes = rest.size() > 8 && rest[8] == '-';
  const size_t size = dashes ? 36 : 32;
  if (rest.size() < size + (braces ? 1 : 0)) return std::nullopt;
  if (braces && rest[size] != '}') return std::nullopt;
  std::array<uint8_t, 16> uuid;
  size_t from = 0;
  for (size_t byte = 0; byte < uuid.size(); ++byte) {
    if (dashes && DashBefore(byte) && rest[from++] != '-') return std::nullopt;
    const int high = HexDigit(rest[from++]);
    const int low = HexDigit(rest[from++]);
    if (high < 0 || low < 0) return std::nullopt;
    uuid[byte] = static_cast<uint8_t>(high << 4 | low);
  }
  at_ += size + (braces ? 2 : 0);
  SkipSpace();
  return uuid;
}

std::optional<std::string> GtidScanner::Tag() {
  size_t end = at_;
  if (AtEnd() || !IsTagStart(static_cast<unsigned char>(text_[end]))) return std::nullopt;
  while (end < text_.size() && IsTagPart(static_cast<unsigned char>(text_[end]))) ++end;
  if (end - at_ > kMysqlTagCharactersMax) return std::nullopt;
  std::string tag(text_.substr(at_, end - at_));
  absl::AsciiStrToLower(&tag);
  at_ = end;
  SkipSpace();
  return tag;
}

std::optional<uint64_t> GtidScanner::Number(Range range) {
  uint64_t value = 0;
  const char* const begin = text_.data() + at_;
  const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc() || value < range.min || value > range.max) return std::nullopt;
  at_ += static_cast<size_t>(end - begin);
  SkipSpace();
  return value;
}

absl::Status GtidMalformed(std::string_view text, size_t offset, std::string_view expected) {
  const std::string_view rest = text.substr(std::min(offset, text.size()));
  return MakeError(reason::kGtidSetMalformed,
                   fmt::format("not a GTID set: expected {} at offset {}, not {}", expected, offset,
                               Quoted(rest)));
}

void AppendUuid(std::string& to, const std::array<uint8_t, 16>& uuid) {
  char text[36];
  char* at = text;
  for (size_t byte = 0; byte < uuid.size(); ++byte) {
    if (DashBefore(byte)) *at++ = '-';
    std::memcpy(at, kHexPairs.data() + size_t{2} * uuid[byte], 2);
    at += 2;
  }
  to.append(text, sizeof text);
}

void AppendDecimal(std::string& to, uint64_t value) {
  char text[20];
  const auto result = std::to_chars(text, text + sizeof text, value);
  to.append(text, static_cast<size_t>(result.ptr - text));
}

}  // namespace millrace
