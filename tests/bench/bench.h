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

// How much of everything is measured.
struct Load {
  int runs = 3;
  uint64_t bulk_rows = 1'000'000;  // inserted, and then updated
  uint64_t single_transactions = 300'000;
  uint64_t big_rows = 10'000'000;      // in one transaction
  uint64_t deliveries = 40'000'000;    // of a fan-out
  uint64_t raw_bytes = 8'000'000'000;  // of a limit
  int rate = 1'000;                    // transactions a second where latency is measured
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

// What the subjects share: a source, backlogs made when the first one asks, servers that read them.
class Bench {
 public:
  explicit Bench(const Load& load) : load_(load) {}

  const Load& load() const { return load_; }
  BacklogSource& source() { return source_; }
  const Backlog& bulk();
  const Backlog& single();

  // One that has the bulk backlog in its log and was started anew by this call: nothing is in its
  // memory, though the machine may have the files in its page cache. Whoever asked stops it.
  FeedServer& StartWithBulkOnDisk();

 private:
  const Load load_;
  BacklogSource source_;
  std::optional<Backlog> bulk_;
  std::optional<Backlog> single_;
  std::unique_ptr<FeedServer> bulk_on_disk_;
};

// Newest sequence of the log; ends the benchmark if the server has stopped reading.
uint64_t NewestOf(FeedServer& feed);
// Waits until the log holds `rows`: its newest sequence then.
uint64_t WaitForRows(FeedServer& feed, uint64_t rows);
// Bytes of all files of the log but the ballast, now, and once they have not changed for three
// seconds.
double BytesOnDisk(const FeedServer& feed);
double SettledBytesOnDisk(const FeedServer& feed);

// The subjects. Each adds its figures, of load().runs runs, with the limits beside them.
void MeasureIngest(Bench& bench, Report& report);
void MeasureCatchup(Bench& bench, Report& report);
void MeasureFanout(Bench& bench, Report& report);
void MeasureLatency(Bench& bench, Report& report);
void MeasureMemory(Bench& bench, Report& report);
void MeasureRestart(Bench& bench, Report& report);

}  // namespace millrace::testing
