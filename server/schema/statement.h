// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/table_name.h"

namespace millrace::schema {

// What a statement in a QUERY event is, as far as a feed must know.
enum class StatementKind {
  kBegin,         // BEGIN, START TRANSACTION, XA START
  kCommit,        // COMMIT
  kRollback,      // ROLLBACK (not: TO SAVEPOINT)
  kSavepoint,     // SAVEPOINT, ROLLBACK TO, RELEASE
  kXaPrepare,     // XA END, XA PREPARE
  kXaCommit,      // XA COMMIT
  kXaRollback,    // XA ROLLBACK
  kTruncate,      // TRUNCATE [TABLE]
  kDefinition,    // CREATE, ALTER, DROP, RENAME of tables, databases, views, routines …
  kRowStatement,  // INSERT, UPDATE, DELETE, REPLACE, LOAD, CALL …: rows changed without row events
  kOther,         // GRANT, FLUSH, SET, ANALYZE …: no row and no table definition
};

// What a definition does to its tables, or to its database as a whole.
enum class StatementVerb {
  kOther,  // nothing: views, triggers, sequences, routines, what could not be made out
  kCreate,
  kAlter,
  kDrop,
  kRename,
  kTruncate,
};

struct Statement {
  StatementKind kind = StatementKind::kOther;
  // Tables, views and sequences that it makes, changes, names anew or drops, with the default
  // database filled in; of a trigger or index, its table. Of a kRowStatement the tables it is told
  // to write; empty unless they are certainly all.
  std::vector<TableName> tables;
  StatementVerb verb = StatementVerb::kOther;
  // CREATE … IF NOT EXISTS: nothing happened if there was one.
  bool if_not_exists = false;
  // CREATE OR REPLACE: what was there is gone.
  bool or_replace = false;
  // RENAME TABLE a TO b, ALTER TABLE a RENAME TO b, in their order: each takes effect before the
  // next.
  std::vector<std::pair<TableName, TableName>> renames;
  // It certainly does nothing but make, drop, name or switch indexes, and leaves all rows as they
  // are. False where that is not certain.
  bool index_only = false;
  // A whole database that is created, altered or dropped.
  std::string database;
  // A kDefinition or kTruncate that could not be made out: it may concern any table.
  bool may_concern_any_table = false;
  // ALTER TABLE … RENAME COLUMN a TO b, CHANGE [COLUMN] a b, of `tables.front()`.
  std::vector<std::pair<std::string, std::string>> column_renames;
  // CREATE, ALTER USER, SET PASSWORD, GRANT … IDENTIFIED, CREATE SERVER, CHANGE REPLICATION …,
  // a table with CONNECTION or PASSWORD: the text may hold a secret.
  bool may_hold_secret = false;
  // CREATE TABLE … SELECT that goes on as a transaction (MySQL 8.0.21+: START TRANSACTION at its
  // end).
  bool starts_transaction = false;
  // CREATE or DROP TEMPORARY TABLE, DROP of the source's generated names (`#sql…`): concerns no
  // captured table.
  bool temporary = false;
};

// Reads as much of `text` as it takes to tell the above: a tokenizer with knowledge of comments
// (also /*! … */ and MariaDB's /*M! … */ whose content counts), quotes, ANSI quotes, SET STATEMENT
// … FOR. Never fails: what it cannot make out is kOther, or kDefinition without tables when it
// starts with a verb of definition. Linear time, hostile text or not. Strings are read with
// backslash escapes, since the text alone does not tell of NO_BACKSLASH_ESCAPES.
Statement Classify(std::string_view text, std::string_view default_database);

}  // namespace millrace::schema
