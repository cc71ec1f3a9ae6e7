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

// The positions that the server keeps for clients. Changes wait for the disk on a thread of their
// own; what is read is what the disk has, and waits for nothing. Thread-safe.
class Subscriptions {
 public:
  using Committed = std::function<void(const absl::StatusOr<Subscription>& subscription)>;
  using Deleted = std::function<void(const absl::Status& status)>;

  // `log` must outlive it. kDataLoss LOG_DAMAGED: a stored position is unreadable.
  static absl::StatusOr<std::unique_ptr<Subscriptions>> Open(log::Log& log, const Clock& clock);

  // Stores the position and calls `done` once it is on disk, on another thread; or now, if it is
  // refused. Does not block. Positions of one name are stored in the order of the calls.
  // kInvalidArgument SUBSCRIPTION_NAME_INVALID; kResourceExhausted REQUEST_INVALID beyond 10,000
  // names; kUnavailable NOT_READY: too many calls wait for the disk; else as Log::PutRecords.
  void Commit(std::string_view name, const Token& token, Committed done)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, and waits.
  absl::StatusOr<Subscription> Commit(std::string_view name, const Token& token)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Nothing if there is none. kInvalidArgument SUBSCRIPTION_NAME_INVALID.
  absl::StatusOr<std::optional<Subscription>> Find(std::string_view name) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // In the order of their names.
  std::vector<Subscription> List() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Removes the position, as Commit stores it. kNotFound SUBSCRIPTION_NOT_FOUND.
  void Delete(std::string_view name, Deleted done) ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, and waits.
  absl::Status Delete(std::string_view name) ABSL_LOCKS_EXCLUDED(mutex_);
  // Lowest stored sequence of this log; nothing if there is none.
  std::optional<Sequence> Oldest() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // By name; nothing: none is stored any more.
  using Changed = std::map<std::string, std::optional<Subscription>, std::less<>>;

  Subscriptions(log::Log& log, const Clock& clock);
  void Add(PositionChange change);
  void StoreGroup(std::vector<PositionChange> group) ABSL_LOCKS_EXCLUDED(mutex_);
  // Adds what the change does to `changed`, which came before it; or why it is refused.
  absl::Status Apply(const PositionChange& change, Changed& changed) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Names that there are after `changed`; as far as it matters for the limit.
  size_t CountWith(const Changed& changed) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Status StoreChanged(Changed changed) ABSL_LOCKS_EXCLUDED(mutex_);

  log::Log& log_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  // What the disk has. Changed by the writer's thread alone.
  std::map<std::string, Subscription, std::less<>> by_name_ ABSL_GUARDED_BY(mutex_);

  PositionWriter writer_;  // ends first
};

}  // namespace millrace::feed
