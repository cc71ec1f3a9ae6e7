// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "api/serving_threads.h"
#include "api/snapshot_start.h"
#include "api/stream_list.h"
#include "base/clock.h"
#include "feed/disk_readers.h"
#include "feed/feed.h"
#include "feed/row_types.h"

namespace millrace::api {

// How current the log is: it has everything that the source committed before this time.
using SourceTime = std::function<Micros()>;

// Shared by all streams; outlives them.
struct StreamParts {
  feed::Feed& feed;
  feed::RowTypes& row_types;
  ServingThreads& threads;
  feed::DiskReaders& disk;
  StreamList& streams;
  const Clock& clock;
  SourceTime source_time;
  SnapshotParts snapshots;
};

}  // namespace millrace::api
