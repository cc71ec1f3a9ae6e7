// SPDX-License-Identifier: Apache-2.0

#pragma once

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
#include "log/log.h"
#include "model/token.h"

namespace millrace::feed {

// A position stored under a name.
struct Subscription {
  std::string name;
  Token token;
  Micros update_time = 0;
};

// The positions that the server keeps for clients. Thread-safe.
class Subscriptions {
 public:
  // `log` must outlive it. kDataLoss LOG_DAMAGED: a stored position is unreadable.
  static absl::StatusOr<std::unique_ptr<Subscriptions>> Open(log::Log& log, const Clock& clock);

  // Stores the position on disk before it answers. kInvalidArgument SUBSCRIPTION_NAME_INVALID;
  // kResourceExhausted REQUEST_INVALID beyond 10,000 names; else as Log::PutRecords.
  absl::StatusOr<Subscription> Commit(std::string_view name, const Token& token)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Nothing if there is none. kInvalidArgument SUBSCRIPTION_NAME_INVALID.
  absl::StatusOr<std::optional<Subscription>> Find(std::string_view name) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // In the order of their names.
  std::vector<Subscription> List() const ABSL_LOCKS_EXCLUDED(mutex_);
  // kNotFound SUBSCRIPTION_NOT_FOUND.
  absl::Status Delete(std::string_view name) ABSL_LOCKS_EXCLUDED(mutex_);
  // Lowest stored sequence of this log; nothing if there is none.
  std::optional<Sequence> Oldest() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Subscriptions(log::Log& log, const Clock& clock) : log_(log), clock_(clock) {}

  log::Log& log_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Subscription, std::less<>> by_name_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::feed
