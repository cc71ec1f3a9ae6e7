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

// The modes that the text of a statement may have been written under: one where sql_mode is known,
// and `mode_known` that it is the one in force when the text was read.
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
  // After Parse: SET STATEMENT sets sql_mode, so that the mode in force at the end need not be the
  // one that the text was read under.
  bool sets_sql_mode() const { return sets_sql_mode_; }

 private:
  Token TakeVerb();
  bool SkipSetStatement();
  // What follows a verb. Each is called with the verb taken.
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

  // What follows a verb of definition. In statement_definition.cc.
  void ParseDefinition(const Token& verb);
  bool TakeModifier();
  void SkipDefiner();
  // The object is of a kind that has a name like a table's.
  void ParseTables(const Token& verb, const Token& object);
  void ParseView();
  void ParseCreateTable();
  bool BeginsQuery(const Token& token);
  void ParseAlterTable();
  // True if it leaves all rows as they are, for mode_known.
  bool ParseAlterSpecification();
  // What follows RENAME in ALTER TABLE; true as ParseAlterSpecification.
  bool ParseAlterRename();
  void ParseAlterPartition();
  void ParseRenameColumn();
  void ParseDropNames();
  void ParseRenameTables();
  void ParseDatabase(const Token& verb);
  // The rest of what creates or drops an index or a trigger, up to and with its table.
  void TakeTableAfterOn();
  void NotUnderstood();
  // Nothing but these words, and numbers, may follow.
  void ExpectEnd(std::initializer_list<std::string_view> words);
  // Reads to the end, so that damage is noticed.
  void ReadRest();
  // Damage that was noticed voids what was made out.
  void RejectDamaged();

  // Pieces.
  // True for IF NOT EXISTS.
  bool SkipIfExists();
  void SkipWait();
  // In UTF-8. What is no text of the charset is noted as damage.
  std::string NameOf(const Token& token);
  // `name`, `database.name` or `.name`.
  std::optional<TableName> TakeTableName();
  // The last part of `column`, `table.column`, `database.table.column` or `.column`.
  std::optional<std::string> TakeColumnName();
  // TakeTableName into the tables; false if there is none.
  bool AddTable();
  // The next token; notes an option of a table that may hold a secret.
  Token TakeAndNoteSecrets();
  // Pass over tokens, and all there is in parentheses, up to a symbol or past a word outside of
  // these.
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
  bool bad_name_ = false;    // a name is no text
  bool sets_sql_mode_ = false;
  bool is_view_ = false;         // CREATE or ALTER VIEW
  bool names_are_utf8_ = false;  // if they are valid as such
};

}  // namespace millrace::schema
