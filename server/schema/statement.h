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

// The kind of a statement in a QUERY event, as far as a feed needs it.
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
  kRowStatement,  // INSERT, UPDATE, DELETE, REPLACE, LOAD, CALL …: changes rows without row events
  kOther,         // GRANT, FLUSH, SET, ANALYZE …: changes neither rows nor table definitions
};

// What a definition does to its tables, or to its whole database.
enum class StatementVerb {
  kOther,  // no table changes: views, triggers, sequences, routines; or not understood
  kCreate,
  kAlter,
  kDrop,
  kRename,
  kTruncate,
};

struct Statement {
  StatementKind kind = StatementKind::kOther;
  // The tables, views and sequences that it creates, changes, renames or drops, with the default
  // database filled in; for a trigger or index, its table. For a kRowStatement, the table it
  // changes, if its text names exactly one. Triggers, views, foreign keys and functions may write
  // other tables too. Names are UTF-8.
  std::vector<TableName> tables;
  StatementVerb verb = StatementVerb::kOther;
  // CREATE … IF NOT EXISTS: has no effect if the object existed.
  bool if_not_exists = false;
  // CREATE OR REPLACE: an existing object is dropped first. For a SEQUENCE the verb is kDrop.
  bool or_replace = false;
  // RENAME TABLE a TO b, ALTER TABLE a RENAME TO b, in order: each takes effect before the next.
  std::vector<std::pair<TableName, TableName>> renames;
  // ALTER TABLE … CONVERT PARTITION p TO TABLE t creates `t` with the rows of the partition.
  // CONVERT TABLE t TO PARTITION p removes `t`.
  std::vector<TableName> tables_from_partitions;
  std::vector<TableName> tables_into_partitions;
  // It only creates, drops, renames, enables or disables indexes and changes no row. False if in
  // doubt.
  bool index_only = false;
  // The database that is created, altered or dropped as a whole.
  std::string database;
  // The statement was not understood: a kDefinition that may concern any table.
  bool may_concern_any_table = false;
  // The source may have read the text in several ways. The statement is then a kAlter of the tables
  // of all readings and may have changed any of them in any way; `tables_from_partitions` are the
  // tables that may have new rows.
  bool ambiguous = false;
  // ALTER TABLE … RENAME COLUMN a TO b, CHANGE [COLUMN] a b, of `tables.front()`.
  std::vector<std::pair<std::string, std::string>> column_renames;
  // The text must not be shown: it may contain a secret (CREATE, ALTER USER, SET PASSWORD, GRANT …
  // IDENTIFIED, CREATE SERVER, CHANGE REPLICATION …, a table with CONNECTION or PASSWORD), has a
  // body (procedures, functions, events, triggers, views), or was not understood.
  bool withheld = false;
  // CREATE TABLE … SELECT whose rows follow in the same transaction (MySQL 8.0.21+: it ends in
  // START TRANSACTION).
  bool starts_transaction = false;
  // CREATE TABLE … SELECT logged as it was sent: no row event has the rows that it inserts. With
  // row-based logging the logged statement has no query.
  bool has_query = false;
  // CREATE or DROP TEMPORARY TABLE, or DROP of names that the source generates (`#sql…`): concerns
  // no captured table.
  bool temporary = false;
  // Its tables may be temporary tables that hide tables of the same names. Classify does not set
  // it.
  bool may_be_temporary = false;
  // The name of a kSavepoint or kRollbackTo, in UTF-8.
  std::string savepoint;
  friend bool operator==(const Statement&, const Statement&) = default;
};

// The result for a statement that was not understood.
Statement NotUnderstood();

// Session settings that the meaning of a statement's text depends on.
struct StatementSession {
  // Bits of sql_mode as the servers have them.
  static constexpr uint64_t kAnsiQuotes = 1 << 2;
  static constexpr uint64_t kMssql = 1 << 10;  // MariaDB
  static constexpr uint64_t kNoBackslashEscapes = 1 << 20;

  Flavour flavour = Flavour::kMysql;
  // character_set_client, as in SHOW CHARACTER SET; empty if unknown.
  std::string_view charset = "utf8mb4";
  // nullopt if unknown.
  std::optional<uint64_t> sql_mode = 0;
};

// Parses `text` as far as a Statement needs. Handles comments (also /*! … */ and MariaDB's
// /*M! … */, whose content counts), quotes, sql_mode and SET STATEMENT … FOR. Never fails: a
// statement that is not understood may concern any table. Not understood are an unknown verb or
// form of definition, a quote or comment without an end, a name that is not text in the charset,
// and, if sql_mode is unknown, text whose meaning depends on it. Takes linear time even for hostile
// text.
Statement Classify(std::string_view text, std::string_view default_database,
                   const StatementSession& session = {});

}  // namespace millrace::schema
