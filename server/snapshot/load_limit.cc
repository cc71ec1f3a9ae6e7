// SPDX-License-Identifier: Apache-2.0

#include "snapshot/load_limit.h"

#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/read_marks.h"

namespace millrace::snapshot {
namespace {

constexpr Micros kLoadCheckInterval = 1'000'000;

}  // namespace

absl::Status LoadLimit::Wait(Connection& connection, Jobs& jobs, uint64_t job) {
  if (options_.threads_running_max == 0 && options_.replication_lag_max == 0) {
    return absl::OkStatus();
  }
  if (clock_.SteadyMicros() - checked_at_ < kLoadCheckInterval) return absl::OkStatus();
  while (jobs.Wanted(job)) {
    MILLRACE_ASSIGN_OR_RETURN(std::string why, FindExceededLimit(connection));
    const bool may_read = why.empty();
    jobs.SetWaiting(job, std::move(why));
    checked_at_ = clock_.SteadyMicros();
    if (may_read) return absl::OkStatus();
    jobs.Sleep(job, kLoadCheckInterval);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> LoadLimit::FindExceededLimit(Connection& connection) const {
  MILLRACE_ASSIGN_OR_RETURN(const SourceLoad load, FetchSourceLoad(connection));
  const uint64_t threads_max = options_.threads_running_max;
  if (threads_max != 0 && load.threads_running > threads_max) {
    return fmt::format("the source runs {} threads, more than snapshot.threads_running_max = {}",
                       load.threads_running, threads_max);
  }
  const Micros lag_max = options_.replication_lag_max;
  const uint64_t lag_seconds = load.replication_lag_seconds.value_or(0);
  if (lag_max != 0 && static_cast<Micros>(lag_seconds) * 1'000'000 > lag_max) {
    return fmt::format(
        "the source lags {} s behind its own source, more than snapshot.replication_lag_max",
        lag_seconds);
  }
  return "";
}

}  // namespace millrace::snapshot
