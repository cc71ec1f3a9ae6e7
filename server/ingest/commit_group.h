// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "model/sequence.h"
#include "transcode/frame_builder.h"

namespace millrace::ingest {

// What goes to disk together. Steps are taken in the order of the members.
struct CommitGroup {
  bool drop_staged = false;                   // the transaction they were of was taken back
  std::vector<transcode::BuiltFrame> frames;  // of ended transactions
  std::vector<log::Record> records;           // what must be on disk with `frames`
  uint32_t schema_steps = 0;                  // calls of Registry::TakeUnstored behind `records`
  uint32_t coverage_steps = 0;                // calls of Coverage::TakeUnstored behind them
  // Set if the group ends on a place between transactions; without it nothing becomes visible, and
  // there are neither `frames` nor `records`.
  std::optional<std::string> source_position;  // binary SourcePosition
  std::string source_memory;                   // binary SourceMemory that belongs to it
  Sequence newest;
  Micros commit_time_max = 0;
  std::vector<transcode::BuiltFrame> staged;  // behind `frames`, of a transaction that goes on
};

// Bytes of its frames and records.
size_t BytesOf(const CommitGroup& group);

// Adds the group that follows `to` to it, if one write can do what both ask for. False: it cannot,
// and neither has changed. Frames that were to be staged go with the end of their transaction, if
// that is in `from`.
bool Merge(CommitGroup& to, CommitGroup& from);

}  // namespace millrace::ingest
