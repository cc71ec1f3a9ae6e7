// SPDX-License-Identifier: Apache-2.0

#include "schema/labels.h"

#include <algorithm>

#include "model/charset.h"
#include "schema/collations.h"

namespace millrace::schema {
namespace {

constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";

// `text` in the servers' utf8mb3: with a question mark for each character of four bytes.
std::string WithoutHighCharacters(std::string_view text) {
  std::string to;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool high = static_cast<unsigned char>(text[i]) >= 0xf0;
    to += high ? '?' : text[i];
    if (high) i += 3;
  }
  return to;
}

// True if every label in the charset is text, of characters that information_schema can show.
bool IsShownLosslessly(std::string_view charset_name, Flavour flavour) {
  // In these charsets MySQL itself rejects labels that are not text.
  if (flavour == Flavour::kMysql && (charset_name == "utf8mb3" || charset_name == "ucs2")) {
    return true;
  }
  const Charset* charset = FindCharset(charset_name);
  if (charset == nullptr || CharacterBytesMax(charset_name) != 1) return false;
  std::string text;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (!charset->AppendUtf8({&c, 1}, text)) return false;
  }
  return true;
}

}  // namespace

bool SetLabels(const std::vector<std::string_view>& bytes, Column& column) {
  const Charset* charset = FindCharset(column.charset);
  if (charset == nullptr) return false;
  column.labels.clear();
  column.label_bytes.clear();
  bool all_text = true;
  for (const std::string_view label : bytes) {
    std::string& text = column.labels.emplace_back();
    if (charset->AppendUtf8(label, text)) continue;
    text = kReplacementCharacter;
    all_text = false;
  }
  if (!all_text) column.label_bytes.assign(bytes.begin(), bytes.end());
  return true;
}

bool LabelIsText(const Column& column, size_t index) {
  // U+FFFD may also be a real label.
  if (index >= column.label_bytes.size() || column.labels[index] != kReplacementCharacter)
    return true;
  const Charset* charset = FindCharset(column.charset);
  std::string text;
  return charset != nullptr && charset->AppendUtf8(column.label_bytes[index], text);
}

bool MatchesShownLabels(const std::vector<std::string>& shown, const Column& column) {
  if (shown.size() != column.labels.size()) return false;
  for (size_t i = 0; i < shown.size(); ++i) {
    if (!LabelIsText(column, i)) continue;
    if (shown[i] != WithoutHighCharacters(column.labels[i])) return false;
  }
  return true;
}

bool LabelsMayBeLossy(const std::vector<std::string>& shown, std::string_view charset,
                      Flavour flavour) {
  if (!std::all_of(shown.begin(), shown.end(), [](const auto& l) { return IsValidUtf8(l); })) {
    return true;
  }
  const bool has_question_mark =
      std::any_of(shown.begin(), shown.end(), [](const std::string& label) {
        return label.find('?') != std::string::npos ||
               label.find(kReplacementCharacter) != std::string::npos;
      });
  return has_question_mark && !IsShownLosslessly(charset, flavour);
}

}  // namespace millrace::schema
