// SPDX-License-Identifier: Apache-2.0

#include "system/snapshot_load.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

constexpr uint64_t kRowsPerStatement = 500;
constexpr int kVariants = 4;

// Equal rows are common in a table without a key.
uint64_t KeylessSalt(uint64_t number) { return number % 300 * 7; }

}  // namespace

SqlSession WritingSession(const SourceServer& source) {
  SqlSession session = source.MustConnect();
  session.MustExecute("SET time_zone = '+00:00', innodb_lock_wait_timeout = 2");
  return session;
}

void FillTable(SqlSession& sql, const SnapshotTableSpec& table, uint64_t rows) {
  sql.MustExecute("CREATE DATABASE IF NOT EXISTS shop");
  sql.MustExecute(table.CreateStatement());
  sql.MustExecute("SET sql_log_bin = 0");
  for (uint64_t first = 0; first < rows; first += kRowsPerStatement) {
    std::string values;
    for (uint64_t row = first; row < std::min(rows, first + kRowsPerStatement); ++row) {
      const uint64_t salt = table.key.empty() ? KeylessSalt(row) : row * 7 + first;
      values += fmt::format("{}{}", row == first ? "" : ",", table.Values(row, 0, salt));
    }
    sql.MustExecute(fmt::format("INSERT INTO {} ({}) VALUES {}", table.FullName(),
                                table.InsertColumns(), values));
  }
  sql.MustExecute("SET sql_log_bin = 1");
}

RandomChanges::RandomChanges(SqlSession session, std::vector<SnapshotTableSpec> tables,
                             uint64_t numbers, uint64_t seed)
    : session_(std::move(session)),
      tables_(std::move(tables)),
      numbers_(numbers),
      random_(seed),
      name_(fmt::format("s{}", seed)) {}

void RandomChanges::Step() {
  const uint64_t kind = Below(100);
  if (kind < 65) {
    Run(Statement(AnyTable()));
  } else if (kind < 98) {
    RunTransaction();
  } else {
    RunXa();
  }
}

bool RandomChanges::Run(const std::string& sql) {
  ++statements_;
  const bool ok = session_.Execute(sql).ok();
  failures_ += ok ? 0 : 1;
  return ok;
}

void RandomChanges::RunTransaction() {
  Run("BEGIN");
  const uint64_t length = Chance(10) ? 40 : 2 + Below(6);
  bool saved = false;
  for (uint64_t i = 0; i < length; ++i) {
    const SnapshotTableSpec& table = AnyTable();
    if (!table.key.empty() && Chance(20)) {
      // Removes and restores a row within one transaction.
      const uint64_t number = Below(numbers_);
      Run(fmt::format("DELETE FROM {} WHERE {}", table.FullName(), table.Where(number)));
      Run(fmt::format("INSERT INTO {} ({}) VALUES {}", table.FullName(), table.InsertColumns(),
                      table.Values(number, static_cast<int>(Below(kVariants)), random_())));
    } else {
      Run(Statement(table));
    }
    if (Chance(10)) {
      Run(saved ? "ROLLBACK TO SAVEPOINT here" : "SAVEPOINT here");
      saved = true;
    }
  }
  Run(Chance(20) ? "ROLLBACK" : "COMMIT");
}

void RandomChanges::RunXa() {
  const std::string xid = fmt::format("'{}-{}'", name_, ++xids_);
  Run("XA START " + xid);
  for (uint64_t i = 0; i < 2; ++i) Run(Statement(AnyTable()));
  Run("XA END " + xid);
  // After a deadlock, which has already rolled back, the first statement fails as expected.
  if (!Run(fmt::format("XA COMMIT {} ONE PHASE", xid))) Run("XA ROLLBACK " + xid);
}

std::string RandomChanges::Statement(const SnapshotTableSpec& table) {
  if (table.key.empty()) return KeylessStatement(table);
  const uint64_t number = Below(numbers_);
  const std::string where = table.Where(number);
  const uint64_t kind = Below(100);
  if (kind < 35) {
    return fmt::format("UPDATE {} SET {} WHERE {}", table.FullName(), CommonAssignments(random_()),
                       where);
  }
  if (kind < 50) return Insert(table, "INSERT");
  if (kind < 65) return fmt::format("DELETE FROM {} WHERE {}", table.FullName(), where);
  if (kind < 77) {
    return fmt::format("UPDATE {} SET {} WHERE {}", table.FullName(),
                       table.Assignments(Below(numbers_)), where);
  }
  if (kind < 85) {
    // Changes the key to other bytes that the collation considers equal.
    return fmt::format("UPDATE {} SET {}, n = n + 1 WHERE {}", table.FullName(),
                       table.Assignments(number, static_cast<int>(Below(kVariants))), where);
  }
  if (kind < 91) return Insert(table, "REPLACE");
  if (kind < 96) return Insert(table, "INSERT") + " ON DUPLICATE KEY UPDATE n = n + 3";
  return UpdateRange(table);
}

std::string RandomChanges::KeylessStatement(const SnapshotTableSpec& table) {
  const uint64_t salt = KeylessSalt(random_());
  const uint64_t kind = Below(3);
  if (kind == 0) {
    return fmt::format("INSERT INTO {} ({}) VALUES {}", table.FullName(), table.InsertColumns(),
                       table.Values(0, 0, salt));
  }
  const std::string where = fmt::format("WHERE n = {} LIMIT 1", salt);
  if (kind == 1) return fmt::format("DELETE FROM {} {}", table.FullName(), where);
  return fmt::format("UPDATE {} SET n = n + 7 {}", table.FullName(), where);
}

std::string RandomChanges::Insert(const SnapshotTableSpec& table, const std::string& verb) {
  return fmt::format("{} INTO {} ({}) VALUES {}", verb, table.FullName(), table.InsertColumns(),
                     table.Values(Below(numbers_), static_cast<int>(Below(kVariants)), random_()));
}

std::string RandomChanges::UpdateRange(const SnapshotTableSpec& table) {
  const std::string& column = table.key.front();
  return fmt::format("UPDATE {0} SET n = n + 1 WHERE {1} >= {2} ORDER BY {1} LIMIT 20",
                     table.FullName(), column, table.literals(Below(numbers_), 0).front());
}

SnapshotLoad::SnapshotLoad(const SourceServer& source, const Options& options) {
  for (int i = 0; i < options.sessions; ++i) {
    sessions_.emplace_back(WritingSession(source), options.tables, options.numbers,
                           options.seed * 1000 + static_cast<uint64_t>(i));
  }
  for (RandomChanges& session : sessions_) {
    threads_.emplace_back([this, &session, pause = options.pause] {
      while (!stopped_.load()) {
        session.Step();
        if (pause.count() > 0) std::this_thread::sleep_for(pause);
      }
    });
  }
}

SnapshotLoad::~SnapshotLoad() { Stop(); }

void SnapshotLoad::Stop() {
  stopped_.store(true);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

uint64_t SnapshotLoad::statements() const {
  uint64_t sum = 0;
  for (const RandomChanges& session : sessions_) sum += session.statements();
  return sum;
}

uint64_t SnapshotLoad::failures() const {
  uint64_t sum = 0;
  for (const RandomChanges& session : sessions_) sum += session.failures();
  return sum;
}

}  // namespace millrace::testing
