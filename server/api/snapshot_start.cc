// SPDX-License-Identifier: Apache-2.0

#include "api/snapshot_start.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "feed/filter.h"
#include "feed/position.h"
#include "fmt/format.h"

namespace millrace::api {
namespace {

// How often to check for completed tables when no change arrives.
constexpr Micros kCheckInterval = 100'000;
// How often to repeat the request for tables still being read. The new result shows if a table
// cannot be read or must be read again.
constexpr Micros kRequestInterval = 5'000'000;

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotStart>> SnapshotStart::Make(const SnapshotParts& parts,
                                                                   const feed::Feed& feed,
                                                                   const Clock& clock,
                                                                   SnapshotPlan plan,
                                                                   size_t response_bytes_max) {
  if (parts.coverage == nullptr) {
    return MakeError(reason::kSnapshotUnavailable,
                     "this server takes no snapshots; start at a position instead");
  }
  std::unique_ptr<SnapshotStart> start(
      new SnapshotStart(parts, feed, clock, std::move(plan), response_bytes_max));
  if (start->slot_ == nullptr) {
    return MakeError(reason::kCatchupLimit,
                     fmt::format("{} streams are receiving rows of snapshots, the maximum set by "
                                 "server.catchups_max; retry later",
                                 parts.limit.slots_max()));
  }
  MILLRACE_RETURN_IF_ERROR(start->CheckResume());
  return start;
}

SnapshotStart::SnapshotStart(const SnapshotParts& parts, const feed::Feed& feed, const Clock& clock,
                             SnapshotPlan plan, size_t response_bytes_max)
    : parts_(parts),
      feed_(feed),
      clock_(clock),
      plan_(std::move(plan)),
      response_bytes_max_(response_bytes_max),
      patterns_digest_(feed::DigestOfPatterns(plan_.patterns)),
      slot_(parts.limit.Take()) {}

// Checks the token of a resumed stream, as far as possible without waiting.
absl::Status SnapshotStart::CheckResume() {
  if (!plan_.resume.has_value()) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(feed::Resolve(feed_, *plan_.resume).status());
  if (plan_.resume->catch_up->patterns_digest == patterns_digest_) return absl::OkStatus();
  return MakeError(reason::kRequestInvalid,
                   "tables differ from those of the token's snapshot: send the "
                   "same ones, or start a new snapshot",
                   {{"field", "tables"}});
}

Token SnapshotStart::token() const {
  if (catch_up_ != nullptr) return catch_up_->token();
  if (plan_.resume.has_value()) return *plan_.resume;
  Token token{.log_id = feed_.log().log_id(), .sequence = {}, .gtids = {}};
  token.catch_up = CatchUpPlace{.patterns_digest = patterns_digest_};
  return token;
}

absl::StatusOr<feed::Delivery> SnapshotStart::Next() {
  if (catch_up_ == nullptr) MILLRACE_RETURN_IF_ERROR(TryBegin());
  if (catch_up_ == nullptr) return feed::Delivery();
  return catch_up_->Next();
}

absl::Status SnapshotStart::TryBegin() {
  const Micros now = clock_.SteadyMicros();
  check_again_at_ = now + kCheckInterval;
  const bool started = plan_.resume.has_value() && !plan_.resume->catch_up->parts.empty();
  if (started && plan_.resume->catch_up->tables.has_value()) {
    MILLRACE_ASSIGN_OR_RETURN(auto tables,
                              feed::CatchUpTablesOf(*plan_.resume, parts_.registry, plan_.tables));
    Begin(std::move(tables), plan_.resume->catch_up->parts);
    return absl::OkStatus();
  }
  if (started) {
    auto tables = feed::FindCatchUpTables(feed_, *parts_.coverage, parts_.registry, plan_.tables,
                                          plan_.resume->sequence);
    if (!tables.has_value()) return absl::OkStatus();
    if (tables->digest != plan_.resume->catch_up->tables_digest) return feed::SnapshotExpired();
    Begin(std::move(*tables), plan_.resume->catch_up->parts);
    return absl::OkStatus();
  }
  if (ensure_result_ != nullptr) {
    auto result = ensure_result_->Take();
    if (!result.has_value()) return absl::OkStatus();
    ensure_result_ = nullptr;
    MILLRACE_RETURN_IF_ERROR(result->status());
    awaited_ = {(*result)->begin(), (*result)->end()};
    requested_ = true;
    request_again_at_ = now + kRequestInterval;
  }
  return BeginOrRequest(now);
}

absl::Status SnapshotStart::BeginOrRequest(Micros now) {
  // Checked before the tables are listed: if all are known here, the list has them all.
  const bool all_known = AwaitedAreKnown();
  auto tables =
      feed::FindCatchUpTables(feed_, *parts_.coverage, parts_.registry, plan_.tables, std::nullopt);
  if (!tables.has_value()) return absl::OkStatus();
  const bool waits =
      !all_known || std::any_of(tables->missing.begin(), tables->missing.end(),
                                [this](const TableName& name) { return awaited_.contains(name); });
  if (!requested_ || HasNewMissing(tables->missing) || (waits && now >= request_again_at_)) {
    ensure_result_ = parts_.ensure.Post(plan_.patterns);
    if (ensure_result_ == nullptr) return absl::OkStatus();
    missing_when_requested_ = {tables->missing.begin(), tables->missing.end()};
    return absl::OkStatus();
  }
  if (waits) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(CheckTablesKnown());
  Begin(std::move(*tables), {});
  return absl::OkStatus();
}

bool SnapshotStart::AwaitedAreKnown() const {
  return std::all_of(awaited_.begin(), awaited_.end(), [this](const TableName& name) {
    return parts_.coverage->Find(name).has_value();
  });
}

// Tables that were missing at the last request and are not being read no longer exist at the
// source. Any other missing table is new.
bool SnapshotStart::HasNewMissing(const std::vector<TableName>& missing) const {
  return std::any_of(missing.begin(), missing.end(), [this](const TableName& name) {
    return !awaited_.contains(name) && !missing_when_requested_.contains(name);
  });
}

absl::Status SnapshotStart::CheckTablesKnown() const {
  for (const TableName& name : plan_.tables.PlainNames()) {
    const auto coverage = parts_.coverage->Find(name);
    if (coverage.has_value() && coverage->invalid_reason == coverage::kNotCaptured) {
      return MakeError(reason::kSnapshotUnavailable,
                       fmt::format("table {} is no longer captured, so the log does not hold "
                                   "its rows: include it in source.tables again",
                                   name.ToString()),
                       {{"table", name.ToString()}});
    }
    if (coverage.has_value() || parts_.registry.Find(name) != nullptr) continue;
    return feed::TableUnknown(name);
  }
  return absl::OkStatus();
}

void SnapshotStart::Begin(feed::CatchUpTables tables, std::vector<CatchUpPart> parts) {
  newest_ = tables.newest;
  catch_up_ = std::make_unique<feed::CatchUp>(
      feed_, feed::CatchUpOptions{.tables = std::move(tables),
                                  .patterns_digest = patterns_digest_,
                                  .response_bytes_max = response_bytes_max_,
                                  .memory_bytes = parts_.limit.bytes_per_slot(),
                                  .parts = std::move(parts)});
}

}  // namespace millrace::api
