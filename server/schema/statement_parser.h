// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/table_name.h"
#include "schema/statement.h"
#include "schema/statement_lexer.h"

namespace millrace::schema {

// Reads one statement token by token into a Statement. Used once.
class StatementParser {
 public:
  StatementParser(std::string_view text, std::string_view default_database)
      : lexer_(text), default_database_(default_database) {}
  Statement Parse();

 private:
  Token TakeVerb();
  // What follows a verb. Each is called with the verb taken.
  void Transaction(const Token& verb);
  void Xa();
  void Secrets(const Token& verb);
  void Rows(const Token& verb);
  void Insert();
  void Update();
  void Delete();
  void Load();

  // What follows a verb of definition. In statement_definition.cc.
  void Definition(const Token& verb);
  bool TakeModifier();
  void SkipDefiner();
  // The object is of a kind that has a name like a table's.
  void DefineTables(const Token& verb, const Token& object);
  void AlterTable();
  // True if it leaves all rows as they are, for certain.
  bool AlterSpecification();
  // What follows RENAME in ALTER TABLE; true as AlterSpecification.
  bool AlterName();
  void RenameColumn();
  void NameList();
  void RenameList();
  void DefineDatabase(const Token& verb);
  // The rest of what creates or drops an index or a trigger, up to and with its table.
  void TableAfterOn();
  void NotUnderstood();

  // Pieces.
  // True for IF NOT EXISTS.
  bool SkipIfExists();
  void SkipWait();
  // `name`, `database.name` or `.name`.
  std::optional<TableName> TakeTableName();
  // TakeTableName into the tables; false if there is none.
  bool AddTable();
  // The next token; notes an option of a table that may hold a secret.
  Token TakeNoting();
  // Pass over tokens, and all there is in parentheses, up to a symbol or past a word outside of
  // these.
  void SkipToSymbol(char symbol);
  bool SkipToWord(std::string_view word);
  void SkipParentheses();
  void RemoveRepeatedTables();

  StatementLexer lexer_;
  const std::string_view default_database_;
  Statement statement_;
  bool ignores_ = false;  // ALTER IGNORE TABLE, which may remove rows
};

}  // namespace millrace::schema
