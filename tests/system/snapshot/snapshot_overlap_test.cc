// SPDX-License-Identifier: Apache-2.0

// Rows read from tables fit together with concurrent changes: a subscriber that applies both in log
// order has the source's rows, at every change.
//
// MILLRACE_SNAPSHOT_SEEDS: runs of each combination. MILLRACE_SNAPSHOT_ROWS: rows of all tables.
// MILLRACE_SNAPSHOT_FIRST_SEED: the first seed, to repeat one run.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <ostream>

#include "system/snapshot_harness.h"

namespace millrace::testing {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t default_value) {
  const char* text = std::getenv(name);
  return text == nullptr ? default_value : std::strtoull(text, nullptr, 10);
}

struct Combination {
  Flavour flavour;
  bool gtids;
  bool crashes;
};

void PrintTo(const Combination& combination, std::ostream* stream) {
  *stream << FlavourName(combination.flavour) << (combination.gtids ? "" : "_by_position")
          << (combination.crashes ? "_with_crashes" : "");
}

class SnapshotOverlap : public ::testing::TestWithParam<Combination> {
 protected:
  static void RunSeeds(SnapshotHarness& harness) {
    const uint64_t first = FromEnvironment("MILLRACE_SNAPSHOT_FIRST_SEED", 1);
    const uint64_t seeds = FromEnvironment("MILLRACE_SNAPSHOT_SEEDS", 1);
    for (uint64_t seed = first; seed < first + seeds && !HasFailure(); ++seed) {
      harness.Snapshot({.seed = seed, .crashes = GetParam().crashes});
    }
  }
};

TEST_P(SnapshotOverlap, ReplayedFeedEqualsSource) {
  // MySQL without GTIDs is slower: rows touched within snapshot.settle_time are read again.
  const bool slow = GetParam().flavour == Flavour::kMysql && !GetParam().gtids;
  SnapshotHarness harness(
      {.flavour = GetParam().flavour,
       .gtids = GetParam().gtids,
       .tables = KeyedTables(GetParam().flavour),
       .rows = FromEnvironment("MILLRACE_SNAPSHOT_ROWS", slow ? 8000 : 20'000)});
  RunSeeds(harness);
}

INSTANTIATE_TEST_SUITE_P(Sources, SnapshotOverlap,
                         ::testing::Values(Combination{Flavour::kMysql, true, false},
                                           Combination{Flavour::kMysql, true, true},
                                           Combination{Flavour::kMysql, false, true},
                                           Combination{Flavour::kMariadb, true, false},
                                           Combination{Flavour::kMariadb, false, true}),
                         ::testing::PrintToStringParamName());

class KeylessOverlap : public SnapshotOverlap {};

// Reading needs a moment without writes to the table. On MySQL without GTIDs this moment must be as
// long as snapshot.settle_time, which these writers do not allow.
TEST_P(KeylessOverlap, ReplayedFeedEqualsSource) {
  SnapshotHarness harness({.flavour = GetParam().flavour,
                           .gtids = GetParam().gtids,
                           .tables = {KeylessTable(), KeyedTable(GetParam().flavour, "pair")},
                           .rows = 4000,
                           .pause = std::chrono::milliseconds(50)});
  RunSeeds(harness);
}

INSTANTIATE_TEST_SUITE_P(Sources, KeylessOverlap,
                         ::testing::Values(Combination{Flavour::kMysql, true, false},
                                           Combination{Flavour::kMariadb, true, true}),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
