// SPDX-License-Identifier: Apache-2.0

#include "ingest/ingest.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "ingest/older_log.h"

namespace millrace::ingest {

absl::StatusOr<std::unique_ptr<Ingest>> Ingest::Make(const Parts& parts) {
  MILLRACE_ASSIGN_OR_RETURN(
      CaptureRules capture,
      CaptureRules::Parse(parts.config.source.tables, parts.config.source.exclude_columns));
  if (!capture.excluded_columns().empty()) {
    parts.registry.SetColumnFilter([capture](const TableName& table, std::string_view column) {
      return capture.CapturesColumn(table, column);
    });
  }
  parts.coverage.StartCapture(capture, parts.registry);
  InvalidateTablesOfOlderLog(parts.registry, parts.coverage);
  MILLRACE_ASSIGN_OR_RETURN(TablePatterns statement_tables,
                            TablePatterns::Parse(parts.config.source.statement_tables));
  return std::unique_ptr<Ingest>(
      new Ingest(parts, std::move(capture), std::move(statement_tables)));
}

Ingest::Ingest(const Parts& parts, CaptureRules capture, TablePatterns statement_tables)
    : writer_({.log = parts.log,
               .registry = parts.registry,
               .coverage = parts.coverage,
               .clock = parts.clock,
               .committer = {.on_committed = parts.committer.on_committed,
                             .keep_from = parts.committer.keep_from,
                             .on_disk_error = [this] { supervisor_.ReportHealth(); }}}),
      session_({.config = parts.config,
                .source = parts.source,
                .log = parts.log,
                .registry = parts.registry,
                .coverage = parts.coverage,
                .tasks = parts.tasks,
                .clock = parts.clock,
                .writer = writer_,
                .capture = std::move(capture),
                .statement_tables = std::move(statement_tables),
                .on_uncovered = parts.on_uncovered}),
      supervisor_(session_, parts.clock,
                  {.backoff_min = parts.source.options().reconnect_backoff_min,
                   .backoff_max = parts.source.options().reconnect_backoff_max}) {}

Ingest::~Ingest() { Stop(); }

IngestStatus Ingest::status() const {
  const Supervisor::Status supervised = supervisor_.status();
  IngestStatus status = session_.status(supervised.state);
  status.error = supervised.error;
  status.error_reason = supervised.error_reason;
  status.connects = supervised.connects;
  status.errors = supervised.errors;
  if (const absl::Status disk_error = writer_.disk_error(); !disk_error.ok()) {
    status.error = std::string(disk_error.message());
    status.error_reason = ErrorReason(disk_error);
  }
  return status;
}

Micros Ingest::source_time() const { return session_.source_time(supervisor_.state()); }

}  // namespace millrace::ingest
