// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "coverage/coverage.h"
#include "ingest/committer.h"
#include "ingest/event_processor.h"
#include "ingest/merge_tables.h"
#include "ingest/prepared_xa.h"
#include "log/log.h"
#include "schema/registry.h"
#include "transcode/frame_builder.h"

namespace millrace::ingest {

// Builds the groups that go to disk together: frames, the source position after them, and the
// records that must be stored exactly with them. Belongs to the ingest thread.
class GroupBuilder {
 public:
  // All must outlive it.
  GroupBuilder(const EventProcessor& processor, transcode::FrameBuilder& frames,
               schema::Registry& registry, coverage::Coverage& coverage, PreparedXa& prepared_xa,
               MergeTables& merge_tables)
      : processor_(processor),
        frames_(frames),
        registry_(registry),
        coverage_(coverage),
        prepared_xa_(prepared_xa),
        merge_tables_(merge_tables) {}

  // Adds a record that belongs to the changes added so far. Call it between two transactions. The
  // record goes into the next group that completes these changes.
  void AddRecord(log::Record record) { records_.push_back(std::move(record)); }
  // True if records or changes of coverage are not stored yet.
  bool has_records();
  // Call it after each transaction, before the next one starts: the changes of coverage so far
  // belong to the changes added so far and go to disk with them.
  void NoteTransactionEnd() { GatherCoverage(); }

  // The next group: all closed frames and, if no changes stay open, the position after the last
  // finished transaction. Nothing if there is nothing to store.
  std::optional<CommitGroup> Take(bool drop_staged);
  // The next group without frames: the position and its records.
  CommitGroup TakePosition();

 private:
  void Complete(CommitGroup& group);
  void GatherCoverage();

  const EventProcessor& processor_;
  transcode::FrameBuilder& frames_;
  schema::Registry& registry_;
  coverage::Coverage& coverage_;
  PreparedXa& prepared_xa_;
  MergeTables& merge_tables_;
  std::vector<log::Record> records_;
  uint32_t coverage_steps_ = 0;
};

}  // namespace millrace::ingest
