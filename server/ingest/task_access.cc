// SPDX-License-Identifier: Apache-2.0

#include "ingest/task_access.h"

#include <atomic>
#include <utility>

#include "base/check.h"
#include "mysql/source_pool.h"

namespace millrace::ingest {

bool TaskAccess::IsServer(const ServerInfo& reached) {
  if (IsSameServer(parts_.server, reached)) return true;
  if (parts_.server.flavour != Flavour::kMariadb) return false;
  const absl::StatusOr<uint32_t> server_id = parts_.ask_server_id();
  ServerInfo now = parts_.server;
  now.server_id = server_id.value_or(now.server_id);
  return IsSameServer(now, reached);
}

absl::Status TaskAccess::HandOver() {
  if (!parts_.builder.has_closed_frames()) return absl::OkStatus();
  return parts_.hand_over(/*drop_staged=*/false);
}

void TaskAccess::CountReads(const TableName& table, uint64_t rows) {
  parts_.counters.For(table)->reads.fetch_add(rows, std::memory_order_relaxed);
}

absl::Status TaskAccess::EndTask(absl::Status result) {
  ran_ = true;
  const bool defined = std::exchange(registry_used_, false) && parts_.registry.HasUnstored();
  if (!result.ok()) {
    records_.clear();
    if (!parts_.builder.in_transaction() || !parts_.builder.AbandonTransaction()) return result;
    const absl::Status dropped = parts_.hand_over(/*drop_staged=*/true);
    return dropped.ok() ? result : dropped;
  }
  MILLRACE_CHECK(!parts_.builder.in_transaction());
  for (log::Record& record : records_) parts_.groups.AddRecord(std::move(record));
  records_.clear();
  const bool added = std::exchange(newest_, parts_.builder.newest()) != parts_.builder.newest();
  if (!added && !defined && !parts_.groups.has_records()) return result;
  // The records may refer to changes in the open frame, and the stream may be idle from here on.
  parts_.builder.CloseFrame();
  return parts_.hand_over(/*drop_staged=*/false);
}

}  // namespace millrace::ingest
