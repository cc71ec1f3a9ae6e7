// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "schema/statement_parser.h"

namespace millrace::schema {
namespace {

// The source uses such names for tables that exist only during a statement.
bool IsGenerated(std::string_view table) {
  constexpr std::array<std::string_view, 3> kPrefixes = {"#sql-", "#sql2-", "#sql_"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return table.starts_with(prefix); });
}

StatementVerb VerbOf(const Token& verb) {
  if (verb.Is("CREATE")) return StatementVerb::kCreate;
  if (verb.Is("ALTER")) return StatementVerb::kAlter;
  if (verb.Is("DROP")) return StatementVerb::kDrop;
  if (verb.Is("RENAME")) return StatementVerb::kRename;
  return StatementVerb::kOther;
}

}  // namespace

void StatementParser::ParseDefinition(const Token& verb) {
  statement_.kind = StatementKind::kDefinition;
  while (TakeModifier()) {
  }
  const Token object = lexer_.Take();
  if (verb.Is("IMPORT")) return NotUnderstood();
  if (object.IsAny({"TABLE", "TABLES", "VIEW", "SEQUENCE"})) return ParseTables(verb, object);
  if (object.IsAny({"DATABASE", "SCHEMA"})) return ParseDatabase(verb);
  if (object.IsAny({"INDEX", "KEY"})) {
    statement_.verb = StatementVerb::kAlter;
    statement_.index_only = !has_ignore_;
    TakeTableAfterOn();
    return ReadRest();
  }
  if (object.Is("TRIGGER")) {
    statement_.withheld = true;
    if (verb.Is("CREATE")) TakeTableAfterOn();
    return;
  }
  if (object.IsAny(
          {"PROCEDURE", "FUNCTION", "EVENT", "PACKAGE", "LIBRARY", "TABLESPACE", "LOGFILE"})) {
    statement_.withheld = true;
    return;
  }
  if (object.IsAny({"USER", "ROLE", "SERVER", "INSTANCE", "PREPARE", "RESOURCE", "REFERENCE"})) {
    statement_.kind = StatementKind::kOther;
    statement_.withheld = object.IsAny({"USER", "SERVER"}) && verb.IsAny({"CREATE", "ALTER"});
    return;
  }
  NotUnderstood();
}

void StatementParser::ExpectEnd(std::initializer_list<std::string_view> words) {
  while (!lexer_.Peek().at_end()) {
    const Token token = lexer_.Take();
    const bool number =
        token.kind == Token::Kind::kWord && token.text.front() >= '0' && token.text.front() <= '9';
    if (!number && !token.IsAny(words) && !token.IsSymbol(';') && !token.IsSymbol('.')) {
      return NotUnderstood();
    }
  }
}

void StatementParser::ReadRest() {
  while (!lexer_.Peek().at_end()) lexer_.Take();
}

// Words between the verb and the kind of object.
bool StatementParser::TakeModifier() {
  if (lexer_.TakeWord("DEFINER")) {
    SkipDefiner();
    return true;
  }
  if (lexer_.TakeWord("ALGORITHM")) {
    lexer_.TakeSymbol('=');
    lexer_.Take();
    return true;
  }
  if (lexer_.TakeWord("SQL")) {
    if (lexer_.TakeWord("SECURITY")) lexer_.Take();
    return true;
  }
  if (lexer_.TakeWord("OR")) {
    statement_.or_replace = lexer_.TakeWord("REPLACE");
    return true;
  }
  if (lexer_.TakeWord("IGNORE")) return has_ignore_ = true;
  if (lexer_.TakeWord("TEMPORARY")) return statement_.temporary = true;
  if (!lexer_.Peek().IsAny({"REPLACE", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "ONLINE",
                            "OFFLINE", "AGGREGATE", "UNDO", "MATERIALIZED", "JSON", "RELATIONAL",
                            "DUALITY"})) {
    return false;
  }
  lexer_.Take();
  return true;
}

// `= user@host`, `= CURRENT_USER()`. User and host may be quoted in any way.
void StatementParser::SkipDefiner() {
  lexer_.TakeSymbol('=');
  lexer_.Take();
  if (lexer_.TakeSymbol('@')) lexer_.Take();
  SkipParentheses();
}

