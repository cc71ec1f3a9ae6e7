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

// Data that goes to disk together. Its parts are applied in the order of the members.
struct CommitGroup {
  bool drop_staged = false;  // first drop the staged frames of a rolled-back transaction
  std::vector<transcode::BuiltFrame> frames;  // of finished transactions
  std::vector<log::Record> records;           // records that belong to `frames`
  uint32_t schema_steps = 0;                  // calls of Registry::TakeUnstored that made `records`
  uint32_t coverage_steps = 0;                // calls of Coverage::TakeUnstored that made `records`
  // Set if the group ends at a position between transactions. Without it nothing becomes visible,
  // and `frames` and `records` are empty.
  std::optional<std::string> source_position;  // binary SourcePosition
  std::string source_memory;                   // binary SourceMemory for that position
  Sequence newest;
  Micros commit_time_max = 0;
  std::vector<transcode::BuiltFrame> staged;  // of the unfinished transaction after `frames`
};

// Bytes of the group's frames and records.
size_t BytesOf(const CommitGroup& group);

// Appends `from`, the next group, to `to` if one write can do the work of both. Otherwise returns
// false and changes neither. If `from` ends the transaction whose frames `to` would stage, these
// frames become ordinary ones.
bool Merge(CommitGroup& to, CommitGroup& from);

}  // namespace millrace::ingest
