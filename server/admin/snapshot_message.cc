// SPDX-License-Identifier: Apache-2.0

#include "admin/snapshot_message.h"

#include "google/protobuf/util/time_util.h"

namespace millrace::admin {
namespace {

using google::protobuf::util::TimeUtil;
using snapshot::JobState;
using snapshot::TableState;

v1::Snapshot::State StateMessage(JobState state) {
  switch (state) {
    case JobState::kRunning:
      return v1::Snapshot::STATE_RUNNING;
    case JobState::kPaused:
      return v1::Snapshot::STATE_PAUSED;
    case JobState::kDone:
      return v1::Snapshot::STATE_DONE;
    case JobState::kCanceled:
      return v1::Snapshot::STATE_CANCELED;
  }
  return v1::Snapshot::STATE_UNSPECIFIED;
}

v1::SnapshotTable::State StateMessage(TableState state) {
  switch (state) {
    case TableState::kWaiting:
      return v1::SnapshotTable::STATE_WAITING;
    case TableState::kReading:
      return v1::SnapshotTable::STATE_READING;
    case TableState::kDone:
      return v1::SnapshotTable::STATE_DONE;
    case TableState::kGone:
      return v1::SnapshotTable::STATE_GONE;
    case TableState::kFailed:
      return v1::SnapshotTable::STATE_FAILED;
  }
  return v1::SnapshotTable::STATE_UNSPECIFIED;
}

void AddTable(const snapshot::TableStatus& from, v1::Snapshot& message) {
  v1::SnapshotTable& to = *message.add_tables();
  to.set_database(from.name.database);
  to.set_table(from.name.table);
  to.set_state(StateMessage(from.state));
  to.set_rows_read(from.rows_read);
  to.set_rows_estimate(from.rows_estimate);
  to.set_restarts(from.restarts);
  to.set_chunks_repeated(from.chunks_repeated);
  to.set_error(from.error);
  to.set_error_reason(from.error_reason);
}

}  // namespace

v1::Snapshot SnapshotMessage(const snapshot::JobStatus& status) {
  v1::Snapshot message;
  message.set_snapshot(status.name);
  message.set_state(StateMessage(status.state));
  message.set_cause(status.cause);
  *message.mutable_create_time() = TimeUtil::MicrosecondsToTimestamp(status.create_time);
  if (status.end_time != 0) {
    *message.mutable_end_time() = TimeUtil::MicrosecondsToTimestamp(status.end_time);
  }
  message.set_where(status.where);
  for (const snapshot::TableStatus& table : status.tables) AddTable(table, message);
  message.set_rows_per_second(status.rows_per_second);
  if (status.seconds_left.has_value()) {
    *message.mutable_remaining() = TimeUtil::SecondsToDuration(*status.seconds_left);
  }
  message.set_waiting(status.waiting);
  return message;
}

}  // namespace millrace::admin
