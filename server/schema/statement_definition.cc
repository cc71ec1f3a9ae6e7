// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <utility>

#include "schema/statement_parser.h"

namespace millrace::schema {
namespace {

// The source gives such names to tables it works on for the time of a statement.
constexpr std::string_view kGeneratedPrefix = "#sql";

StatementVerb VerbOf(const Token& verb) {
  if (verb.Is("CREATE")) return StatementVerb::kCreate;
  if (verb.Is("ALTER")) return StatementVerb::kAlter;
  if (verb.Is("DROP")) return StatementVerb::kDrop;
  if (verb.Is("RENAME")) return StatementVerb::kRename;
  return StatementVerb::kOther;
}

}  // namespace

void StatementParser::NotUnderstood() {
  statement_.tables.clear();
  statement_.renames.clear();
  statement_.verb = StatementVerb::kOther;
  statement_.may_concern_any_table = true;
}

void StatementParser::Definition(const Token& verb) {
  statement_.kind = StatementKind::kDefinition;
  while (TakeModifier()) {
  }
  const Token object = lexer_.Take();
  if (verb.Is("IMPORT")) return NotUnderstood();
  if (object.IsAny({"TABLE", "TABLES", "VIEW", "SEQUENCE"})) return DefineTables(verb, object);
  if (object.IsAny({"DATABASE", "SCHEMA"})) return DefineDatabase(verb);
  if (object.IsAny({"INDEX", "KEY"})) {
    statement_.verb = StatementVerb::kAlter;
    statement_.index_only = !ignores_;
    return TableAfterOn();
  }
  if (object.Is("TRIGGER")) {
    if (verb.Is("CREATE")) TableAfterOn();
    return;
  }
  if (object.IsAny(
          {"PROCEDURE", "FUNCTION", "EVENT", "PACKAGE", "LIBRARY", "TABLESPACE", "LOGFILE"})) {
    return;
  }
  if (object.IsAny({"USER", "ROLE", "SERVER", "INSTANCE", "PREPARE", "RESOURCE", "REFERENCE"})) {
    statement_.kind = StatementKind::kOther;
    statement_.may_hold_secret =
        object.IsAny({"USER", "SERVER"}) && verb.IsAny({"CREATE", "ALTER"});
    return;
  }
  NotUnderstood();
}

// What may stand between the verb and the kind of object.
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
  if (lexer_.TakeWord("IGNORE")) return ignores_ = true;
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

void StatementParser::DefineTables(const Token& verb, const Token& object) {
  statement_.if_not_exists = SkipIfExists();
  if (object.IsAny({"TABLE", "TABLES"})) statement_.verb = VerbOf(verb);
  if (verb.Is("DROP")) return NameList();
  if (verb.Is("RENAME")) return RenameList();
  if (!AddTable()) return NotUnderstood();
  if (!object.Is("TABLE")) return;
  if (verb.Is("ALTER")) return AlterTable();
  // CREATE TABLE … SELECT on MySQL: the rows follow in the same transaction.
  while (SkipToWord("START")) {
    if (!lexer_.TakeWord("TRANSACTION")) continue;
    lexer_.TakeSymbol(';');
    statement_.starts_transaction = lexer_.Peek().at_end();
  }
}

void StatementParser::NameList() {
  do {
    if (!AddTable()) return NotUnderstood();
    SkipWait();
  } while (lexer_.TakeSymbol(','));
  const bool generated =
      std::all_of(statement_.tables.begin(), statement_.tables.end(),
                  [](const TableName& table) { return table.table.starts_with(kGeneratedPrefix); });
  statement_.temporary = statement_.temporary || generated;
}

void StatementParser::RenameList() {
  do {
    if (!AddTable()) return NotUnderstood();
    SkipWait();
    if (!lexer_.TakeWord("TO") || !AddTable()) return NotUnderstood();
    const std::vector<TableName>& tables = statement_.tables;
    statement_.renames.emplace_back(tables[tables.size() - 2], tables.back());
  } while (lexer_.TakeSymbol(','));
}

void StatementParser::AlterTable() {
  SkipWait();
  bool index_only = !ignores_ && !lexer_.Peek().at_end();
  while (!lexer_.Peek().at_end()) {
    index_only = AlterSpecification() && index_only;
    SkipToSymbol(',');
    lexer_.TakeSymbol(',');
  }
  statement_.index_only = index_only;
}

bool StatementParser::AlterSpecification() {
  if (lexer_.TakeWord("ADD")) {
    if (!lexer_.TakeWord("FULLTEXT")) lexer_.TakeWord("SPATIAL");
    return lexer_.Peek().IsAny({"INDEX", "KEY"});
  }
  if (lexer_.TakeWord("DROP")) return lexer_.Peek().IsAny({"INDEX", "KEY"});
  if (lexer_.TakeWord("DISABLE") || lexer_.TakeWord("ENABLE")) return lexer_.Peek().Is("KEYS");
  if (lexer_.TakeWord("RENAME")) return AlterName();
  if (lexer_.TakeWord("CHANGE")) {
    lexer_.TakeWord("COLUMN");
    SkipIfExists();
    RenameColumn();
  } else if (lexer_.TakeWord("EXCHANGE")) {
    if (SkipToWord("TABLE")) AddTable();
  } else if (lexer_.TakeWord("CONVERT")) {
    // PARTITION p TO TABLE t, TABLE t TO PARTITION p …; not: TO CHARACTER SET.
    if (lexer_.TakeWord("PARTITION")) {
      lexer_.Take();
      lexer_.TakeWord("TO");
    }
    if (lexer_.TakeWord("TABLE")) AddTable();
  } else {
    // How the statement is carried out.
    return lexer_.TakeWord("ALGORITHM") || lexer_.TakeWord("LOCK");
  }
  return false;
}

bool StatementParser::AlterName() {
  if (lexer_.Peek().IsAny({"INDEX", "KEY"})) return true;
  if (lexer_.TakeWord("COLUMN")) {
    SkipIfExists();
    RenameColumn();
    return false;
  }
  if (!lexer_.TakeSymbol('=') && !lexer_.TakeWord("TO")) lexer_.TakeWord("AS");
  if (AddTable()) {
    statement_.renames.emplace_back(statement_.tables.front(), statement_.tables.back());
  }
  return false;
}

void StatementParser::RenameColumn() {
  if (!lexer_.Peek().IsName()) return;
  std::string from = lexer_.Take().Name();
  lexer_.TakeWord("TO");
  if (!lexer_.Peek().IsName()) return;
  std::string to = lexer_.Take().Name();
  if (from != to) statement_.column_renames.emplace_back(std::move(from), std::move(to));
}

// The name may be left out of ALTER DATABASE: the default database is meant.
void StatementParser::DefineDatabase(const Token& verb) {
  statement_.if_not_exists = SkipIfExists();
  statement_.verb = VerbOf(verb);
  const bool named =
      lexer_.Peek().IsName() &&
      !(verb.Is("ALTER") && lexer_.Peek().IsAny({"DEFAULT", "CHARACTER", "CHARSET", "COLLATE",
                                                 "READ", "ENCRYPTION", "COMMENT"}));
  statement_.database = named ? lexer_.Take().Name() : std::string(default_database_);
}

void StatementParser::TableAfterOn() {
  if (!SkipToWord("ON") || !AddTable()) NotUnderstood();
}

}  // namespace millrace::schema
