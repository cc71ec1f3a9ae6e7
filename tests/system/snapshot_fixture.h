// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "system/snapshot_harness.h"

namespace millrace::testing {

// A source with database `shop`, and a feed that the test starts.
class SnapshotShop {
 public:
  explicit SnapshotShop(Flavour flavour, std::vector<std::string> source_options = {});

  SourceServer& source() { return *source_; }
  SqlSession& sql() { return sql_; }
  FeedServer& feed() { return *feed_; }
  SnapshotAdmin& admin() { return *admin_; }
  SnapshotTableSpec Table(const std::string& name) const {
    return name == "keyless" ? KeylessTable() : KeyedTable(source_->flavour(), name);
  }
  // Creates the table with `rows` rows.
  void Fill(const std::string& name, uint64_t rows) { FillTable(sql_, Table(name), rows); }
  // Starts the feed with these lines in section `snapshot`.
  void StartFeed(std::vector<std::string> lines,
                 std::vector<std::string> tables = {"shop.*", kMarkerTables},
                 std::vector<std::string> source = {});
  // Restarts the feed with other tables and additional lines in section `source`.
  void RestartFeed(std::vector<std::string> tables, std::vector<std::string> source = {});
  // Changes rows of the tables until the result goes out of scope.
  std::unique_ptr<SnapshotLoad> Write(const std::vector<std::string>& names, uint64_t numbers,
                                      std::chrono::milliseconds pause = {});

  // Replays the feed from EARLIEST and compares it with the source. Returns the number of READs.
  uint64_t ExpectFeedEqualsSource(const std::vector<std::string>& names);
  // The same for a feed from SNAPSHOT.
  void ExpectSnapshotEqualsSource(const std::vector<std::string>& names);
  // All changes of the feed from EARLIEST.
  std::vector<SeenChange> AllChanges() { return ChangeReader(*feed_).ReadAll(sql_); }
  // The READs of one table among them.
  std::vector<SeenRow> RowsRead(const std::string& table);

 private:
  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  std::vector<std::string> snapshot_lines_;
  std::unique_ptr<FeedServer> feed_;
  std::optional<SnapshotAdmin> admin_;
};

// `rows_per_second` and small chunks: slow enough to act during the snapshot.
std::vector<std::string> SlowSnapshot(uint64_t rows_per_second,
                                      const std::string& mode = "initial");

}  // namespace millrace::testing
