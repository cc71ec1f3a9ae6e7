// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>

#include "base/clock.h"
#include "model/binlog_place.h"
#include "snapshot/stream_access.h"
#include "transcode/frame_builder.h"

namespace millrace::snapshot {

// The transaction header of READs: the binlog place whose state the rows show, and the time at
// which the log takes them, which is not a commit time. `place` must outlive the header.
inline transcode::TransactionHeader HeaderOfReads(const StreamAccess& stream,
                                                  const BinlogPlace& place, const Clock& clock) {
  return {.gtid = {},
          .commit_time = std::max(stream.commit_time(), clock.WallMicros()),
          .server_id = stream.server_id(),
          .file = place.file,
          .position = place.offset};
}

}  // namespace millrace::snapshot
