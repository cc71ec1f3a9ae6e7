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

// Replays feeds into models and compares these with the source.

// A model of the tables. The server must know their definitions.
SnapshotModel ModelOf(FeedServer& feed, const std::vector<SnapshotTableSpec>& tables);
// Applies the changes of the request until the stream ends (until_token) or `model` has violations.
// Changes up to `complete`, if given, may concern unknown rows.
void ReplayInto(SnapshotModel& model, FeedServer& feed, v1::SubscribeRequest request,
                std::optional<uint64_t> complete = std::nullopt);
// The first few differences between the model's rows of a table and the source's; empty if there
// are none.
std::vector<std::string> Differences(const SnapshotModel& model, FeedServer& feed, SqlSession& sql,
                                     const SnapshotTableSpec& table);
// All changes of the row with the first violation of `model`, one line each.
std::string HistoryOfViolation(const SnapshotModel& model, FeedServer& feed);

// A source with filled tables, for any number of runs.
class SnapshotHarness {
 public:
  struct SourceOptions {
    Flavour flavour = Flavour::kMysql;
    bool gtids = true;
    std::vector<SnapshotTableSpec> tables;
    uint64_t rows = 20'000;  // in all tables together
    // The wait of each session after a transaction.
    std::chrono::milliseconds pause{0};
  };
  struct Run {
    uint64_t seed = 1;
    bool crashes = false;
  };
  explicit SnapshotHarness(const SourceOptions& options);

  // Reads all tables by a snapshot while sessions change them, replays the feed and compares.
  // Reports non-fatal GoogleTest failures. Prints a line of statistics.
  void Snapshot(const Run& run);

  SourceServer& source() { return *source_; }
  SqlSession& sql() { return sql_; }

 private:
  struct Statistics;

  uint64_t numbers() const { return options_.rows / options_.tables.size() * 5 / 4; }
  // Sets the settings of the source that depend on the seed.
  void SetSource(uint64_t seed);
  FeedServerOptions FeedOptions(uint64_t seed);
  void CrashDuringSnapshot(FeedServer& feed, SnapshotAdmin& admin, const Run& run,
                           Statistics& figures);
  void Verify(FeedServer& feed, const std::vector<v1::Snapshot>& snapshots, Statistics& figures);
  void ExpectCountsOf(const FeedServer& feed, const SnapshotModel& model,
                      const std::vector<v1::Snapshot>& snapshots);
  void Print(const Run& run, const Statistics& figures) const;

  const SourceOptions options_;
  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
};

}  // namespace millrace::testing