bool StatementParser::SkipIfExists() {
  if (!lexer_.TakeWord("IF")) return false;
  const bool negated = lexer_.TakeWord("NOT");
  lexer_.TakeWord("EXISTS");
  return negated;
}

void StatementParser::SkipWait() {
  if (lexer_.TakeWord("WAIT")) {
    lexer_.Take();
  } else {
    lexer_.TakeWord("NOWAIT");
  }
}

void StatementParser::ParseTables(const Token& verb, const Token& object) {
  statement_.if_not_exists = SkipIfExists();
  if (object.IsAny({"TABLE", "TABLES"})) statement_.verb = VerbOf(verb);
  // CREATE OR REPLACE SEQUENCE also replaces a table of that name.
  if (object.Is("SEQUENCE") && statement_.or_replace) statement_.verb = StatementVerb::kDrop;
  if (verb.Is("DROP")) return ParseDropNames();
  if (verb.Is("RENAME")) return ParseRenameTables();
  if (object.Is("VIEW")) return ParseView();
  if (!AddTable()) return NotUnderstood();
  if (!object.Is("TABLE")) return ReadRest();
  return verb.Is("ALTER") ? ParseAlterTable() : ParseCreateTable();
}

// MySQL rewrites the beginning of the statement, with the name in UTF-8 regardless of the client's
// charset. An unreadable name concerns no table, because a view has no rows.
void StatementParser::ParseView() {
  statement_.withheld = true;
  is_view_ = true;
  names_are_utf8_ = is_mysql_;
  AddTable();
}

// With row-based logging, MySQL logs CREATE TABLE … SELECT with START TRANSACTION at its end, and
// the rows follow. Any other statement with a query was logged as it was sent. An unquoted name may
// be a keyword only after a dot.
void StatementParser::ParseCreateTable() {
  bool has_query = false;
  while (!lexer_.Peek().at_end()) {
    if (lexer_.TakeSymbol('.')) {
      lexer_.Take();
      continue;
    }
    const Token token = TakeAndNoteSecrets();
    has_query = has_query || BeginsQuery(token);
    if (!token.Is("START") || !lexer_.TakeWord("TRANSACTION")) continue;
    lexer_.TakeSymbol(';');
    statement_.starts_transaction = lexer_.Peek().at_end();
  }
  statement_.has_query = has_query && !statement_.starts_transaction;
}

// Requires: `token` was just taken. The VALUES of a partition is followed by IN or LESS THAN.
bool StatementParser::BeginsQuery(const Token& token) {
  if (token.Is("SELECT")) return true;
  if (token.Is("TABLE")) return is_mysql_;
  return token.Is("VALUES") && (lexer_.Peek().IsSymbol('(') || lexer_.Peek().Is("ROW"));
}

void StatementParser::ParseDropNames() {
  do {
    if (!AddTable()) return NotUnderstood();
    SkipWait();
  } while (lexer_.TakeSymbol(','));
  const bool generated =
      std::all_of(statement_.tables.begin(), statement_.tables.end(),
                  [](const TableName& table) { return IsGenerated(table.table); });
  statement_.temporary = statement_.temporary || generated;
  ExpectEnd({"RESTRICT", "CASCADE"});
}

void StatementParser::ParseRenameTables() {
  do {
    if (!AddTable()) return NotUnderstood();
    SkipWait();
    if (!lexer_.TakeWord("TO") || !AddTable()) return NotUnderstood();
    const std::vector<TableName>& tables = statement_.tables;
    statement_.renames.emplace_back(tables[tables.size() - 2], tables.back());
  } while (lexer_.TakeSymbol(','));
  ExpectEnd({});
}

void StatementParser::ParseAlterTable() {
  SkipWait();
  bool index_only = !has_ignore_ && !lexer_.Peek().at_end();
  while (!lexer_.Peek().at_end() && !statement_.may_concern_any_table) {
    index_only = ParseAlterSpecification() && index_only;
    SkipToSymbol(',');
    lexer_.TakeSymbol(',');
  }
  statement_.index_only = index_only;
}

