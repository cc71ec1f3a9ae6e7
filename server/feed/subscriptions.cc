// SPDX-License-Identifier: Apache-2.0

#include "feed/subscriptions.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "fmt/format.h"

namespace millrace::feed {
namespace {

// Names are few; the bound keeps a broken client from filling the server.
constexpr size_t kSubscriptionsMax = 10'000;
constexpr size_t kNameMax = 255;
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
  return MakeError(absl::StatusCode::kInvalidArgument, "SUBSCRIPTION_NAME_INVALID",
                   "a subscription's name has 1 to 255 letters, digits, '.', '_' or '-'");
}

std::string Encode(const Subscription& subscription) {
  std::string bytes(1, kVersion);
  AppendLittle64(bytes, static_cast<uint64_t>(subscription.update_time));
  bytes.append(subscription.token.ToString());
  return bytes;
}

absl::StatusOr<Subscription> Decode(std::string_view name, std::string_view bytes) {
  ByteReader reader(bytes);
  const bool version_known = reader.Little8() == kVersion;
  const auto update_time = static_cast<Micros>(reader.Little64());
  auto token = Token::Parse(reader.rest());
  if (!reader.ok() || !version_known || !token.ok()) {
    return MakeError(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                     fmt::format("the stored position of subscription '{}' is unreadable", name));
  }
  return Subscription{
      .name = std::string(name), .token = std::move(*token), .update_time = update_time};
}

// Last change that a stream from there can do without.
Sequence OldestNeeded(const Token& token) {
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

absl::StatusOr<Subscription> Subscriptions::Commit(std::string_view name, const Token& token) {
  MILLRACE_RETURN_IF_ERROR(CheckName(name));
  Subscription subscription{
      .name = std::string(name), .token = token, .update_time = clock_.WallMicros()};
  // The lock is held while writing so that two commits of one name reach disk and memory in the
  // same order.
  absl::MutexLock lock(&mutex_);
  if (by_name_.size() >= kSubscriptionsMax && by_name_.find(name) == by_name_.end()) {
    return MakeError(
        absl::StatusCode::kResourceExhausted, "REQUEST_INVALID",
        fmt::format("there are {} subscriptions already; delete some", kSubscriptionsMax),
        {{"field", "subscription"}});
  }
  MILLRACE_RETURN_IF_ERROR(
      log_.PutRecords({{log::RecordKind::kSubscription, subscription.name, Encode(subscription)}}));
  by_name_.insert_or_assign(subscription.name, subscription);
  return subscription;
}

absl::StatusOr<std::optional<Subscription>> Subscriptions::Find(std::string_view name) const {
  MILLRACE_RETURN_IF_ERROR(CheckName(name));
  absl::MutexLock lock(&mutex_);
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

absl::Status Subscriptions::Delete(std::string_view name) {
  MILLRACE_RETURN_IF_ERROR(CheckName(name));
  absl::MutexLock lock(&mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    return MakeError(absl::StatusCode::kNotFound, "SUBSCRIPTION_NOT_FOUND",
                     fmt::format("no position is stored under the name '{}'", name));
  }
  MILLRACE_RETURN_IF_ERROR(
      log_.PutRecords({{log::RecordKind::kSubscription, std::string(name), std::nullopt}}));
  by_name_.erase(found);
  return absl::OkStatus();
}

std::optional<Sequence> Subscriptions::Oldest() const {
  absl::MutexLock lock(&mutex_);
  std::optional<Sequence> oldest;
  for (const auto& [name, subscription] : by_name_) {
    if (subscription.token.log_id != log_.log_id()) continue;
    const Sequence needed = OldestNeeded(subscription.token);
    oldest = std::min(oldest.value_or(needed), needed);
  }
  return oldest;
}

}  // namespace millrace::feed
