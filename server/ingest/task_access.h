// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "coverage/coverage.h"
#include "ingest/event_processor.h"
#include "ingest/group_builder.h"
#include "ingest/table_counters.h"
#include "mysql/connection.h"
#include "snapshot/live_changes.h"
#include "snapshot/stream_access.h"

namespace millrace::ingest {

// The parts of ingestion that tasks may use between two transactions.
class TaskAccess final : public snapshot::StreamAccess {
 public:
  // All must outlive it.
  struct Parts {
    const EventProcessor& processor;
    transcode::FrameBuilder& builder;
    schema::Registry& registry;
    coverage::Coverage& coverage;
    snapshot::LiveChanges& live_changes;
    TableCounterMap& counters;
    GroupBuilder& groups;
    const ServerInfo& server;
    // MariaDB: queries the current server_id of that server, its only identity.
    std::function<absl::StatusOr<uint32_t>()> ask_server_id;
    // Number of stream connections so far, including this one.
    uint64_t epoch = 0;
    // Passes the next group to the committer.
    std::function<absl::Status(bool drop_staged)> hand_over;
  };
  explicit TaskAccess(Parts parts) : parts_(std::move(parts)), newest_(parts_.builder.newest()) {}

  BinlogPlace place() const override { return parts_.processor.place(); }
  uint64_t epoch() const override { return parts_.epoch; }
  const GtidSet& gtids() const override { return parts_.builder.gtids(); }
  Micros commit_time() const override { return parts_.processor.commit_time(); }
  bool IsServer(const ServerInfo& reached) override;
  uint32_t server_id() const override { return parts_.server.server_id; }

  transcode::FrameBuilder& builder() override { return parts_.builder; }
  schema::Registry& registry() override {
    registry_used_ = true;
    return parts_.registry;
  }
  coverage::Coverage& coverage() override { return parts_.coverage; }
  snapshot::LiveChanges& live_changes() override { return parts_.live_changes; }
  void AddRecord(log::Record record) override { records_.push_back(std::move(record)); }
  absl::Status HandOver() override;
  void CountReads(const TableName& table, uint64_t rows) override;
  absl::Status EndTask(absl::Status result) override;
  // Whether a task has run.
  bool ran() const { return ran_; }

 private:
  const Parts parts_;
  std::vector<log::Record> records_;  // of the running task
  bool registry_used_ = false;        // by the running task
  Sequence newest_;                   // before the running task
  bool ran_ = false;
};

}  // namespace millrace::ingest
