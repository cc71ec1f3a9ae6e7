// SPDX-License-Identifier: Apache-2.0

#include "ingest/commit_group.h"

#include <iterator>
#include <utility>

namespace millrace::ingest {
namespace {

template <typename T>
void Append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

size_t BytesOf(const CommitGroup& group) {
  size_t bytes = 0;
  for (const log::Record& record : group.records) {
    bytes += record.key.size() + (record.value.has_value() ? record.value->size() : 0);
  }
  for (const transcode::BuiltFrame& frame : group.frames) bytes += frame.bytes.size();
  for (const transcode::BuiltFrame& frame : group.staged) bytes += frame.bytes.size();
  return bytes;
}

bool Merge(CommitGroup& to, CommitGroup& from) {
  // The frames that are staged on disk must be dropped before new ones are added.
  if (from.drop_staged) return false;
  if (from.source_position.has_value()) {
    Append(to.frames, to.staged);
    Append(to.frames, from.frames);
    Append(to.records, from.records);
    to.schema_steps += from.schema_steps;
    to.coverage_steps += from.coverage_steps;
    to.source_position = std::move(from.source_position);
    to.source_memory = std::move(from.source_memory);
    to.newest = from.newest;
    to.commit_time_max = from.commit_time_max;
  }
  Append(to.staged, from.staged);
  return true;
}

}  // namespace millrace::ingest
