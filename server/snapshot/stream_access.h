// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "coverage/coverage.h"
#include "log/log.h"
#include "model/binlog_place.h"
#include "model/gtid_set.h"
#include "mysql/connection.h"
#include "schema/registry.h"
#include "snapshot/live_changes.h"
#include "transcode/frame_builder.h"

namespace millrace::snapshot {

// The parts of the stream that a task may use on the thread that writes the log, between two
// transactions. Valid while the task runs.
class StreamAccess {
 public:
  virtual ~StreamAccess() = default;

  // The builder contains everything before this place and nothing after it. The offset is
  // meaningful only on the server being read; `epoch` counts the connections to the source.
  virtual BinlogPlace place() const = 0;
  virtual uint64_t epoch() const = 0;
  // The GTIDs of all transactions before the place.
  virtual const GtidSet& gtids() const = 0;
  // Commit time of the newest transaction before the place; 0 if there is none.
  virtual Micros commit_time() const = 0;
  // Whether connections to `reached` reach the server being read. Its server_id may have changed
  // since the stream began. May query the source.
  virtual bool IsServer(const ServerInfo& reached) = 0;
  // The server_id at the beginning of the stream.
  virtual uint32_t server_id() const = 0;

  // Outside a transaction; the task must also leave it outside one.
  virtual transcode::FrameBuilder& builder() = 0;
  virtual schema::Registry& registry() = 0;
  // Change coverage only after the last step that can fail: it is not rolled back.
  virtual coverage::Coverage& coverage() = 0;
  virtual LiveChanges& live_changes() = 0;
  // Adds a record to the batch of the task's changes and of all earlier ones. The open frame closes
  // after the task, so that neither reaches the disk without the other.
  virtual void AddRecord(log::Record record) = 0;
  // Inside a transaction of the builder: passes closed frames on for staging, so that memory stays
  // bounded. Blocks while the disk is slow.
  virtual absl::Status HandOver() = 0;
  // Counts rows added by the task, for operators.
  virtual void CountReads(const TableName& /*table*/, uint64_t /*rows*/) {}

  // Called after each task with its result: passes its changes on, or removes the changes of a
  // failed task. Returns the final result.
  virtual absl::Status EndTask(absl::Status result) { return result; }
};

}  // namespace millrace::snapshot
