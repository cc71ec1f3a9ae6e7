// SPDX-License-Identifier: Apache-2.0

#include "schema/statement.h"

#include <set>
#include <utility>

#include "schema/statement_parser.h"

namespace millrace::schema {

Statement StatementParser::Parse() {
  const Token verb = TakeVerb();
  if (verb.IsAny({"CREATE", "ALTER", "DROP", "RENAME", "IMPORT"})) {
    Definition(verb);
  } else if (verb.Is("TRUNCATE")) {
    statement_.kind = StatementKind::kTruncate;
    statement_.verb = StatementVerb::kTruncate;
    lexer_.TakeWord("TABLE");
    statement_.may_concern_any_table = !AddTable();
  } else if (verb.IsAny({"INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "CALL", "DO", "SELECT",
                         "WITH", "VALUES", "TABLE"})) {
    Rows(verb);
  } else if (verb.Is("XA")) {
    Xa();
  } else if (verb.Is("SET")) {
    statement_.may_hold_secret = lexer_.Peek().Is("PASSWORD");
  } else if (verb.IsAny({"GRANT", "CHANGE"})) {
    Secrets(verb);
  } else {
    Transaction(verb);
  }
  RemoveRepeatedTables();
  return std::move(statement_);
}

// MariaDB writes `SET STATEMENT x=1 FOR …` as it was given. The statement after it is what counts.
Token StatementParser::TakeVerb() {
  while (true) {
    while (lexer_.TakeSymbol(';') || lexer_.TakeSymbol('(')) {
    }
    const Token verb = lexer_.Take();
    if (!verb.Is("SET") || !lexer_.TakeWord("STATEMENT")) return verb;
    SkipToWord("FOR");
  }
}

void StatementParser::Transaction(const Token& verb) {
  if (verb.Is("BEGIN")) {
    statement_.kind = StatementKind::kBegin;
  } else if (verb.Is("START")) {
    if (lexer_.TakeWord("TRANSACTION")) {
      statement_.kind = StatementKind::kBegin;
    } else {
      // START REPLICA … USER = … PASSWORD = …
      statement_.may_hold_secret = true;
    }
  } else if (verb.Is("COMMIT")) {
    statement_.kind = StatementKind::kCommit;
  } else if (verb.Is("ROLLBACK")) {
    lexer_.TakeWord("WORK");
    const bool partly = lexer_.Peek().Is("TO");
    statement_.kind = partly ? StatementKind::kSavepoint : StatementKind::kRollback;
  } else if (verb.IsAny({"SAVEPOINT", "RELEASE"})) {
    statement_.kind = StatementKind::kSavepoint;
  }
}

void StatementParser::Xa() {
  const Token act = lexer_.Take();
  if (act.IsAny({"START", "BEGIN"})) statement_.kind = StatementKind::kBegin;
  if (act.IsAny({"END", "PREPARE"})) statement_.kind = StatementKind::kXaPrepare;
  if (act.Is("COMMIT")) statement_.kind = StatementKind::kXaCommit;
  if (act.Is("ROLLBACK")) statement_.kind = StatementKind::kXaRollback;
}

void StatementParser::Secrets(const Token& verb) {
  if (verb.Is("CHANGE")) {
    statement_.may_hold_secret = true;
    return;
  }
  while (!lexer_.Peek().at_end()) {
    if (lexer_.Take().Is("IDENTIFIED")) statement_.may_hold_secret = true;
  }
}

void StatementParser::Rows(const Token& verb) {
  statement_.kind = StatementKind::kRowStatement;
  if (verb.IsAny({"INSERT", "REPLACE"})) Insert();
  if (verb.Is("UPDATE")) Update();
  if (verb.Is("DELETE")) Delete();
  if (verb.Is("LOAD")) Load();
}

void StatementParser::Insert() {
  while (lexer_.Peek().IsAny({"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"})) {
    lexer_.Take();
  }
  AddTable();
}

// One table, perhaps with another name, and then SET; a join may change any of its tables.
void StatementParser::Update() {
  while (lexer_.Peek().IsAny({"LOW_PRIORITY", "IGNORE"})) lexer_.Take();
  const std::optional<TableName> table = TakeTableName();
  if (lexer_.TakeWord("PARTITION")) SkipParentheses();
  lexer_.TakeWord("AS");
  if (!lexer_.Peek().Is("SET") && lexer_.Peek().IsName()) lexer_.Take();
  if (table.has_value() && lexer_.Peek().Is("SET")) statement_.tables.push_back(*table);
}

void StatementParser::Delete() {
  while (lexer_.Peek().IsAny({"LOW_PRIORITY", "QUICK", "IGNORE"})) lexer_.Take();
  if (!lexer_.TakeWord("FROM")) return;
  const std::optional<TableName> table = TakeTableName();
  if (lexer_.TakeWord("PARTITION")) SkipParentheses();
  const auto ends = [&] {
    return lexer_.Peek().at_end() || lexer_.Peek().IsSymbol(';') ||
           lexer_.Peek().IsAny({"WHERE", "ORDER", "LIMIT", "RETURNING", "FOR"});
  };
  if (!ends() && !lexer_.Peek().Is("USING")) {
    lexer_.TakeWord("AS");
    if (lexer_.Peek().IsName()) lexer_.Take();
  }
  if (table.has_value() && ends()) statement_.tables.push_back(*table);
}

void StatementParser::Load() {
  if (lexer_.Peek().Is("INDEX")) {
    statement_.kind = StatementKind::kOther;  // into the key cache of MyISAM
    return;
  }
  while (SkipToWord("INTO")) {
    if (!lexer_.TakeWord("TABLE")) continue;
    AddTable();
    return;
  }
}

std::optional<TableName> StatementParser::TakeTableName() {
  if (lexer_.TakeSymbol('.')) {
    if (!lexer_.Peek().IsName()) return std::nullopt;
    return TableName{std::string(default_database_), lexer_.Take().Name()};
  }
  if (!lexer_.Peek().IsName()) return std::nullopt;
  std::string first = lexer_.Take().Name();
  if (!lexer_.TakeSymbol('.')) return TableName{std::string(default_database_), std::move(first)};
  if (!lexer_.Peek().IsName()) return std::nullopt;
  return TableName{std::move(first), lexer_.Take().Name()};
}

bool StatementParser::AddTable() {
  std::optional<TableName> table = TakeTableName();
  if (!table.has_value()) return false;
  statement_.tables.push_back(*std::move(table));
  return true;
}

Token StatementParser::TakeNoting() {
  const Token token = lexer_.Take();
  if (token.IsAny({"CONNECTION", "PASSWORD"})) {
    const Token& value = lexer_.Peek();
    if (value.IsSymbol('=') || value.kind == Token::Kind::kString) {
      statement_.may_hold_secret = true;
    }
  }
  return token;
}

void StatementParser::SkipParentheses() {
  if (!lexer_.TakeSymbol('(')) return;
  for (size_t depth = 1; depth > 0 && !lexer_.Peek().at_end();) {
    const Token token = TakeNoting();
    if (token.IsSymbol('(')) ++depth;
    if (token.IsSymbol(')')) --depth;
  }
}

void StatementParser::SkipToSymbol(char symbol) {
  while (!lexer_.Peek().at_end() && !lexer_.Peek().IsSymbol(symbol)) {
    if (lexer_.Peek().IsSymbol('(')) {
      SkipParentheses();
    } else {
      TakeNoting();
    }
  }
}

bool StatementParser::SkipToWord(std::string_view word) {
  while (!lexer_.Peek().at_end()) {
    if (lexer_.Peek().IsSymbol('(')) {
      SkipParentheses();
    } else if (TakeNoting().Is(word)) {
      return true;
    }
  }
  return false;
}

// A swap by RENAME TABLE names each table twice.
void StatementParser::RemoveRepeatedTables() {
  std::set<TableName> seen;
  std::erase_if(statement_.tables,
                [&](const TableName& table) { return !seen.insert(table).second; });
}

Statement Classify(std::string_view text, std::string_view default_database) {
  return StatementParser(text, default_database).Parse();
}

}  // namespace millrace::schema
