// SPDX-License-Identifier: Apache-2.0

#include "ingest/server/rendering.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

bool Has(const std::string& sql_mode, std::string_view word) {
  return sql_mode.find(word) != std::string::npos;
}
bool HasAnsiQuotes(const std::string& sql_mode) {
  return Has(sql_mode, "ANSI_QUOTES") || Has(sql_mode, "ORACLE") || Has(sql_mode, "MSSQL");
}

// A letter of each charset that is easily misread: one of its bytes is a backslash or backquote, or
// its bytes are valid UTF-8 for another letter.
std::string LetterOf(const std::string& charset) {
  static const std::map<std::string, std::string> kLetters = {
      {"latin1", "Ã©"},  {"cp1251", "Рђ"}, {"gbk", "乣"},
      {"gb18030", "乣"}, {"sjis", "表"},   {"big5", "功"},
  };
  const auto found = kLetters.find(charset);
  return found == kLetters.end() ? "é" : found->second;
}

const char* IconvName(const std::string& charset) {
  static const std::map<std::string, const char*> kNames = {
      {"latin1", "ISO-8859-1"}, {"cp1251", "CP1251"}, {"gbk", "GBK"},
      {"gb18030", "GB18030"},   {"sjis", "CP932"},    {"big5", "BIG5"},
  };
  const auto found = kNames.find(charset);
  return found == kNames.end() ? nullptr : found->second;
}

std::string Doubled(std::string_view name, char quote) {
  std::string text;
  for (const char c : name) {
    text.push_back(c);
    if (c == quote) text.push_back(c);
  }
  return text;
}

}  // namespace

std::vector<std::string> ModesOf(Flavour flavour) {
  std::vector<std::string> modes = {"", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES",
                                    "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"};
  if (flavour == Flavour::kMariadb) modes.insert(modes.end(), {"ORACLE", "MSSQL"});
  return modes;
}

std::vector<Style> StylesOf(Flavour flavour) {
  std::vector<Style> styles = {Style::kPlain, Style::kBackquotes, Style::kAnsiQuotes,
                               Style::kLetters, Style::kComments};
  if (flavour == Flavour::kMariadb) styles.push_back(Style::kBrackets);
  return styles;
}

std::vector<std::string> CharsetsOf(Flavour flavour) {
  return {"utf8mb4", "latin1", "cp1251",
          "gbk",     "sjis",   flavour == Flavour::kMysql ? "gb18030" : "big5"};
}

std::string Rendering::Name(std::string_view base) const {
  const std::string name(base);
  switch (client_.style) {
    case Style::kBackquotes:
      return name + " `'x";
    case Style::kAnsiQuotes:
      return name + "\"'\\";
    case Style::kBrackets:
      return name + " ]x";
    case Style::kLetters:
      return name + LetterOf(client_.charset);
    case Style::kPlain:
    case Style::kComments:
      break;
  }
  return name;
}

std::string Rendering::Quote(std::string_view name) const {
  const bool plain = client_.style == Style::kPlain || client_.style == Style::kComments;
  if (plain) return std::string(name);
  if (client_.style == Style::kAnsiQuotes && HasAnsiQuotes(client_.sql_mode)) {
    return fmt::format("\"{}\"", Doubled(name, '"'));
  }
  if (client_.style == Style::kBrackets && Has(client_.sql_mode, "MSSQL")) {
    return fmt::format("[{}]", Doubled(name, ']'));
  }
  return fmt::format("`{}`", Doubled(name, '`'));
}

std::string Rendering::Database(std::string_view base) const {
  return fmt::format("{}{}", base, run_);
}

TableName Rendering::Table(std::string_view database, std::string_view base) const {
  return {Database(database), Name(base)};
}

std::string Rendering::RenderPath(std::string_view path, bool is_column) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t dot = path.find('.');
    parts.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  const size_t names_of_table = is_column ? parts.size() - 1 : parts.size();
  const bool is_database =
      !is_column && parts.size() == 1 && (parts[0] == "d" || parts[0] == "e" || parts[0] == "f");
  if (is_database) return Quote(Database(parts[0]));
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool names_database = names_of_table == 2 && i == 0;
    if (!text.empty()) text.push_back('.');
    text.append(Quote(names_database ? Database(parts[i]) : Name(parts[i])));
  }
  if (!is_column) {
    tables_.insert(parts.size() == 2 ? Table(parts[0], parts[1]) : Table("d", parts[0]));
  }
  return text;
}

// Each string contains text that looks like a rename if the string's end is missed.
std::string Rendering::HardString() const {
  const bool escapes = !Has(client_.sql_mode, "NO_BACKSLASH_ESCAPES");
  const bool double_quotes = !HasAnsiQuotes(client_.sql_mode) && run_ % 2 == 1;
  const std::string letter = LetterOf(client_.charset);
  static constexpr std::array<std::string_view, 3> kEscaped = {"it\\Q, RENAME COLUMN b TO bb -- ",
                                                               "C:\\\\", "/* \\\\\\Q"};
  static constexpr std::array<std::string_view, 3> kPlain = {
      "C:\\", "QQ, RENAME COLUMN b TO bb -- \\", "/* \\QQ"};
  std::string text((escapes ? kEscaped : kPlain)[static_cast<size_t>(run_ / 2) % 3]);
  const char quote = double_quotes ? '"' : '\'';
  std::replace(text.begin(), text.end(), 'Q', quote);
  return fmt::format("{0}{1}{2}{0}", quote, text, escapes ? letter : letter + "\\");
}

std::string Rendering::Blank() {
  if (client_.style != Style::kComments) return " ";
  static constexpr std::array<std::string_view, 6> kBlanks = {
      " ",   "/* ' \" ` , RENAME COLUMN b TO bb */", " -- ' \" `\n", " # ' \" `\n", "/*!40000 */",
      "\t\n"};
  return std::string(kBlanks[static_cast<size_t>(blanks_++ + run_) % kBlanks.size()]);
}

std::string Rendering::RenderPiece(std::string_view piece) {
  if (piece == "'") return HardString();
  if (piece.starts_with(':')) return RenderPath(piece.substr(1), /*is_column=*/true);
  return RenderPath(piece, /*is_column=*/false);
}

std::string Rendering::Render(std::string_view clause) {
  std::string text;
  bool in_string = false;
  for (size_t i = 0; i < clause.size(); ++i) {
    if (clause[i] == '\'') in_string = !in_string;
    if (clause[i] == '{') {
      const size_t end = clause.find('}', i);
      text.append(RenderPiece(clause.substr(i + 1, end - i - 1)));
      i = end;
    } else if (clause[i] == ' ' && !in_string) {
      text.append(Blank());
    } else {
      text.push_back(clause[i]);
    }
  }
  return text;
}

std::string Rendering::Encoded(std::string_view utf8) const {
  const char* const name = IconvName(client_.charset);
  if (name == nullptr) return std::string(utf8);
  const iconv_t converter = iconv_open(name, "UTF-8");
  std::string from(utf8);
  std::string to(from.size() * 2 + 16, '\0');
  char* in = from.data();
  char* out = to.data();
  size_t in_left = from.size();
  size_t out_left = to.size();
  const size_t result = iconv(converter, &in, &in_left, &out, &out_left);
  iconv_close(converter);
  if (result == static_cast<size_t>(-1)) std::abort();
  to.resize(to.size() - out_left);
  return to;
}

}  // namespace millrace::testing
