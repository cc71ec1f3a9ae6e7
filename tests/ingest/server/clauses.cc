// SPDX-License-Identifier: Apache-2.0

#include "ingest/server/clauses.h"

namespace millrace::testing {
namespace {

constexpr std::string_view kBoth[] = {
    // Columns.
    "ALTER TABLE {t} ADD {:x} INT",
    "ALTER TABLE {d.t} ADD COLUMN {:x} VARCHAR(90) CHARACTER SET utf8mb4 DEFAULT {'}",
    "ALTER TABLE {t} ADD COLUMN {:x} INT COMMENT {'} FIRST",
    "ALTER TABLE {t} ADD {:x} INT AFTER {:a}",
    "ALTER TABLE {t} ADD COLUMN ({:x} INT, {:y} INT DEFAULT 5)",
    "ALTER TABLE {t} ADD {:x} ENUM('x', 'CHANGE a b') DEFAULT 'x', RENAME COLUMN {:a} TO {:y}",
    "ALTER TABLE {t} ADD {:x} INT GENERATED ALWAYS AS ({:a} + 1) VIRTUAL",
    "ALTER TABLE {t} ADD {:x} INT AS ({:a} * 2) STORED",
    "ALTER TABLE {t} ALTER {:a} SET DEFAULT 5",
    "ALTER TABLE {t} ALTER COLUMN {:a} SET DEFAULT 5, ALTER COLUMN {:b} DROP DEFAULT",
    "ALTER TABLE {t} CHANGE {:a} {:x} BIGINT",
    "ALTER TABLE {t} CHANGE COLUMN {:a} {:x} INT COMMENT {'} FIRST",
    "ALTER TABLE {t} CHANGE {:a} {:a} BIGINT AFTER {:c}",
    "ALTER TABLE {t} CHANGE {:a} {:b} INT, CHANGE {:b} {:a} INT",
    "ALTER TABLE {t} MODIFY {:a} BIGINT",
    "ALTER TABLE {t} MODIFY COLUMN {:a} VARCHAR(90) CHARACTER SET utf8mb4 DEFAULT {'} AFTER {:b}",
    "ALTER TABLE {t} DROP {:a}",
    "ALTER TABLE {t} DROP COLUMN {:a}, DROP COLUMN {:c}",
    "ALTER TABLE {t} RENAME COLUMN {:a} TO {:x}",
    "ALTER TABLE {t} RENAME COLUMN {:a} TO {:c}, RENAME COLUMN {:c} TO {:a}",
    "ALTER TABLE {t} RENAME COLUMN {:a} TO {:x}, ADD {:a} INT",
    "ALTER TABLE {t} COMMENT {'}, RENAME COLUMN {:a} TO {:x}",
    "ALTER TABLE {t} ADD {:y} VARCHAR(90) CHARACTER SET utf8mb4 DEFAULT {'}, CHANGE {:a} {:x} INT, "
    "COMMENT = {'}",
    // Keys and constraints.
    "ALTER TABLE {t} ADD INDEX ({:a})",
    "ALTER TABLE {t} ADD KEY {:x} ({:a}, {:c}), ALGORITHM = INPLACE, LOCK = NONE",
    "ALTER TABLE {t} ADD INDEX {:x} USING BTREE ({:a}) COMMENT {'}",
    "ALTER TABLE {t} ADD {:x} TEXT, ADD FULLTEXT INDEX {:y} ({:x})",
    "ALTER TABLE {t} ADD UNIQUE ({:a})",
    "ALTER TABLE {t} ADD CONSTRAINT {:x} UNIQUE KEY ({:a})",
    "ALTER TABLE {t} ADD UNIQUE INDEX {:x} ({:c})",
    "ALTER TABLE {t} DROP PRIMARY KEY, ADD PRIMARY KEY ({:a})",
    "ALTER TABLE {t} ADD CONSTRAINT {:x} FOREIGN KEY ({:a}) REFERENCES {u} ({:id}) ON DELETE "
    "CASCADE",
    "ALTER TABLE {k} DROP FOREIGN KEY fk",
    "ALTER TABLE {t} ADD CONSTRAINT {:x} CHECK ({:a} > 0)",
    "ALTER TABLE {t} DROP CONSTRAINT chk",
    "ALTER TABLE {t} DROP INDEX k_b",
    "ALTER TABLE {t} DROP KEY k_b, ADD KEY k_c ({:c})",
    "ALTER TABLE {t} RENAME INDEX k_b TO k_c",
    "ALTER TABLE {t} RENAME KEY k_b TO k_c, RENAME COLUMN {:b} TO {:x}",
    "ALTER TABLE {t} DISABLE KEYS",
    "ALTER TABLE {t} ENABLE KEYS",
    // Names.
    "ALTER TABLE {t} RENAME TO {n}",
    "ALTER TABLE {t} RENAME AS {e.n}",
    "ALTER TABLE {d.t} RENAME {n}",
    "ALTER TABLE {t} RENAME = {n}",
    "ALTER TABLE {t} ADD {:x} INT, RENAME TO {n}",
    "ALTER TABLE {t} RENAME COLUMN {:a} TO {:x}, COMMENT {'}, RENAME TO {e.n}",
    "RENAME TABLE {t} TO {n}",
    "RENAME TABLE {d.t} TO {e.n}",
    "RENAME TABLE {t} TO {n}, {u} TO {t}, {n} TO {u}",
    "RENAME TABLES {t} TO {e.t}, {u} TO {d.t}",
    // Options.
    "ALTER TABLE {t} COMMENT {'}",
    "ALTER TABLE {t} COMMENT = {'}, AUTO_INCREMENT = 50",
    "ALTER TABLE {t} ENGINE = InnoDB",
    "ALTER TABLE {t} ENGINE MyISAM",
    "ALTER TABLE {t} FORCE",
    "ALTER TABLE {t} ROW_FORMAT = DYNAMIC STATS_PERSISTENT = 1 STATS_AUTO_RECALC = 1",
    "ALTER TABLE {t} MAX_ROWS = 1000, MIN_ROWS = 10, AVG_ROW_LENGTH = 50",
    "ALTER TABLE {t} CHECKSUM = 1, DELAY_KEY_WRITE = 1, PACK_KEYS = 1",
    "ALTER TABLE {t} ORDER BY {:a}, {:b} DESC",
    "ALTER TABLE {t} CONVERT TO CHARACTER SET latin1",
    "ALTER TABLE {t} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    "ALTER TABLE {t} DEFAULT CHARACTER SET latin1",
    "ALTER TABLE {t} CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin",
    "ALTER TABLE {t} DISCARD TABLESPACE",
    "ALTER TABLE {t} ADD {:x} INT, ALGORITHM = COPY",
    "ALTER TABLE {t} ADD {:x} INT, ALGORITHM = INSTANT",
    // Partitions.
    "ALTER TABLE {u} RENAME COLUMN {:a} TO {:x} PARTITION BY HASH ({:id}) PARTITIONS 2",
    "ALTER TABLE {u} PARTITION BY RANGE ({:id}) (PARTITION p0 VALUES LESS THAN (100) COMMENT 'x', "
    "PARTITION p1 VALUES LESS THAN MAXVALUE)",
    "ALTER TABLE {p} REMOVE PARTITIONING",
    "ALTER TABLE {p} ADD PARTITION (PARTITION p2 VALUES LESS THAN (300))",
    "ALTER TABLE {p} DROP PARTITION p1",
    "ALTER TABLE {p} TRUNCATE PARTITION p0",
    "ALTER TABLE {p} TRUNCATE PARTITION ALL",
    "ALTER TABLE {p} REORGANIZE PARTITION p0, p1 INTO (PARTITION q VALUES LESS THAN (200))",
    "ALTER TABLE {p} EXCHANGE PARTITION p0 WITH TABLE {w}",
    "ALTER TABLE {p} ANALYZE PARTITION p0",
    "ALTER TABLE {p} CHECK PARTITION ALL",
    "ALTER TABLE {p} OPTIMIZE PARTITION p0",
    "ALTER TABLE {p} REBUILD PARTITION p0, p1",
    "ALTER TABLE {p} REPAIR PARTITION p0",
    "ALTER TABLE {h} COALESCE PARTITION 1",
    "ALTER TABLE {h} ADD PARTITION PARTITIONS 2",
    // CREATE.
    "CREATE TABLE {n} ({:id} INT PRIMARY KEY, {:a} VARCHAR(90) CHARACTER SET utf8mb4 DEFAULT {'} "
    "COMMENT {'})",
    "CREATE TABLE {e.n} ({:id} INT) COMMENT = {'} ENGINE = MyISAM",
    "CREATE TABLE IF NOT EXISTS {n} ({:id} INT)",
    "CREATE TABLE IF NOT EXISTS {t} ({:id} INT)",
    "CREATE TABLE {n} LIKE {t}",
    "CREATE TABLE {e.n} (LIKE {d.t})",
    "CREATE TABLE {n} AS SELECT * FROM {t}",
    "CREATE TABLE {n} ({:x} INT) SELECT {:a} FROM {t} WHERE {:b} <> {'}",
    "CREATE TABLE {n} (PRIMARY KEY ({:id})) IGNORE SELECT {:id}, {'} AS {:x} FROM {t}",
    "CREATE TABLE {n} ({:id} INT, {:a} INT, KEY {:x} ({:a}), CHECK ({:a} > 0), UNIQUE ({:id}), "
    "CONSTRAINT {:y} FOREIGN KEY ({:a}) REFERENCES {t} ({:id}))",
    "CREATE TABLE {n} ({:id} INT) PARTITION BY LIST ({:id}) (PARTITION p0 VALUES IN (1, 2))",
    "CREATE TABLE {n} ({:id} INT, {:a} INT AS ({:id} + 1)) DEFAULT CHARSET = latin1",
    "CREATE INDEX {:x} ON {t} ({:a})",
    "CREATE UNIQUE INDEX {:x} USING BTREE ON {d.t} ({:a} DESC, {:c}) COMMENT {'}",
    "CREATE INDEX {:x} ON {t} ({:a}) ALGORITHM = INPLACE LOCK = NONE",
    "CREATE OR REPLACE ALGORITHM = MERGE VIEW {n} AS SELECT {:a}, {'} AS {:x} FROM {t}",
    "ALTER VIEW {v} AS SELECT {:b} FROM {u}",
    "CREATE TRIGGER g BEFORE INSERT ON {t} FOR EACH ROW SET @a = {'}",
    "CREATE TEMPORARY TABLE {n} ({:id} INT)",
    "CREATE DATABASE {f}",
    "CREATE DATABASE IF NOT EXISTS {d}",
    "CREATE SCHEMA {f} DEFAULT CHARACTER SET latin1 COLLATE latin1_bin",
    "ALTER DATABASE {d} CHARACTER SET latin1",
    "ALTER DATABASE CHARACTER SET = latin1",
    "ALTER SCHEMA {e} DEFAULT COLLATE utf8mb4_bin",
    // DROP and TRUNCATE.
    "DROP INDEX k_b ON {t}",
    "DROP TABLE {t}",
    "DROP TABLE {t}, {d.u}",
    "DROP TABLE IF EXISTS {n}, {t} CASCADE",
    "DROP TABLES {d.t} RESTRICT",
    "DROP TABLE {p}, {t}",
    "DROP VIEW {v}",
    "DROP VIEW IF EXISTS {n}, {v}",
    "DROP DATABASE {d}",
    "DROP SCHEMA IF EXISTS {e}",
    "TRUNCATE {t}",
    "TRUNCATE TABLE {d.t}",
};

constexpr std::string_view kMysql[] = {
    "ALTER TABLE {t} ALTER INDEX k_b INVISIBLE",
    "ALTER TABLE {t} ALTER COLUMN {:a} SET INVISIBLE",
    "ALTER TABLE {t} ALTER {:a} SET DEFAULT (1 + 2)",
    "ALTER TABLE {t} ADD {:x} INT INVISIBLE",
    "ALTER TABLE {t} ADD CHECK ({:a} > 5) NOT ENFORCED",
    "ALTER TABLE {t} DROP CHECK chk",
    "ALTER TABLE {t} ALTER CONSTRAINT chk NOT ENFORCED",
    "ALTER TABLE {t} ALTER CHECK chk NOT ENFORCED",
    "ALTER TABLE {t} ADD {:x} INT AS (1) VIRTUAL, WITHOUT VALIDATION",
    "ALTER TABLE {t} ADD INDEX {:x} (({:a} + 1))",
    "ALTER TABLE {t} ENCRYPTION = 'N'",
    "ALTER TABLE {t} COMPRESSION = 'NONE'",
    "ALTER TABLE {t} TABLESPACE innodb_file_per_table",
    "ALTER TABLE {t} STATS_SAMPLE_PAGES = 10, AUTOEXTEND_SIZE = 0",
    "ALTER TABLE {p} EXCHANGE PARTITION p0 WITH TABLE {d.w} WITHOUT VALIDATION",
    "CREATE TABLE {n} ({:id} INT, {:x} JSON, {:y} INT DEFAULT (1 + 2))",
    "CREATE TABLE {n} TABLE {t}",
    "DROP INDEX k_b ON {d.t} ALGORITHM = INPLACE LOCK = NONE",
    "ALTER DATABASE {d} ENCRYPTION = 'N'",
};

constexpr std::string_view kMariadb[] = {
    "ALTER TABLE {t} CHANGE {:t.a} {:x} INT",
    "ALTER TABLE {t} CHANGE COLUMN {:d.t.a} {:t.x} INT",
    "ALTER TABLE {t} CHANGE {:a} {:d.t.x} INT, COMMENT {'}",
    "ALTER TABLE {t} MODIFY {:t.a} BIGINT, ADD {:t.x} INT",
    "ALTER IGNORE TABLE {t} ADD UNIQUE ({:a})",
    "ALTER ONLINE TABLE {t} ADD {:x} INT",
    "ALTER TABLE IF EXISTS {t} RENAME COLUMN {:a} TO {:x}",
    "ALTER TABLE {t} WAIT 5 ADD {:x} INT",
    "ALTER TABLE {t} NOWAIT ADD {:x} INT",
    "ALTER TABLE {t} ADD COLUMN IF NOT EXISTS {:x} INT",
    "ALTER TABLE {t} ADD COLUMN IF NOT EXISTS {:a} BIGINT, CHANGE {:b} {:x} INT",
    "ALTER TABLE {t} DROP COLUMN IF EXISTS {:x}, DROP COLUMN IF EXISTS {:a}",
    "ALTER TABLE {t} MODIFY COLUMN IF EXISTS {:a} BIGINT",
    "ALTER TABLE {t} CHANGE COLUMN IF EXISTS {:a} {:x} INT",
    "ALTER TABLE {t} CHANGE COLUMN IF EXISTS {:x} {:y} INT, ADD {:z} INT",
    "ALTER TABLE {t} RENAME COLUMN IF EXISTS {:a} TO {:x}",
    "ALTER TABLE {t} ADD INDEX IF NOT EXISTS k_b ({:b}), ADD {:x} INT",
    "ALTER TABLE {t} DROP INDEX IF EXISTS k_b",
    "ALTER TABLE {t} RENAME INDEX IF EXISTS k_b TO k_c",
    "ALTER TABLE {t} ALTER INDEX k_b IGNORED",
    "ALTER TABLE {t} DROP CONSTRAINT IF EXISTS chk",
    "ALTER TABLE {t} ADD {:x} INT INVISIBLE",
    "ALTER TABLE {t} ADD {:x} INT AS ({:a} + 1) PERSISTENT",
    "ALTER TABLE {t} ADD SYSTEM VERSIONING",
    "ALTER TABLE {y} DROP SYSTEM VERSIONING",
    "ALTER TABLE {p} CONVERT PARTITION p1 TO TABLE {n}",
    "ALTER TABLE {p} CONVERT TABLE {w} TO PARTITION p2 VALUES LESS THAN (300)",
    "ALTER TABLE {t} PAGE_COMPRESSED = 1",
    "SET STATEMENT lock_wait_timeout = 5 FOR ALTER TABLE {t} RENAME COLUMN {:a} TO {:x}",
    "RENAME TABLE {t} WAIT 5 TO {n}",
    "RENAME TABLE IF EXISTS {t} NOWAIT TO {n}, {n} TO {e.n}",
    "CREATE OR REPLACE TABLE {t} ({:id} INT) COMMENT {'}",
    "CREATE OR REPLACE TABLE {n} LIKE {t}",
    "CREATE OR REPLACE TABLE {u} AS SELECT * FROM {t}",
    "CREATE TABLE {n} ({:id} INT) WITH SYSTEM VERSIONING",
    "CREATE SEQUENCE {n} START WITH 5",
    "CREATE OR REPLACE SEQUENCE {s} INCREMENT BY 2",
    "ALTER SEQUENCE {s} RESTART 50",
    "DROP SEQUENCE {s}",
    "CREATE INDEX IF NOT EXISTS {:x} ON {t} ({:a}) WAIT 5",
    "DROP INDEX IF EXISTS k_b ON {t}",
    "CREATE OR REPLACE INDEX k_b ON {t} ({:c})",
    "CREATE OR REPLACE DATABASE {e}",
    "CREATE DATABASE {f} COMMENT {'}",
    "ALTER DATABASE {d} COMMENT = {'}",
    "DROP TABLE {t} WAIT 5",
    "DROP TEMPORARY TABLE IF EXISTS {t}",
    "TRUNCATE TABLE {t} WAIT 5",
    "TRUNCATE {d.t} NOWAIT",
};

template <size_t kCount>
void Append(std::vector<std::string_view>& to, const std::string_view (&from)[kCount]) {
  to.insert(to.end(), std::begin(from), std::end(from));
}

}  // namespace

std::vector<std::string_view> ClausesOf(Flavour flavour) {
  std::vector<std::string_view> clauses;
  Append(clauses, kBoth);
  if (flavour == Flavour::kMysql) {
    Append(clauses, kMysql);
  } else {
    Append(clauses, kMariadb);
  }
  return clauses;
}

}  // namespace millrace::testing
