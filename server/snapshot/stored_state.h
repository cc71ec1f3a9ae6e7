// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "millrace/storage/v1/snapshot.pb.h"
#include "snapshot/job_status.h"

namespace millrace::snapshot {

using StoredJob = storage::v1::StoredSnapshot;
using Progress = storage::v1::StoredSnapshotTable;

inline JobState StateOf(const StoredJob& job) { return static_cast<JobState>(job.state()); }
inline void SetState(JobState state, StoredJob& job) {
  job.set_state(static_cast<uint32_t>(state));
}

inline TableState StateOf(const Progress& table) { return static_cast<TableState>(table.state()); }
inline void SetState(TableState state, Progress& table) {
  table.set_state(static_cast<uint32_t>(state));
}

}  // namespace millrace::snapshot
