// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "feed/position_writer.h"
#include "feed/subscription.h"
#include "log/log.h"
#include "model/token.h"

namespace millrace::feed {

// The positions that the server keeps for clients. A separate thread writes changes to disk. Reads
// return the stored state without blocking. Thread-safe.
class Subscriptions {
 public:
  using Committed = std::function<void(const absl::StatusOr<Subscription>& subscription)>;
  using Deleted = std::function<void(const absl::Status& status)>;

  // `log` must outlive the subscriptions. kDataLoss LOG_DAMAGED: a stored position is unreadable;
  // kFailedPrecondition FORMAT_TOO_NEW.
  static absl::StatusOr<std::unique_ptr<Subscriptions>> Open(log::Log& log, const Clock& clock);

  // Stores the position. Calls `done` on another thread once it is on disk, or right away if it is
  // refused. Does not block. Positions of one name are stored in call order. kInvalidArgument
  // SUBSCRIPTION_NAME_INVALID; kResourceExhausted REQUEST_INVALID beyond 10,000 names; kUnavailable
  // NOT_READY: too many calls wait for the disk; otherwise fails like Log::PutRecords.
  void Commit(std::string_view name, const Token& token, Committed done)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, but waits.
  absl::StatusOr<Subscription> Commit(std::string_view name, const Token& token)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Nothing if there is none. kInvalidArgument SUBSCRIPTION_NAME_INVALID.
  absl::StatusOr<std::optional<Subscription>> Find(std::string_view name) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Sorted by name.
  std::vector<Subscription> List() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Removes the position in the same way. kNotFound SUBSCRIPTION_NOT_FOUND.
  void Delete(std::string_view name, Deleted done) ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, but waits.
  absl::Status Delete(std::string_view name) ABSL_LOCKS_EXCLUDED(mutex_);
  // The lowest sequence after which a stored position needs the changes of this log; nothing if
  // there is none.
  std::optional<Sequence> Oldest() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // By name; nothing: deleted.
  using Changed = std::map<std::string, std::optional<Subscription>, std::less<>>;

  Subscriptions(log::Log& log, const Clock& clock);
  void Add(PositionChange change);
  void StoreGroup(std::vector<PositionChange> group) ABSL_LOCKS_EXCLUDED(mutex_);
  // Adds `change` to `changed`, which has the earlier changes of the group; or returns why it is
  // refused.
  absl::Status Apply(const PositionChange& change, Changed& changed) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The number of names after `changed`. Exact only near the limit.
  size_t CountWith(const Changed& changed) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Status StoreChanged(Changed changed) ABSL_LOCKS_EXCLUDED(mutex_);

  log::Log& log_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  // The state on disk. Only the writer's thread changes it.
  std::map<std::string, Subscription, std::less<>> by_name_ ABSL_GUARDED_BY(mutex_);

  PositionWriter writer_;  // destroyed first, because its thread uses the members above
};

}  // namespace millrace::feed