bool StatementParser::ParseAlterSpecification() {
  if (lexer_.TakeWord("ADD")) {
    if (!lexer_.TakeWord("FULLTEXT")) lexer_.TakeWord("SPATIAL");
    return lexer_.Peek().IsAny({"INDEX", "KEY"});
  }
  if (lexer_.TakeWord("DROP")) return lexer_.Peek().IsAny({"INDEX", "KEY"});
  if (lexer_.TakeWord("DISABLE") || lexer_.TakeWord("ENABLE")) return lexer_.Peek().Is("KEYS");
  if (lexer_.TakeWord("RENAME")) return ParseAlterRename();
  if (lexer_.TakeWord("CHANGE")) {
    lexer_.TakeWord("COLUMN");
    SkipIfExists();
    ParseRenameColumn();
    return false;
  }
  if (lexer_.Peek().IsAny({"EXCHANGE", "CONVERT"})) {
    ParseAlterPartition();
    return false;
  }
  // These choose only how the server executes the statement.
  return lexer_.TakeWord("ALGORITHM") || lexer_.TakeWord("LOCK");
}

// Specifications with another table: EXCHANGE PARTITION p WITH TABLE t, CONVERT PARTITION p TO
// TABLE t, CONVERT TABLE t TO PARTITION p; but not CONVERT TO CHARACTER SET.
void StatementParser::ParseAlterPartition() {
  const bool exchanges = lexer_.Take().Is("EXCHANGE");
  if (lexer_.TakeWord("PARTITION")) {
    if (!lexer_.Peek().IsName()) return NotUnderstood();
    lexer_.Take();
    if (!lexer_.TakeWord(exchanges ? "WITH" : "TO")) return NotUnderstood();
    if (!lexer_.TakeWord("TABLE") || !AddTable()) return NotUnderstood();
    if (!exchanges) statement_.tables_from_partitions.push_back(statement_.tables.back());
  } else if (!exchanges && lexer_.TakeWord("TABLE")) {
    if (!AddTable()) return NotUnderstood();
    statement_.tables_into_partitions.push_back(statement_.tables.back());
  }
}

bool StatementParser::ParseAlterRename() {
  if (lexer_.Peek().IsAny({"INDEX", "KEY"})) return true;
  if (lexer_.TakeWord("COLUMN")) {
    SkipIfExists();
    ParseRenameColumn();
    return false;
  }
  if (!lexer_.TakeSymbol('=') && !lexer_.TakeWord("TO")) lexer_.TakeWord("AS");
  if (!AddTable()) {
    NotUnderstood();
    return false;
  }
  statement_.renames.emplace_back(statement_.tables.front(), statement_.tables.back());
  return false;
}

void StatementParser::ParseRenameColumn() {
  std::optional<std::string> from = TakeColumnName();
  if (!from.has_value()) return NotUnderstood();
  lexer_.TakeWord("TO");
  std::optional<std::string> to = TakeColumnName();
  if (!to.has_value()) return NotUnderstood();
  if (*from != *to) statement_.column_renames.emplace_back(*std::move(from), *std::move(to));
}

// ALTER DATABASE without a name alters the default database.
void StatementParser::ParseDatabase(const Token& verb) {
  statement_.if_not_exists = SkipIfExists();
  statement_.verb = VerbOf(verb);
  const bool named =
      lexer_.Peek().IsName() &&
      !(verb.Is("ALTER") && lexer_.Peek().IsAny({"DEFAULT", "CHARACTER", "CHARSET", "COLLATE",
                                                 "READ", "ENCRYPTION", "COMMENT"}));
  if (!named && !verb.Is("ALTER")) return NotUnderstood();
  statement_.database = named ? NameOf(lexer_.Take()) : std::string(default_database_);
  // ALTER DATABASE `#mysql50#…` UPGRADE DATA DIRECTORY NAME renames all its tables.
  if (lexer_.Peek().Is("UPGRADE")) return NotUnderstood();
  if (verb.Is("DROP")) return ExpectEnd({"RESTRICT", "CASCADE"});
  ReadRest();
}

void StatementParser::TakeTableAfterOn() {
  if (!SkipToWord("ON") || !AddTable()) NotUnderstood();
}

}  // namespace millrace::schema
