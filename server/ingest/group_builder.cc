// SPDX-License-Identifier: Apache-2.0

#include "ingest/group_builder.h"

#include <iterator>
#include <utility>

#include "base/check.h"

namespace millrace::ingest {

bool GroupBuilder::has_records() {
  GatherCoverage();
  return !records_.empty();
}

std::optional<CommitGroup> GroupBuilder::Take(bool drop_staged) {
  CommitGroup group;
  group.drop_staged = drop_staged;
  for (transcode::BuiltFrame& frame : frames_.TakeFrames()) {
    (frame.unfinished ? group.staged : group.frames).push_back(std::move(frame));
  }
  // The position covers all finished transactions, so it must go with the last of their frames.
  const bool complete = !frames_.has_open_changes();
  MILLRACE_CHECK(complete || group.frames.empty());
  if (complete && (!frames_.in_transaction() || !group.frames.empty())) {
    Complete(group);
  } else if (group.staged.empty() && !drop_staged) {
    return std::nullopt;
  }
  return group;
}

CommitGroup GroupBuilder::TakePosition() {
  CommitGroup group;
  Complete(group);
  return group;
}

void GroupBuilder::Complete(CommitGroup& group) {
  group.records = registry_.TakeUnstored();
  group.schema_steps = group.records.empty() ? 0 : 1;
  // PreparedXa changes only when a transaction ends, so its records apply even while another one is
  // in progress.
  for (log::Record& record : prepared_xa_.TakeUnstored()) {
    group.records.push_back(std::move(record));
  }
  // Members learnt in the transaction in progress also apply before it, since no definition came in
  // between.
  for (log::Record& record : merge_tables_.TakeUnstored()) {
    group.records.push_back(std::move(record));
  }
  // The coverage of a transaction in progress may concern changes outside this group.
  if (!frames_.in_transaction()) GatherCoverage();
  group.records.insert(group.records.end(), std::make_move_iterator(records_.begin()),
                       std::make_move_iterator(records_.end()));
  records_.clear();
  group.coverage_steps = std::exchange(coverage_steps_, 0);
  std::string& position = group.source_position.emplace();
  processor_.position().AppendBinary(position);
  group.source_memory = processor_.memory().ToBinary(position);
  group.newest = frames_.newest();
  group.commit_time_max = frames_.commit_time_max();
}

void GroupBuilder::GatherCoverage() {
  std::vector<log::Record> records = coverage_.TakeUnstored();
  if (records.empty()) return;
  ++coverage_steps_;
  records_.insert(records_.end(), std::make_move_iterator(records.begin()),
                  std::make_move_iterator(records.end()));
}

}  // namespace millrace::ingest
