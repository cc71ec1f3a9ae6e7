// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/table_name.h"
#include "schema/statement.h"
#include "schema/statement_lexer.h"

namespace millrace::schema {

// The modes under which the server may have read the statement: one if the session's sql_mode is
// known and `mode_known` is true. Pass false if the statement sets its own sql_mode.
std::vector<LexicalMode> PossibleModes(const StatementSession& session, bool mode_known);

// Reads one statement token by token into a Statement. Used once.
class StatementParser {
 public:
  StatementParser(std::string_view text, std::string_view default_database, const LexicalMode& mode,
                  const ClientCharset& charset)
      : lexer_(text, mode, charset),
        default_database_(default_database),
        charset_(charset),
        is_mysql_(!mode.mariadb_comments) {}
  Statement Parse();
  // After Parse: true if SET STATEMENT sets sql_mode. The server then may not have read the text
  // under the mode of the session.
  bool sets_sql_mode() const { return sets_sql_mode_; }

 private:
  Token TakeVerb();
  bool SkipSetStatement();
  // Parse the rest of a statement after its verb.
  void ParseVerb(const Token& verb);
  void ParseTruncate();
  void ParseTransaction(const Token& verb);
  void ParseRollback();
  void ParseXa();
  void ParseGrantOrChange(const Token& verb);
  void ParseRowStatement(const Token& verb);
  void ParseDelete();
  void ParseInsert();
  void ParseUpdate();
  static bool ChangesRows(const Token& verb);
  void ParseAnalyze();
  void ParseOther(const Token& verb);

  // Parse the rest of a definition after its verb. In statement_definition.cc.
  void ParseDefinition(const Token& verb);
  bool TakeModifier();
  void SkipDefiner();
  // For TABLE, VIEW and SEQUENCE.
  void ParseTables(const Token& verb, const Token& object);
  void ParseView();
  void ParseCreateTable();
  bool BeginsQuery(const Token& token);
  void ParseAlterTable();
  // True if the specification only concerns indexes and surely changes no row.
  bool ParseAlterSpecification();
  // The part after RENAME in ALTER TABLE. Same result as ParseAlterSpecification.
  bool ParseAlterRename();
  void ParseAlterPartition();
  void ParseRenameColumn();
  void ParseDropNames();
  void ParseRenameTables();
  void ParseDatabase(const Token& verb);
  // Skips to ON and adds the table after it: CREATE and DROP INDEX, CREATE TRIGGER.
  void TakeTableAfterOn();
  void NotUnderstood();
  // Only these words and numbers may follow.
  void ExpectEnd(std::initializer_list<std::string_view> words);
  // Reads to the end, to detect damage.
  void ReadRest();
  // Drops the result, or its names, if the text is damaged.
  void RejectDamaged();

  // Parts of statements.
  // True for IF NOT EXISTS.
  bool SkipIfExists();
  void SkipWait();
  // The name in UTF-8. A name that is not text in the charset counts as damage.
  std::string NameOf(const Token& token);
  // `name`, `database.name` or `.name`.
  std::optional<TableName> TakeTableName();
  // The last part of `column`, `table.column`, `database.table.column` or `.column`.
  std::optional<std::string> TakeColumnName();
  // Takes a table name and adds it to the statement's tables; false if there is none.
  bool AddTable();
  // Takes the next token. If it is a table option that may hold a secret, withholds the text.
  Token TakeAndNoteSecrets();
  // Skip to a symbol, or past a word, outside of parentheses.
  void SkipToSymbol(char symbol);
  bool SkipToWord(std::string_view word);
  void SkipParentheses();
  void RemoveRepeatedTables();

  StatementLexer lexer_;
  const std::string_view default_database_;
  const ClientCharset& charset_;
  const bool is_mysql_;
  Statement statement_;
  bool has_ignore_ = false;  // ALTER IGNORE TABLE, which may remove rows
  bool bad_name_ = false;    // a name is not text
  bool sets_sql_mode_ = false;
  bool is_view_ = false;         // CREATE or ALTER VIEW
  bool names_are_utf8_ = false;  // reads names that are valid UTF-8 as UTF-8
};

}  // namespace millrace::schema
