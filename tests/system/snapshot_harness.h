// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/source_server.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/snapshot_admin.h"
#include "system/snapshot_load.h"
#include "system/snapshot_model.h"
#include "system/snapshot_tables.h"

namespace millrace::testing {

// Reads feeds into models and compares them with the source.

// A model of the tables, whose definitions the server must know by now.
SnapshotModel ModelOf(FeedServer& feed, const std::vector<SnapshotTableSpec>& tables);
// Applies what the request gives until the stream ends (until_token) or `model` has violations.
// Changes up to `complete`, if given, may be of rows that are not known yet.
void ReplayInto(SnapshotModel& model, FeedServer& feed, v1::SubscribeRequest request,
                std::optional<uint64_t> complete = std::nullopt);
// Differences between the model's rows of a table and the source's, the first few in words; empty:
// they are the same.
std::vector<std::string> Differences(const SnapshotModel& model, FeedServer& feed, SqlSession& sql,
                                     const SnapshotTableSpec& table);
// All changes of the row in which the first violation of `model` was found, one line each.
std::string HistoryOfViolation(const SnapshotModel& model, FeedServer& feed);

// A source with tables that are full, for any number of runs.
class SnapshotHarness {
 public:
  struct SourceOptions {
    Flavour flavour = Flavour::kMysql;
    bool gtids = true;
    std::vector<SnapshotTableSpec> tables;
    uint64_t rows = 20'000;  // of all tables together
    // The sessions' wait after each transaction.
    std::chrono::milliseconds pause{0};
  };
  struct Run {
    uint64_t seed = 1;
    bool crashes = false;
  };
  explicit SnapshotHarness(const SourceOptions& options);

  // Snapshots all tables while sessions change them, replays the feed and compares. Failures are
  // GoogleTest's, none fatal. Prints a line of figures.
  void Snapshot(const Run& run);

  SourceServer& source() { return *source_; }
  SqlSession& sql() { return sql_; }

 private:
  struct Statistics;

  uint64_t numbers() const { return options_.rows / options_.tables.size() * 5 / 4; }
  // What a seed decides of the source and the server.
  void SetSource(uint64_t seed);
  FeedServerOptions FeedOptions(uint64_t seed);
  void CrashOnTheWay(FeedServer& feed, SnapshotAdmin& admin, const Run& run, Statistics& figures);
  void Verify(FeedServer& feed, const std::vector<v1::Snapshot>& snapshots, Statistics& figures);
  void ExpectCountsOf(const FeedServer& feed, const SnapshotModel& model,
                      const std::vector<v1::Snapshot>& snapshots);
  void Print(const Run& run, const Statistics& figures) const;

  const SourceOptions options_;
  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
};

}  // namespace millrace::testing
