// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/client_charset.h"
#include "schema/column_meanings.h"
#include "schema/definition.h"
#include "schema/statement_lexer.h"

namespace millrace::schema {

// Reads the meanings of columns from their definitions in a CREATE or ALTER TABLE of MariaDB.
class ColumnReader {
 public:
  ColumnReader(std::string_view text, std::string_view default_database, const LexicalMode& mode,
               const ClientCharset& charset)
      : lexer_(text, mode, charset), default_database_(default_database), charset_(charset) {}

 protected:
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
  // The server accepts the names of database and table before that of the column.
  std::optional<std::string> TakeColumn() {
    lexer_.TakeSymbol('.');
    std::optional<std::string> name = TakeName();
    while (name.has_value() && lexer_.TakeSymbol('.')) name = TakeName();
    return name;
  }
  std::optional<std::string> TakeName() {
    if (!lexer_.Peek().IsName()) return std::nullopt;
    return charset_.ToUtf8(lexer_.Take().Name(charset_));
  }

  // Reads a column, index or constraint up to the comma or parenthesis after it. False: it is none
  // of them, or a column whose type is unclear from the text.
  bool ReadItem(ColumnMeanings& meanings) {
    if (lexer_.Peek().IsAny({"PRIMARY", "UNIQUE", "KEY", "INDEX", "CONSTRAINT", "FOREIGN",
                             "FULLTEXT", "SPATIAL", "CHECK"})) {
      SkipItem();
      return true;
    }
    return ReadColumn(meanings);
  }
  // Adds plain columns too.
  bool ReadColumn(ColumnMeanings& meanings) {
    const std::optional<std::string> name = TakeColumn();
    if (!name.has_value()) return false;
    // PERIOD FOR SYSTEM_TIME (…), PERIOD FOR a_name (…), VECTOR INDEX (…)
    if (lexer_.Peek().IsAny({"FOR", "INDEX", "KEY"})) {
      if (lexer_.TakeWord("FOR")) has_period_ = has_period_ || lexer_.Peek().Is("SYSTEM_TIME");
      SkipItem();
      return true;
    }
    // A type that is quoted or has a schema before it may be any type.
    if (lexer_.Peek().kind != Token::Kind::kWord) return false;
    Meaning meaning = MeaningOf(lexer_.Take());
    if (lexer_.Peek().IsSymbol('.')) return false;
    if (SkipItem()) meaning = Meaning::kMariadbRowEnd;
    meanings[ColumnKey(*name)] = meaning;
    return true;
  }
  // Skips to the end of the item. True if it contains ROW END.
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

  StatementLexer lexer_;
  bool versioned_ = false;   // the text has WITH or WITHOUT SYSTEM VERSIONING
  bool has_period_ = false;  // PERIOD FOR SYSTEM_TIME

 private:
  static Meaning MeaningOf(const Token& type) {
    if (type.Is("UUID")) return Meaning::kMariadbUuid;
    if (type.Is("INET6")) return Meaning::kMariadbInet6;
    if (type.Is("INET4")) return Meaning::kMariadbInet4;
    return Meaning::kPlain;
  }

  const std::string_view default_database_;
  const ClientCharset& charset_;
};

}  // namespace millrace::schema
