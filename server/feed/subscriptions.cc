// SPDX-License-Identifier: Apache-2.0

#include "feed/subscriptions.h"

#include <algorithm>
#include <utility>

#include "absl/synchronization/notification.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "log/damage.h"

namespace millrace::feed {
namespace {

// Applications need few names. The bound keeps a broken client from filling the server.
constexpr size_t kSubscriptionsMax = 10'000;
constexpr size_t kNameMax = 255;
// Changes waiting for the disk. Each holds its call and a token.
constexpr size_t kChangesMax = 1000;
// Stored form: version byte, update time (8 bytes, little endian), text of the token.
constexpr char kVersion = 1;

absl::Status CheckName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!name.empty() && name.size() <= kNameMax && std::all_of(name.begin(), name.end(), allowed)) {
    return absl::OkStatus();
  }
  return MakeError(reason::kSubscriptionNameInvalid,
                   "a subscription's name has 1 to 255 letters, digits, '.', '_' or '-'");
}

absl::Status NotFound(const std::string& name) {
  return MakeError(reason::kSubscriptionNotFound,
                   fmt::format("no position is stored under the name '{}'", name));
}

absl::Status TooManyNames() {
  return MakeError(
      absl::StatusCode::kResourceExhausted, reason::kRequestInvalid,
      fmt::format("there are {} subscriptions already; delete some", kSubscriptionsMax),
      {{"field", "subscription"}});
}

absl::Status TooManyChanges() {
  return MakeError(reason::kNotReady,
                   "too many positions are waiting for the disk; retry in a few seconds");
}

std::string Encode(const Subscription& subscription) {
  std::string bytes(1, kVersion);
  AppendLittle64(bytes, static_cast<uint64_t>(subscription.update_time));
  bytes.append(subscription.token.ToString());
  return bytes;
}

absl::StatusOr<Subscription> Decode(std::string_view name, std::string_view bytes) {
  MILLRACE_RETURN_IF_ERROR(log::TakeFormat(name, kVersion, bytes).status());
  ByteReader reader(bytes);
  const auto update_time = static_cast<Micros>(reader.Little64());
  auto token = Token::Parse(reader.rest());
  if (!reader.ok() || !token.ok()) {
    return log::LogDamaged(
        fmt::format("the stored position of subscription '{}' is unreadable", name));
  }
  return Subscription{
      .name = std::string(name), .token = std::move(*token), .update_time = update_time};
}

