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

// What the thread that writes the log lends to a task between two transactions of the stream. Valid
// while the task runs.
class StreamAccess {
 public:
  virtual ~StreamAccess() = default;

  // Everything before this place has been taken into the builder, nothing behind it. The offset
  // means something only on the server that is being read; `epoch` counts the connections to one.
  virtual BinlogPlace place() const = 0;
  virtual uint64_t epoch() const = 0;
  // Transactions before that place.
  virtual const GtidSet& gtids() const = 0;
  // Commit time of the newest transaction before it, 0 if there is none.
  virtual Micros commit_time() const = 0;
  // Whether queries that reach `reached` reach the server that is being read, whose server_id may
  // have been changed since the stream began. May ask the source.
  virtual bool IsServer(const ServerInfo& reached) = 0;
  // As it was when the stream began.
  virtual uint32_t server_id() const = 0;

  // Not in a transaction, and may not be left in one.
  virtual transcode::FrameBuilder& builder() = 0;
  virtual schema::Registry& registry() = 0;
  // To be set behind the last step of the task that can fail: it is not taken back.
  virtual coverage::Coverage& coverage() = 0;
  virtual LiveChanges& live_changes() = 0;
  // A record for the same batch as the changes added by the task and all before them. The open
  // frame closes behind the task, so that neither goes to disk without the other.
  virtual void AddRecord(log::Record record) = 0;
  // Inside a transaction of the builder: hands on the frames that are closed, to be staged, so that
  // memory stays bounded. Blocks while the disk is behind.
  virtual absl::Status HandOver() = 0;
  // Counts rows that the task added, for operators.
  virtual void CountReads(const TableName& /*table*/, uint64_t /*rows*/) {}

  // Called behind each task with what it answered: hands on what it added, or takes back what a
  // failed one left. Answers what became of the task.
  virtual absl::Status EndTask(absl::Status result) { return result; }
};

}  // namespace millrace::snapshot
