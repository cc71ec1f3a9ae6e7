// SPDX-License-Identifier: Apache-2.0

#include "schema/stated_types.h"

#include <utility>

#include "schema/client_charset.h"
#include "schema/column_reader.h"
#include "schema/statement_parser.h"

namespace millrace::schema {
namespace {

// Reads a CREATE TABLE from its first word on.
class CreateReader : private ColumnReader {
 public:
  using ColumnReader::ColumnReader;

  StatedTable Read() {
    StatedTable table;
    if (!lexer_.TakeWord("CREATE") || !SkipToList(table)) return table;
    StatedTypes types;
    while (!lexer_.Peek().at_end() && !lexer_.Peek().IsSymbol(')')) {
      if (!ReadItem(types)) return {};
      if (!lexer_.TakeSymbol(',')) break;
    }
    if (!lexer_.TakeSymbol(')') || !ReadOptions(types) || lexer_.damaged()) return {};
    std::erase_if(types, [](const auto& type) { return type.second == Meaning::kPlain; });
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
};

}  // namespace

StatedTable StatedBy(std::string_view text, std::string_view default_database,
                     const StatementSession& session) {
  if (!session.sql_mode.has_value()) return {};
  const ClientCharset charset(session.charset);
  return CreateReader(text, default_database, ModesOf(session, /*certain=*/true).front(), charset)
      .Read();
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
