// SPDX-License-Identifier: Apache-2.0

#include "schema/stated_types.h"

#include <utility>

#include "schema/client_charset.h"
#include "schema/definition.h"
#include "schema/statement_lexer.h"
#include "schema/statement_parser.h"

namespace millrace::schema {
namespace {

// Reads a CREATE TABLE from its first word on.
class Reader {
 public:
  Reader(std::string_view text, std::string_view default_database, const LexicalMode& mode,
         const ClientCharset& charset)
      : lexer_(text, mode, charset), default_database_(default_database), charset_(charset) {}

  StatedTable Read() {
    StatedTable table;
    if (!lexer_.TakeWord("CREATE") || !SkipToList(table)) return table;
    StatedTypes types;
    while (!lexer_.Peek().at_end() && !lexer_.Peek().IsSymbol(')')) {
      if (!ReadItem(types)) return {};
      if (!lexer_.TakeSymbol(',')) break;
    }
    if (!lexer_.TakeSymbol(')') || !ReadOptions(types) || lexer_.damaged()) return {};
    table.types = std::move(types);
    return table;
  }

 private:
  // Past the parenthesis before the columns. False: there are none.
  bool SkipToList(StatedTable& table) {
    while (!lexer_.Peek().at_end() && !lexer_.Peek().IsSymbol('(')) {
      if (lexer_.TakeWord("LIKE")) {
        table.like = TakeTable();
        return false;
      }
      lexer_.Take();
    }
    if (!lexer_.TakeSymbol('(')) return false;
    if (!lexer_.TakeWord("LIKE")) return true;
    table.like = TakeTable();
    return false;
  }
  std::optional<TableName> TakeTable() {
    const auto first = TakeName();
    if (!first.has_value() || !lexer_.TakeSymbol('.')) {
      return first.has_value() ? std::optional(TableName{std::string(default_database_), *first})
                               : std::nullopt;
    }
    const auto second = TakeName();
    if (!second.has_value()) return std::nullopt;
    return TableName{*first, *second};
  }
  std::optional<std::string> TakeName() {
    if (!lexer_.Peek().IsName()) return std::nullopt;
    return charset_.ToUtf8(lexer_.Take().Name(charset_));
  }

  // A column, or an index or constraint, up to the comma or parenthesis after it. False: neither.
  bool ReadItem(StatedTypes& types) {
    const Token first = lexer_.Peek();
    if (first.IsAny({"PRIMARY", "UNIQUE", "KEY", "INDEX", "CONSTRAINT", "FOREIGN", "FULLTEXT",
                     "SPATIAL", "CHECK"})) {
      SkipItem();
      return true;
    }
    const std::optional<std::string> name = TakeName();
    if (!name.has_value()) return false;
    // PERIOD FOR SYSTEM_TIME (…), PERIOD FOR a_name (…), VECTOR INDEX (…)
    if (lexer_.Peek().IsAny({"FOR", "INDEX", "KEY"})) {
      if (lexer_.TakeWord("FOR")) has_period_ = has_period_ || lexer_.Peek().Is("SYSTEM_TIME");
      SkipItem();
      return true;
    }
    Meaning meaning = MeaningOf(lexer_.Peek());
    if (SkipItem()) meaning = Meaning::kMariadbRowEnd;
    if (meaning != Meaning::kPlain) types[ColumnKey(*name)] = meaning;
    return true;
  }
  static Meaning MeaningOf(const Token& type) {
    if (type.Is("UUID")) return Meaning::kMariadbUuid;
    if (type.Is("INET6")) return Meaning::kMariadbInet6;
    if (type.Is("INET4")) return Meaning::kMariadbInet4;
    return Meaning::kPlain;
  }
  // True if it says ROW END.
  bool SkipItem() {
    bool is_row_end = false;
    size_t depth = 0;
    while (!lexer_.Peek().at_end()) {
      const Token& next = lexer_.Peek();
      if (depth == 0 && (next.IsSymbol(',') || next.IsSymbol(')'))) break;
      const Token token = lexer_.Take();
      if (token.IsSymbol('(')) ++depth;
      if (token.IsSymbol(')')) --depth;
      is_row_end = is_row_end || (token.Is("ROW") && lexer_.Peek().Is("END"));
      versioned_ = versioned_ || (token.Is("SYSTEM") && lexer_.Peek().Is("VERSIONING"));
    }
    return is_row_end;
  }

  // What follows the columns. False: a SELECT, which may add columns.
  bool ReadOptions(StatedTypes& types) {
    while (!lexer_.Peek().at_end()) {
      const Token token = lexer_.Take();
      if (token.IsAny({"SELECT", "VALUES", "AS"}) && !lexer_.Peek().IsAny({"LESS", "IN"})) {
        return false;
      }
      versioned_ = versioned_ || (token.Is("SYSTEM") && lexer_.Peek().Is("VERSIONING"));
    }
    if (versioned_ && !has_period_) {
      types["row_start"] = Meaning::kMariadbHiddenRowStart;
      types["row_end"] = Meaning::kMariadbHiddenRowEnd;
    }
    return true;
  }

  StatementLexer lexer_;
  const std::string_view default_database_;
  const ClientCharset& charset_;
  bool versioned_ = false;
  bool has_period_ = false;
};

}  // namespace

StatedTable StatedBy(std::string_view text, std::string_view default_database,
                     const StatementSession& session) {
  if (!session.sql_mode.has_value()) return {};
  const ClientCharset charset(session.charset);
  return Reader(text, default_database, ModesOf(session, /*certain=*/true).front(), charset).Read();
}

bool MayChangeMeanings(std::string_view text, const StatementSession& session) {
  if (!session.sql_mode.has_value()) return true;
  const ClientCharset charset(session.charset);
  StatementLexer lexer(text, ModesOf(session, /*certain=*/true).front(), charset);
  while (!lexer.Peek().at_end()) {
    // No column becomes, or ceases to be, one of 16 or 4 bytes without such a word.
    if (lexer.Take().IsAny({"UUID", "INET6", "INET4", "BINARY", "BYTE", "VERSIONING", "PERIOD"})) {
      return true;
    }
  }
  return lexer.damaged();
}

std::optional<StatedTypes> MeaningsOf(const TableVersion& version) {
  StatedTypes types;
  for (const Column& column : version.columns) {
    const bool may_be_text = column.type == ColumnType::kString && !column.captured;
    if (may_be_text && column.meaning == Meaning::kPlain) return std::nullopt;
    if (column.meaning != Meaning::kPlain) types[ColumnKey(column.name)] = column.meaning;
  }
  return types;
}

}  // namespace millrace::schema
