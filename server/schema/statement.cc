// SPDX-License-Identifier: Apache-2.0

#include "schema/statement.h"

#include <optional>
#include <set>
#include <utility>

#include "model/charset.h"
#include "schema/statement_parser.h"

namespace millrace::schema {

Statement NotUnderstood() {
  Statement statement;
  statement.kind = StatementKind::kDefinition;
  statement.may_concern_any_table = true;
  statement.withheld = true;
  return statement;
}

Statement StatementParser::Parse() {
  const Token verb = TakeVerb();
  ParseVerb(verb);
  RejectDamaged();
  RemoveRepeatedTables();
  return std::move(statement_);
}

bool StatementParser::ChangesRows(const Token& verb) {
  return verb.IsAny({"INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "CALL", "DO", "SELECT",
                     "WITH", "VALUES", "TABLE"});
}

void StatementParser::ParseVerb(const Token& verb) {
  if (verb.IsAny({"CREATE", "ALTER", "DROP", "RENAME", "IMPORT"})) {
    ParseDefinition(verb);
  } else if (verb.Is("TRUNCATE")) {
    ParseTruncate();
  } else if (ChangesRows(verb)) {
    ParseRowStatement(verb);
  } else if (verb.Is("XA")) {
    ParseXa();
  } else if (verb.Is("SET")) {
    statement_.withheld = lexer_.Peek().Is("PASSWORD");
    // SET STATEMENT … without an intact FOR.
    if (lexer_.damaged()) NotUnderstood();
  } else if (verb.IsAny({"GRANT", "CHANGE"})) {
    ParseGrantOrChange(verb);
  } else if (verb.IsAny({"BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})) {
    ParseTransaction(verb);
  } else if (verb.Is("ANALYZE")) {
    ParseAnalyze();
  } else if (verb.IsAny({"EXPLAIN", "DESC", "DESCRIBE"}) && lexer_.TakeWord("ANALYZE")) {
    ParseAnalyze();
  } else {
    ParseOther(verb);
  }
}

// ANALYZE TABLE changes nothing. MariaDB's ANALYZE [FORMAT = JSON] UPDATE … runs the statement.
void StatementParser::ParseAnalyze() {
  if (lexer_.Peek().IsAny({"NO_WRITE_TO_BINLOG", "LOCAL", "TABLE", "TABLES"})) return;
  if (lexer_.TakeWord("FORMAT")) {
    lexer_.TakeSymbol('=');
    lexer_.Take();
  }
  const Token verb = TakeVerb();
  if (!ChangesRows(verb)) return NotUnderstood();
  ParseRowStatement(verb);
}

void StatementParser::RejectDamaged() {
  const bool damaged = lexer_.damaged() || bad_name_;
  switch (statement_.kind) {
    case StatementKind::kTruncate:
    case StatementKind::kDefinition:
      if (is_view_) {
        if (damaged) statement_.tables.clear();
        break;
      }
      if (damaged || statement_.may_concern_any_table) NotUnderstood();
      break;
    case StatementKind::kRowStatement:
      if (damaged) statement_.tables.clear();
      break;
    case StatementKind::kSavepoint:
    case StatementKind::kRollbackTo:
      // No savepoint has an empty name.
      if (damaged) statement_.savepoint.clear();
      break;
    default:
      break;
  }
}

void StatementParser::NotUnderstood() { statement_ = schema::NotUnderstood(); }

// MariaDB logs `SET STATEMENT x=1 FOR …` as it was sent. Only the statement after FOR counts.
Token StatementParser::TakeVerb() {
  while (true) {
    while (lexer_.TakeSymbol(';') || lexer_.TakeSymbol('(')) {
    }
    const Token verb = lexer_.Take();
    if (!verb.Is("SET") || !lexer_.TakeWord("STATEMENT")) return verb;
    if (!SkipSetStatement()) return verb;
  }
}

bool StatementParser::SkipSetStatement() {
  while (!lexer_.Peek().at_end()) {
    if (lexer_.Peek().IsSymbol('(')) {
      SkipParentheses();
      continue;
    }
    const Token token = lexer_.Take();
    if (token.kind == Token::Kind::kQuotedName || token.Is("SQL_MODE")) sets_sql_mode_ = true;
    if (token.Is("FOR")) return true;
  }
  return false;
}

void StatementParser::ParseTruncate() {
  statement_.kind = StatementKind::kTruncate;
  statement_.verb = StatementVerb::kTruncate;
  lexer_.TakeWord("TABLE");
  if (!AddTable()) return NotUnderstood();
  ExpectEnd({"WAIT", "NOWAIT", "DROP", "REUSE", "STORAGE"});
}

void StatementParser::ParseTransaction(const Token& verb) {
  if (verb.Is("BEGIN")) {
    statement_.kind = StatementKind::kBegin;
  } else if (verb.Is("START")) {
    if (lexer_.TakeWord("TRANSACTION")) {
      statement_.kind = StatementKind::kBegin;
    } else {
      // START REPLICA … USER = … PASSWORD = …
      statement_.withheld = true;
    }
  } else if (verb.Is("COMMIT")) {
    statement_.kind = StatementKind::kCommit;
  } else if (verb.Is("ROLLBACK")) {
    ParseRollback();
  } else if (verb.Is("SAVEPOINT")) {
    statement_.kind = StatementKind::kSavepoint;
    if (lexer_.Peek().IsName()) statement_.savepoint = NameOf(lexer_.Take());
  } else {
    statement_.kind = StatementKind::kRelease;
  }
}

void StatementParser::ParseRollback() {
  lexer_.TakeWord("WORK");
  if (!lexer_.TakeWord("TO")) {
    statement_.kind = StatementKind::kRollback;
    return;
  }
  statement_.kind = StatementKind::kRollbackTo;
  // The word SAVEPOINT is optional and may also be a savepoint's name.
  const Token word = lexer_.Take();
  const bool is_word = word.Is("SAVEPOINT") && lexer_.Peek().IsName();
  const Token name = is_word ? lexer_.Take() : word;
  if (name.IsName()) statement_.savepoint = NameOf(name);
}

void StatementParser::ParseXa() {
  const Token act = lexer_.Take();
  if (act.IsAny({"START", "BEGIN"})) statement_.kind = StatementKind::kBegin;
  if (act.IsAny({"END", "PREPARE"})) statement_.kind = StatementKind::kXaPrepare;
  if (act.Is("COMMIT")) statement_.kind = StatementKind::kXaCommit;
  if (act.Is("ROLLBACK")) statement_.kind = StatementKind::kXaRollback;
}

void StatementParser::ParseGrantOrChange(const Token& verb) {
  if (verb.Is("CHANGE")) {
    statement_.withheld = true;
    return;
  }
  while (!lexer_.Peek().at_end()) {
    if (lexer_.Take().Is("IDENTIFIED")) statement_.withheld = true;
  }
}

// An unknown verb may change anything.
void StatementParser::ParseOther(const Token& verb) {
  if (verb.at_end()) {
    // Only a comment: MariaDB's replacement for an event that an old replica cannot read.
    if (lexer_.damaged()) NotUnderstood();
    return;
  }
  const bool known =
      verb.IsAny({"BACKUP", "BINLOG",   "CACHE",     "CHECK",   "CHECKSUM", "CLONE",   "DEALLOCATE",
                  "DESC",   "DESCRIBE", "EXECUTE",   "EXPLAIN", "FLUSH",    "GET",     "HANDLER",
                  "HELP",   "INSTALL",  "KILL",      "LOCK",    "OPTIMIZE", "PREPARE", "PURGE",
                  "REPAIR", "RESET",    "RESIGNAL",  "RESTART", "REVOKE",   "SHOW",    "SHUTDOWN",
                  "SIGNAL", "STOP",     "UNINSTALL", "UNLOCK",  "USE"});
  if (!known) NotUnderstood();
}

void StatementParser::ParseRowStatement(const Token& verb) {
  statement_.kind = StatementKind::kRowStatement;
  if (verb.Is("DELETE")) ParseDelete();
  if (verb.IsAny({"INSERT", "REPLACE"})) ParseInsert();
  if (verb.Is("UPDATE")) ParseUpdate();
  // LOAD INDEX loads the key cache of MyISAM.
  if (verb.Is("LOAD") && lexer_.Peek().Is("INDEX")) statement_.kind = StatementKind::kOther;
}

void StatementParser::ParseDelete() {
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

void StatementParser::ParseInsert() {
  while (lexer_.Peek().IsAny({"LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "IGNORE"})) lexer_.Take();
  lexer_.TakeWord("INTO");
  AddTable();
}

// Names the table only if it is a single one; several tables are a join.
void StatementParser::ParseUpdate() {
  while (lexer_.Peek().IsAny({"LOW_PRIORITY", "IGNORE"})) lexer_.Take();
  const std::optional<TableName> table = TakeTableName();
  if (lexer_.TakeWord("PARTITION")) SkipParentheses();
  if (!lexer_.Peek().Is("SET")) {
    lexer_.TakeWord("AS");
    if (lexer_.Peek().IsName()) lexer_.Take();
  }
  if (table.has_value() && lexer_.Peek().Is("SET")) statement_.tables.push_back(*table);
}

std::string StatementParser::NameOf(const Token& token) {
  std::string bytes = token.Name(charset_);
  if (names_are_utf8_ && IsValidUtf8(bytes)) return bytes;
  std::optional<std::string> name = charset_.ToUtf8(bytes);
  if (name.has_value()) return *std::move(name);
  bad_name_ = true;
  return {};
}

std::optional<TableName> StatementParser::TakeTableName() {
  if (lexer_.TakeSymbol('.')) {
    if (!lexer_.Peek().IsName()) return std::nullopt;
    return TableName{std::string(default_database_), NameOf(lexer_.Take())};
  }
  if (!lexer_.Peek().IsName()) return std::nullopt;
  std::string first = NameOf(lexer_.Take());
  if (!lexer_.TakeSymbol('.')) return TableName{std::string(default_database_), std::move(first)};
  if (!lexer_.Peek().IsName()) return std::nullopt;
  return TableName{std::move(first), NameOf(lexer_.Take())};
}

std::optional<std::string> StatementParser::TakeColumnName() {
  lexer_.TakeSymbol('.');
  std::optional<std::string> name;
  do {
    if (!lexer_.Peek().IsName()) return std::nullopt;
    name = NameOf(lexer_.Take());
  } while (lexer_.TakeSymbol('.'));
  return name;
}

bool StatementParser::AddTable() {
  std::optional<TableName> table = TakeTableName();
  if (!table.has_value()) return false;
  statement_.tables.push_back(*std::move(table));
  return true;
}

Token StatementParser::TakeAndNoteSecrets() {
  const Token token = lexer_.Take();
  if (token.IsAny({"CONNECTION", "PASSWORD"})) {
    const Token& value = lexer_.Peek();
    if (value.IsSymbol('=') || value.kind == Token::Kind::kString) {
      statement_.withheld = true;
    }
  }
  return token;
}

void StatementParser::SkipParentheses() {
  if (!lexer_.TakeSymbol('(')) return;
  for (size_t depth = 1; depth > 0 && !lexer_.Peek().at_end();) {
    const Token token = TakeAndNoteSecrets();
    if (token.IsSymbol('(')) ++depth;
    if (token.IsSymbol(')')) --depth;
  }
}

void StatementParser::SkipToSymbol(char symbol) {
  while (!lexer_.Peek().at_end() && !lexer_.Peek().IsSymbol(symbol)) {
    if (lexer_.Peek().IsSymbol('(')) {
      SkipParentheses();
    } else {
      TakeAndNoteSecrets();
    }
  }
}

bool StatementParser::SkipToWord(std::string_view word) {
  while (!lexer_.Peek().at_end()) {
    if (lexer_.Peek().IsSymbol('(')) {
      SkipParentheses();
    } else if (TakeAndNoteSecrets().Is(word)) {
      return true;
    }
  }
  return false;
}

// RENAME TABLE names a table twice when it swaps tables.
void StatementParser::RemoveRepeatedTables() {
  std::set<TableName> seen;
  std::erase_if(statement_.tables,
                [&](const TableName& table) { return !seen.insert(table).second; });
}

namespace {

LexicalMode ModeOf(const StatementSession& session, uint64_t sql_mode) {
  const bool mariadb = session.flavour == Flavour::kMariadb;
  return {.ansi_quotes = (sql_mode & StatementSession::kAnsiQuotes) != 0,
          .backslash_escapes = (sql_mode & StatementSession::kNoBackslashEscapes) == 0,
          .brackets = mariadb && (sql_mode & StatementSession::kMssql) != 0,
          .mariadb_comments = mariadb};
}

}  // namespace

std::vector<LexicalMode> PossibleModes(const StatementSession& session, bool mode_known) {
  if (mode_known && session.sql_mode.has_value()) return {ModeOf(session, *session.sql_mode)};
  constexpr uint64_t kAnsi = StatementSession::kAnsiQuotes;
  constexpr uint64_t kNoEscapes = StatementSession::kNoBackslashEscapes;
  std::vector<LexicalMode> modes;
  for (const uint64_t mode : {uint64_t{0}, kAnsi, kNoEscapes, kAnsi | kNoEscapes}) {
    modes.push_back(ModeOf(session, mode));
  }
  return modes;
}

Statement Classify(std::string_view text, std::string_view default_database,
                   const StatementSession& session) {
  const ClientCharset charset(session.charset);
  std::optional<Statement> statement;
  bool mode_known = true;
  for (const LexicalMode& mode : PossibleModes(session, mode_known)) {
    StatementParser parser(text, default_database, mode, charset);
    Statement next = parser.Parse();
    mode_known = mode_known && !parser.sets_sql_mode();
    if (statement.has_value() && *statement != next) return NotUnderstood();
    statement = std::move(next);
  }
  if (mode_known) return *std::move(statement);
  for (const LexicalMode& mode : PossibleModes(session, mode_known)) {
    if (StatementParser(text, default_database, mode, charset).Parse() != *statement) {
      return NotUnderstood();
    }
  }
  // ShownText does not know the mode either.
  statement->withheld = true;
  return *std::move(statement);
}

}  // namespace millrace::schema
