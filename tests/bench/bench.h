// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bench/backlog.h"
#include "bench/report.h"
#include "system/feed_server.h"

namespace millrace::testing {

// Size of each measurement.
struct Load {
  int runs = 3;
  uint64_t bulk_rows = 1'000'000;  // inserted, and then updated
  uint64_t single_transactions = 300'000;
  uint64_t big_rows = 10'000'000;      // in one transaction
  uint64_t deliveries = 40'000'000;    // of a fan-out
  uint64_t raw_bytes = 8'000'000'000;  // of a limit
  int rate = 1'000;                    // transactions per second for latencies
  int latency_seconds = 10;
  int idle_seconds = 10;
  int idle_count = 10;

  static Load Quick() {
    return {.runs = 1,
            .bulk_rows = 200'000,
            .single_transactions = 50'000,
            .big_rows = 1'000'000,
            .deliveries = 10'000'000,
            .raw_bytes = 2'000'000'000,
            .rate = 1'000,
            .latency_seconds = 3,
            .idle_seconds = 3,
            .idle_count = 5};
  }
};

// Shared by the subjects: a source, backlogs that are made on first use, servers that read them.
class Bench {
 public:
  explicit Bench(const Load& load) : load_(load) {}

  const Load& load() const { return load_; }
  BacklogSource& source() { return source_; }
  const Backlog& bulk();
  const Backlog& single();

  // Returns a restarted server with the bulk backlog in its log: its memory is empty, though the
  // files may be in the page cache. The caller stops it.
  FeedServer& StartWithBulkOnDisk();

 private:
  const Load load_;
  BacklogSource source_;
  std::optional<Backlog> bulk_;
  std::optional<Backlog> single_;
  std::unique_ptr<FeedServer> bulk_on_disk_;
};

// Returns the newest sequence of the log. Ends the benchmark if the server has stopped reading.
uint64_t NewestOf(FeedServer& feed);
// Waits until the log has `rows` and returns its newest sequence.
uint64_t WaitForRows(FeedServer& feed, uint64_t rows);
// Bytes of all files of the log except the ballast: now, and after three seconds without a change.
double BytesOnDisk(const FeedServer& feed);
double SettledBytesOnDisk(const FeedServer& feed);

// The subjects. Each adds its figures and limits of load().runs runs.
void MeasureIngest(Bench& bench, Report& report);
void MeasureCatchup(Bench& bench, Report& report);
void MeasureFanout(Bench& bench, Report& report);
void MeasureLatency(Bench& bench, Report& report);
void MeasureMemory(Bench& bench, Report& report);
void MeasureRestart(Bench& bench, Report& report);

}  // namespace millrace::testing
