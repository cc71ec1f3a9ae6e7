// SPDX-License-Identifier: Apache-2.0

#include "snapshot/job_starter.h"

#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/read_marks.h"
#include "mysql/session_settings.h"
#include "snapshot/source_tables.h"
#include "spdlog/spdlog.h"

namespace millrace::snapshot {
namespace {

// After a failure this recent, a subscriber gets the failure instead of another try.
constexpr Micros kFailureReportTime = Micros{60} * 1'000'000;
// Upper bound of the time from reading a table's last rows until they and its coverage are on disk.
constexpr Micros kCoverageDelayMax = Micros{10} * 1'000'000;

absl::Status Unavailable(const std::string& text) {
  return MakeError(reason::kSnapshotUnavailable, text);
}

}  // namespace

absl::StatusOr<JobStatus> JobStarter::Begin(const JobRequest& request) {
  MILLRACE_ASSIGN_OR_RETURN(const TablePatterns wanted, TablePatterns::Parse(request.tables));
  if (request.tables.empty()) {
    return MakeError(reason::kRequestInvalid,
                     "tables is empty: name the tables to read, or `*.*` for all captured tables",
                     {{"field", "tables"}});
  }
  MILLRACE_RETURN_IF_ERROR(CheckSyntax(request.rows));
  MILLRACE_ASSIGN_OR_RETURN(const auto connection, parts_.source.Connect());
  MILLRACE_ASSIGN_OR_RETURN(const auto tables, FindCaptured(*connection, wanted));
  MILLRACE_RETURN_IF_ERROR(CheckNamedTablesReadable(*connection, parts_.capture, wanted, tables));
  if (tables.empty()) {
    return MakeError(reason::kTableUnknown,
                     "no captured table of the source matches; see source.tables");
  }
  MILLRACE_RETURN_IF_ERROR(CheckRows(*connection, tables, request.rows));
  StoredJob job;
  job.set_cause(request.cause);
  job.set_condition(request.rows.where);
  job.set_key_from(request.rows.key_from);
  job.set_key_to(request.rows.key_to);
  absl::MutexLock lock(&mutex_);
  return parts_.jobs.Add(std::move(job), tables);
}

absl::Status JobStarter::CheckRows(Connection& connection, const std::vector<TableName>& tables,
                                   const RowChoice& rows) const {
  if (rows.all()) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(ApplySettings(connection, RowReadingSettings()));
  const schema::ColumnFilter captured = [this](const TableName& table, std::string_view column) {
    return parts_.capture.CapturesColumn(table, column);
  };
  for (const TableName& table : tables) {
    MILLRACE_RETURN_IF_ERROR(CheckChoice(connection, table, rows, captured));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TableName>> JobStarter::FindCaptured(Connection& connection,
                                                                const TablePatterns& wanted) const {
  std::vector<TableName> known;
  for (const schema::TableVersionPtr& version : parts_.registry.List()) {
    if (!version->dropped) known.push_back(version->name);
  }
  return CapturedTables(connection, parts_.capture, wanted, known);
}

absl::Status JobStarter::BeginUncovered(Connection& connection,
                                        const std::vector<TableName>& tables,
                                        std::string_view cause) {
  MILLRACE_ASSIGN_OR_RETURN(auto uncovered, FindUncovered(connection, tables));
  absl::MutexLock lock(&mutex_);
  std::erase_if(uncovered, [this](const TableName& table) { return parts_.jobs.WillRead(table); });
  if (uncovered.empty()) return absl::OkStatus();
  StoredJob job;
  job.set_cause(std::string(cause));
  spdlog::info("snapshot of {} tables starts cause={}", uncovered.size(), cause);
  return parts_.jobs.Add(std::move(job), uncovered).status();
}

// Waits until the stream reaches the current end of the binlog. By then it has seen the CREATE of
// each new table, so tables that began empty count as covered.
absl::StatusOr<std::vector<TableName>> JobStarter::FindUncovered(
    Connection& connection, const std::vector<TableName>& tables) const {
  uint64_t epoch = 0;
  MILLRACE_RETURN_IF_ERROR(parts_.tasks.Run({}, [&](StreamAccess& stream) {
    epoch = stream.epoch();
    return absl::OkStatus();
  }));
  MILLRACE_ASSIGN_OR_RETURN(BinlogMark end, BinlogEnd(connection));
  std::vector<TableName> uncovered;
  MILLRACE_RETURN_IF_ERROR(parts_.tasks.Run(
      {.epoch = epoch, .place = std::move(end.place), .gtids = std::move(end.gtids)},
      [&](StreamAccess& stream) {
        for (const TableName& table : tables) {
          const auto coverage = stream.coverage().Newest(table);
          const bool known = coverage.has_value() && coverage->complete;
          if (!known) uncovered.push_back(table);
        }
        return absl::OkStatus();
      }));
  return uncovered;
}

absl::StatusOr<std::vector<TableName>> JobStarter::EnsureCovered(
    const std::vector<std::string>& patterns) {
  MILLRACE_ASSIGN_OR_RETURN(const TablePatterns wanted, TablePatterns::Parse(patterns));
  MILLRACE_ASSIGN_OR_RETURN(const auto connection, parts_.source.Connect());
  MILLRACE_ASSIGN_OR_RETURN(auto tables, FindCaptured(*connection, wanted));
  MILLRACE_RETURN_IF_ERROR(CheckNamedTablesReadable(*connection, parts_.capture, wanted, tables));
  std::erase_if(tables,
                [this](const TableName& table) { return Covers(parts_.coverage.Find(table)); });
  absl::MutexLock lock(&mutex_);
  std::vector<TableName> to_read;
  for (const TableName& table : tables) {
    MILLRACE_ASSIGN_OR_RETURN(const bool needs_job, NeedsNewJob(table));
    if (needs_job) to_read.push_back(table);
  }
  if (to_read.empty()) return tables;
  if (parts_.config.snapshot.mode == SnapshotMode::kNever) {
    return Unavailable(fmt::format(
        "the log does not hold all rows of table {} and snapshot.mode is never; run millrace "
        "snapshot start {}",
        to_read.front().ToString(), to_read.front().ToString()));
  }
  StoredJob job;
  job.set_cause("subscriber");
  MILLRACE_RETURN_IF_ERROR(parts_.jobs.Add(std::move(job), to_read).status());
  return tables;
}

absl::StatusOr<bool> JobStarter::NeedsNewJob(const TableName& table) const {
  const auto coverage = parts_.coverage.Find(table);
  if (Covers(coverage) || parts_.jobs.WillRead(table)) return false;
  const std::string reason = coverage.has_value() ? coverage->invalid_reason : "";
  if (reason == coverage::kPartialRows) {
    return Unavailable(fmt::format(
        "the binlog has row images of table {} that lack columns since its snapshot; run "
        "SET GLOBAL binlog_row_image = FULL on the source, then millrace snapshot start {}",
        table.ToString(), table.ToString()));
  }
  // The table was not captured for a while. Failures from before that do not count.
  if (reason == coverage::kNotCaptured) return true;
  MILLRACE_RETURN_IF_ERROR(
      parts_.jobs.FailureOf(table, parts_.clock.SteadyMicros() - kFailureReportTime));
  const Micros now = parts_.clock.WallMicros();
  // Valid but not covering: the log must have been trimmed.
  const bool trimmed = coverage.has_value() && coverage->valid();
  if (trimmed && parts_.jobs.WasReadSince(table, now - kFailureReportTime)) {
    return Unavailable(
        fmt::format("the log was trimmed while table {} was read; raise "
                    "log.retention_age or log.retention_bytes",
                    table.ToString()));
  }
  const bool being_read = coverage.has_value() && !coverage->complete && reason.empty();
  return !being_read || !parts_.jobs.WasReadSinceOrJobIsOpen(table, now - kCoverageDelayMax);
}

bool JobStarter::Covers(const std::optional<coverage::TableCoverage>& coverage) const {
  return coverage.has_value() && coverage->HoldsAllRows(parts_.log.range().oldest);
}

}  // namespace millrace::snapshot
