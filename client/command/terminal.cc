// SPDX-License-Identifier: Apache-2.0

#include "terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "fmt/format.h"

namespace millrace::command {
namespace {

std::string_view Code(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kDim:
      return "\x1b[2m";
    case Tone::kBold:
      return "\x1b[1m";
    case Tone::kGreen:
      return "\x1b[32m";
    case Tone::kYellow:
      return "\x1b[33m";
    case Tone::kRed:
      return "\x1b[31m";
    case Tone::kCyan:
      return "\x1b[36m";
    case Tone::kMagenta:
      return "\x1b[35m";
    case Tone::kBlue:
      return "\x1b[34m";
  }
  return "";
}

bool StartsCodePoint(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

// C1 controls are U+0080 to U+009F, in UTF-8 0xc2 0x80 to 0xc2 0x9f. Some terminals act on them.
bool IsC1Control(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]) == 0xc2 && at + 1 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) >= 0x80 &&
         static_cast<unsigned char>(text[at + 1]) <= 0x9f;
}

}  // namespace

std::string Paint::operator()(Tone tone, std::string_view text) const {
  if (!enabled_ || tone == Tone::kPlain || text.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", Code(tone), text);
}

bool ColourWanted(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return isatty(descriptor) == 1;
}

std::string Printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\n') {
      result += "\\n";
    } else if (byte == '\r') {
      result += "\\r";
    } else if (byte == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else if (IsC1Control(text, i)) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[++i]));
    } else {
      result += text[i];
    }
  }
  return result;
}

size_t DisplayWidth(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), StartsCodePoint));
}

std::string Shorten(std::string_view text, size_t width_max) {
  if (DisplayWidth(text) <= width_max) return std::string(text);
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!StartsCodePoint(text[i])) continue;
    if (++width == width_max) return std::string(text.substr(0, i)) + "…";
  }
  return std::string(text);
}

std::vector<size_t> TextTable::Widths() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i].text));
    widths.push_back(width);
  }
  return widths;
}

std::string TextTable::Render(const Paint& paint) const {
  const std::vector<size_t> widths = Widths();
  std::string result;
  const auto line = [&](auto cell) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      const auto& [text, tone] = cell(i);
      const std::string padding(widths[i] - DisplayWidth(text), ' ');
      const bool right = columns_[i].align == Align::kRight;
      const bool last = i + 1 == columns_.size();
      result += right ? padding + paint(tone, text)
                      : paint(tone, text) + (last ? std::string() : padding);
      result += last ? "\n" : "  ";
    }
  };
  line([&](size_t i) { return Cell{columns_[i].title, Tone::kDim}; });
  for (const auto& row : rows_) line([&](size_t i) { return row[i]; });
  return result;
}

}  // namespace millrace::command
