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

// Puts together what goes to disk together: frames, the place they lead to, and the records that
// must be there neither before nor after them. Belongs to the ingest thread.
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

  // A record that belongs to the changes added so far, between two transactions: goes with the next
  // group that has them all.
  void AddRecord(log::Record record) { records_.push_back(std::move(record)); }
  // True if records wait, or changes of coverage do.
  bool has_records();
  // To be called after each transaction, before the next one begins: changes of coverage so far
  // belong to the changes added so far, and go to disk with them.
  void NoteTransactionEnd() { GatherCoverage(); }

  // The next group: all closed frames, and if nothing stays open, the place between two
  // transactions where the builder stands. Nothing: there is nothing to store.
  std::optional<CommitGroup> Take(bool drop_staged);
  // One for that place alone, whatever there is besides.
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
