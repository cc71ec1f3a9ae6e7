// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/source_server.h"
#include "support/sql_session.h"
#include "system/snapshot_tables.h"

namespace millrace::testing {

// A session for writing test rows; its settings do not depend on the machine.
SqlSession WritingSession(const SourceServer& source);

// Creates the table and inserts rows 0 to rows - 1. Only the CREATE is in the binlog.
void FillTable(SqlSession& sql, const SnapshotTableSpec& table, uint64_t rows);

// One session that makes random changes. The seed determines them, except for effects of other
// sessions. Statements may fail because of a duplicate key or a deadlock; that is part of the load.
class RandomChanges {
 public:
  // Keys come from numbers below `numbers`.
  RandomChanges(SqlSession session, std::vector<SnapshotTableSpec> tables, uint64_t numbers,
                uint64_t seed);
  // Runs one transaction.
  void Step();
  uint64_t statements() const { return statements_; }
  uint64_t failures() const { return failures_; }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool Chance(uint64_t percent) { return Below(100) < percent; }
  const SnapshotTableSpec& AnyTable() { return tables_[Below(tables_.size())]; }
  bool Run(const std::string& sql);
  void RunTransaction();
  void RunXa();
  // A random statement on a table; its rows need not exist.
  std::string Statement(const SnapshotTableSpec& table);
  std::string KeylessStatement(const SnapshotTableSpec& table);
  std::string Insert(const SnapshotTableSpec& table, const std::string& verb);
  std::string UpdateRange(const SnapshotTableSpec& table);

  SqlSession session_;
  const std::vector<SnapshotTableSpec> tables_;
  const uint64_t numbers_;
  std::mt19937_64 random_;
  uint64_t statements_ = 0;
  uint64_t failures_ = 0;
  uint64_t xids_ = 0;
  const std::string name_;
};

// Several such sessions, one thread each, from construction to Stop.
class SnapshotLoad {
 public:
  struct Options {
    std::vector<SnapshotTableSpec> tables;
    uint64_t numbers = 1000;
    uint64_t seed = 1;
    int sessions = 4;
    // Wait after each transaction; zero: full speed.
    std::chrono::milliseconds pause{0};
  };
  SnapshotLoad(const SourceServer& source, const Options& options);
  ~SnapshotLoad();
  // Ends all sessions. Idempotent.
  void Stop();
  // Call it after Stop.
  uint64_t statements() const;
  uint64_t failures() const;

 private:
  std::atomic<bool> stopped_{false};
  std::vector<RandomChanges> sessions_;
  std::vector<std::thread> threads_;
};

}  // namespace millrace::testing