// The sequence after which a stream that starts at `token` needs all changes.
Sequence NeededAfter(const Token& token) {
  const bool among_rows = token.catch_up.has_value() && !token.catch_up->parts.empty();
  return among_rows ? Sequence{token.catch_up->begin.value - 1} : token.sequence;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Subscriptions>> Subscriptions::Open(log::Log& log,
                                                                   const Clock& clock) {
  std::unique_ptr<Subscriptions> subscriptions(new Subscriptions(log, clock));
  MILLRACE_ASSIGN_OR_RETURN(const auto records, log.ListRecords(log::RecordKind::kSubscription));
  absl::MutexLock lock(&subscriptions->mutex_);
  for (const auto& [name, bytes] : records) {
    MILLRACE_ASSIGN_OR_RETURN(Subscription subscription, Decode(name, bytes));
    subscriptions->by_name_.emplace(name, std::move(subscription));
  }
  return subscriptions;
}

Subscriptions::Subscriptions(log::Log& log, const Clock& clock)
    : log_(log), clock_(clock), writer_(kChangesMax, [this](std::vector<PositionChange> group) {
        StoreGroup(std::move(group));
      }) {}

void Subscriptions::Commit(std::string_view name, const Token& token, Committed done) {
  Add({.name = std::string(name),
       .position =
           Subscription{
               .name = std::string(name), .token = token, .update_time = clock_.WallMicros()},
       .done = [done = std::move(done)](const PositionChange& change, const absl::Status& status) {
         done(status.ok() ? absl::StatusOr<Subscription>(*change.position) : status);
       }});
}

absl::StatusOr<Subscription> Subscriptions::Commit(std::string_view name, const Token& token) {
  absl::StatusOr<Subscription> committed = absl::UnknownError("");
  absl::Notification done;
  Commit(name, token, [&](const absl::StatusOr<Subscription>& subscription) {
    committed = subscription;
    done.Notify();
  });
  done.WaitForNotification();
  return committed;
}

void Subscriptions::Delete(std::string_view name, Deleted done) {
  Add({.name = std::string(name),
       .position = std::nullopt,
       .done = [done = std::move(done)](const PositionChange& /*change*/,
                                        const absl::Status& status) { done(status); }});
}

absl::Status Subscriptions::Delete(std::string_view name) {
  absl::Status deleted;
  absl::Notification done;
  Delete(name, [&](const absl::Status& status) {
    deleted = status;
    done.Notify();
  });
  done.WaitForNotification();
  return deleted;
}

void Subscriptions::Add(PositionChange change) {
  const absl::Status name_status = CheckName(change.name);
  if (!name_status.ok()) return change.done(change, name_status);
  if (!writer_.TryAdd(change)) change.done(change, TooManyChanges());
}

void Subscriptions::StoreGroup(std::vector<PositionChange> group) {
  Changed changed;
  std::vector<absl::Status> results;
  results.reserve(group.size());
  for (const PositionChange& change : group) results.push_back(Apply(change, changed));
  const absl::Status stored = StoreChanged(std::move(changed));
  for (size_t i = 0; i < group.size(); ++i) {
    group[i].done(group[i], stored.ok() ? results[i] : stored);
  }
}

absl::Status Subscriptions::Apply(const PositionChange& change, Changed& changed) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto before = changed.find(change.name);
  const bool exists =
      before != changed.end() ? before->second.has_value() : by_name_.contains(change.name);
  if (!exists && !change.position.has_value()) return NotFound(change.name);
  if (!exists && CountWith(changed) >= kSubscriptionsMax) return TooManyNames();
  changed.insert_or_assign(change.name, change.position);
  return absl::OkStatus();
}

size_t Subscriptions::CountWith(const Changed& changed) const {
  size_t count = by_name_.size();
  if (count + changed.size() < kSubscriptionsMax) return count;  // far from the limit
  for (const auto& [name, position] : changed) {
    const bool existed = by_name_.contains(name);
    if (position.has_value() && !existed) ++count;
    if (!position.has_value() && existed) --count;
  }
  return count;
}

// Writes to disk before memory.
absl::Status Subscriptions::StoreChanged(Changed changed) {
  if (changed.empty()) return absl::OkStatus();
  std::vector<log::Record> records;
  records.reserve(changed.size());
  for (const auto& [name, position] : changed) {
    records.push_back({log::RecordKind::kSubscription, name,
                       position.has_value() ? std::optional(Encode(*position)) : std::nullopt});
  }
  MILLRACE_RETURN_IF_ERROR(log_.PutRecords(records));
  absl::MutexLock lock(&mutex_);
  for (auto& [name, position] : changed) {
    if (position.has_value()) {
      by_name_.insert_or_assign(name, *std::move(position));
    } else {
      by_name_.erase(name);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Subscription>> Subscriptions::Find(std::string_view name) const {
  MILLRACE_RETURN_IF_ERROR(CheckName(name));
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::optional<Subscription>();
  return std::optional<Subscription>(found->second);
}

std::vector<Subscription> Subscriptions::List() const {
  absl::MutexLock lock(&mutex_);
  std::vector<Subscription> list;
  list.reserve(by_name_.size());
  for (const auto& [name, subscription] : by_name_) list.push_back(subscription);
  return list;
}

std::optional<Sequence> Subscriptions::Oldest() const {
  absl::MutexLock lock(&mutex_);
  std::optional<Sequence> oldest;
  for (const auto& [name, subscription] : by_name_) {
    if (subscription.token.log_id != log_.log_id()) continue;
    const Sequence needed = NeededAfter(subscription.token);
    oldest = std::min(oldest.value_or(needed), needed);
  }
  return oldest;
}

}  // namespace millrace::feed
