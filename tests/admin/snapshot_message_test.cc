// SPDX-License-Identifier: Apache-2.0

// The API message for a snapshot.

#include "admin/snapshot_message.h"

#include <gtest/gtest.h>

#include <utility>

namespace millrace::admin {
namespace {

using snapshot::JobState;
using snapshot::JobStatus;
using snapshot::TableState;

TEST(SnapshotMessage, HasTheStateOfTheSnapshot) {
  for (const auto& [state, shown] :
       {std::pair(JobState::kRunning, v1::Snapshot::STATE_RUNNING),
        std::pair(JobState::kPaused, v1::Snapshot::STATE_PAUSED),
        std::pair(JobState::kDone, v1::Snapshot::STATE_DONE),
        std::pair(JobState::kCanceled, v1::Snapshot::STATE_CANCELED)}) {
    JobStatus status;
    status.state = state;
    EXPECT_EQ(SnapshotMessage(status).state(), shown);
  }
}

TEST(SnapshotMessage, HasTheStateOfEachTable) {
  JobStatus status;
  for (const TableState state : {TableState::kWaiting, TableState::kReading, TableState::kDone,
                                 TableState::kGone, TableState::kFailed}) {
    status.tables.emplace_back().state = state;
  }
  const v1::Snapshot message = SnapshotMessage(status);
  ASSERT_EQ(message.tables_size(), 5);
  EXPECT_EQ(message.tables(0).state(), v1::SnapshotTable::STATE_WAITING);
  EXPECT_EQ(message.tables(1).state(), v1::SnapshotTable::STATE_READING);
  EXPECT_EQ(message.tables(2).state(), v1::SnapshotTable::STATE_DONE);
  EXPECT_EQ(message.tables(3).state(), v1::SnapshotTable::STATE_GONE);
  EXPECT_EQ(message.tables(4).state(), v1::SnapshotTable::STATE_FAILED);
}

TEST(SnapshotMessage, OmitsUnknownValues) {
  JobStatus status;
  status.create_time = 1'500'000;
  v1::Snapshot message = SnapshotMessage(status);
  EXPECT_EQ(message.create_time().seconds(), 1);
  EXPECT_FALSE(message.has_end_time());
  EXPECT_FALSE(message.has_remaining());
  status.end_time = 2'000'000;
  status.seconds_left = 0;
  message = SnapshotMessage(status);
  EXPECT_EQ(message.end_time().seconds(), 2);
  EXPECT_TRUE(message.has_remaining());
}

}  // namespace
}  // namespace millrace::admin
