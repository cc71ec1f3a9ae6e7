// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/flavour.h"
#include "model/table_name.h"

namespace millrace::schema {

// What a statement in a QUERY event is, as far as a feed must know.
enum class StatementKind {
  kBegin,         // BEGIN, START TRANSACTION, XA START
  kCommit,        // COMMIT
  kRollback,      // ROLLBACK (not: TO SAVEPOINT)
  kSavepoint,     // SAVEPOINT
  kRollbackTo,    // ROLLBACK TO SAVEPOINT
  kRelease,       // RELEASE SAVEPOINT
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
  // database filled in; of a trigger or index, its table. Of a kRowStatement the one that it
  // changes, if its text says that it changes one: no name there tells what triggers, views,
  // foreign keys and functions write. Names are UTF-8.
  std::vector<TableName> tables;
  StatementVerb verb = StatementVerb::kOther;
  // CREATE … IF NOT EXISTS: nothing happened if there was one.
  bool if_not_exists = false;
  // CREATE OR REPLACE: what was there is gone. Of a SEQUENCE a kDrop.
  bool or_replace = false;
  // RENAME TABLE a TO b, ALTER TABLE a RENAME TO b, in their order: each takes effect before the
  // next.
  std::vector<std::pair<TableName, TableName>> renames;
  // ALTER TABLE … CONVERT PARTITION p TO TABLE t makes `t` with the rows of the partition; CONVERT
  // TABLE t TO PARTITION p takes `t` away.
  std::vector<TableName> tables_from_partitions;
  std::vector<TableName> tables_into_partitions;
  // It certainly does nothing but make, drop, name or switch indexes, and leaves all rows as they
  // are. False where that is not certain.
  bool index_only = false;
  // A whole database that is created, altered or dropped.
  std::string database;
  // It was not understood: a kDefinition that may concern any table.
  bool may_concern_any_table = false;
  // The source may have read its text in several ways: a kAlter of the tables of all of them, which
  // may have done anything to any of them. Its `tables_from_partitions` are those that may hold new
  // rows.
  bool ambiguous = false;
  // ALTER TABLE … RENAME COLUMN a TO b, CHANGE [COLUMN] a b, of `tables.front()`.
  std::vector<std::pair<std::string, std::string>> column_renames;
  // Nobody may see its text: it may hold a secret (CREATE, ALTER USER, SET PASSWORD, GRANT …
  // IDENTIFIED, CREATE SERVER, CHANGE REPLICATION …, a table with CONNECTION or PASSWORD), has a
  // body (procedures, functions, events, triggers, views), or was not understood.
  bool withheld = false;
  // CREATE TABLE … SELECT that goes on as a transaction (MySQL 8.0.21+: START TRANSACTION at its
  // end).
  bool starts_transaction = false;
  // CREATE TABLE … SELECT as it was sent: no row event holds the rows that it inserts.
  // Logged by rows, a CREATE TABLE has no query.
  bool has_query = false;
  // CREATE or DROP TEMPORARY TABLE, DROP of the source's generated names (`#sql…`): concerns no
  // captured table.
  bool temporary = false;
  // Its tables may be temporary ones that hide tables of the same names. Classify does not know.
  bool may_be_temporary = false;
  // Name of a kSavepoint or kRollbackTo, in UTF-8.
  std::string savepoint;
  friend bool operator==(const Statement&, const Statement&) = default;
};

// One that was not understood.
Statement NotUnderstood();

// What the meaning of a statement depends on, beside its text and default database.
struct StatementSession {
  // Bits of sql_mode as the servers have them.
  static constexpr uint64_t kAnsiQuotes = 1 << 2;
  static constexpr uint64_t kMssql = 1 << 10;  // MariaDB
  static constexpr uint64_t kNoBackslashEscapes = 1 << 20;

  Flavour flavour = Flavour::kMysql;
  // Of character_set_client, as SHOW CHARACTER SET has it; empty if unknown.
  std::string_view charset = "utf8mb4";
  // Nothing if unknown.
  std::optional<uint64_t> sql_mode = 0;
};

// Reads as much of `text` as it takes to tell the above: a tokenizer with knowledge of comments
// (also /*! … */ and MariaDB's /*M! … */ whose content counts), quotes, sql_mode, SET STATEMENT …
// FOR. Never fails: what it does not understand may concern any table. That is a definition of
// another form than it knows, a verb it does not know, a quote or comment without an end, a name
// that is no text of its charset, and what means something else under another sql_mode where that
// is unknown. Linear time, hostile text or not.
Statement Classify(std::string_view text, std::string_view default_database,
                   const StatementSession& session = {});

}  // namespace millrace::schema
