// SPDX-License-Identifier: Apache-2.0

#include "schema/column_meanings.h"

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

  CreatedMeanings Read() {
    CreatedMeanings table;
    if (!lexer_.TakeWord("CREATE") || !SkipToList(table)) return table;
    ColumnMeanings meanings;
    while (!lexer_.Peek().at_end() && !lexer_.Peek().IsSymbol(')')) {
      if (!ReadItem(meanings)) return {};
      if (!lexer_.TakeSymbol(',')) break;
    }
    if (!lexer_.TakeSymbol(')') || !ReadOptions(meanings) || lexer_.damaged()) return {};
    std::erase_if(meanings, [](const auto& type) { return type.second == Meaning::kPlain; });
    table.meanings = std::move(meanings);
    return table;
  }

 private:
  // Skips to after the parenthesis that opens the column list. False: there is no list.
  bool SkipToList(CreatedMeanings& table) {
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

  // Reads the rest after the columns. False: it has a SELECT, which may add columns.
  bool ReadOptions(ColumnMeanings& meanings) {
    while (!lexer_.Peek().at_end()) {
      const Token token = lexer_.Take();
      if (token.IsAny({"SELECT", "VALUES", "AS"}) && !lexer_.Peek().IsAny({"LESS", "IN"})) {
        return false;
      }
      versioned_ = versioned_ || (token.Is("SYSTEM") && lexer_.Peek().Is("VERSIONING"));
    }
    if (versioned_ && !has_period_) {
      meanings["row_start"] = Meaning::kMariadbHiddenRowStart;
      meanings["row_end"] = Meaning::kMariadbHiddenRowEnd;
    }
    return true;
  }
};

}  // namespace

CreatedMeanings MeaningsInCreate(std::string_view text, std::string_view default_database,
                                 const StatementSession& session) {
  if (!session.sql_mode.has_value()) return {};
  const ClientCharset charset(session.charset);
  return CreateReader(text, default_database, PossibleModes(session, /*mode_known=*/true).front(),
                      charset)
      .Read();
}

bool MayChangeMeanings(std::string_view text, const StatementSession& session) {
  if (!session.sql_mode.has_value()) return true;
  const ClientCharset charset(session.charset);
  StatementLexer lexer(text, PossibleModes(session, /*mode_known=*/true).front(), charset);
  while (!lexer.Peek().at_end()) {
    // Without one of these words no column becomes a UUID, INET or BINARY, and no row version time
    // is added or dropped.
    if (lexer.Take().IsAny({"UUID", "INET6", "INET4", "BINARY", "BYTE", "VERSIONING", "PERIOD"})) {
      return true;
    }
  }
  return lexer.damaged();
}

std::optional<ColumnMeanings> MeaningsOf(const TableVersion& version) {
  ColumnMeanings meanings;
  for (const Column& column : version.columns) {
    const bool may_be_text = column.type == ColumnType::kString && !column.captured;
    if (may_be_text && column.meaning == Meaning::kPlain) return std::nullopt;
    if (column.meaning != Meaning::kPlain) meanings[ColumnKey(column.name)] = column.meaning;
  }
  return meanings;
}

}  // namespace millrace::schema
