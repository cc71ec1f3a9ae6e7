// SPDX-License-Identifier: Apache-2.0

// The part of TableReader that reads tables without a key: in one consistent read, while the stream
// pauses.

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/query_rows.h"
#include "mysql/read_marks.h"
#include "snapshot/chunk_query.h"
#include "snapshot/read_session.h"
#include "snapshot/reads_header.h"
#include "snapshot/table_reader.h"
#include "spdlog/spdlog.h"

namespace millrace::snapshot {
namespace {

constexpr size_t kCheckEveryKeylessRows = 4096;
// Pause between attempts to find the table at rest; doubles up to the maximum.
constexpr Micros kRestPauseMin = 5'000;
constexpr Micros kRestPauseMax = 500'000;

}  // namespace

absl::Status TableReader::ReadKeyless() {
  if (!assignment_.whole()) {
    return MakeError(reason::kSnapshotUnavailable,
                     "rows of a table without a captured key cannot be distinguished, so it can "
                     "only be read as a whole");
  }
  MILLRACE_RETURN_IF_ERROR(CheckEngine());
  // This query may take any time.
  MILLRACE_RETURN_IF_ERROR(LimitQueries(connection_, 0));
  const absl::Status status = ReadAtRest();
  const absl::Status limited = LimitQueries(connection_, options_.query_time_max);
  return status.ok() ? limited : status;
}

// Engines with only one version of each row have no consistent read.
absl::Status TableReader::CheckEngine() {
  MILLRACE_ASSIGN_OR_RETURN(
      const QueryRows rows,
      connection_.Query(fmt::format("SELECT ENGINE AS engine FROM information_schema.TABLES WHERE "
                                    "TABLE_SCHEMA = {} AND TABLE_NAME = {}",
                                    QuotedText(assignment_.table.database),
                                    QuotedText(assignment_.table.table))));
  if (rows.rows.empty()) return absl::AbortedError("the table is gone");
  const std::string engine = rows.Text(rows.rows[0], {"engine"});
  if (engine == "InnoDB" || engine == "ROCKSDB") return absl::OkStatus();
  return MakeError(
      reason::kSnapshotUnavailable,
      fmt::format("table {} has no key, and its engine {} has no consistent reads while "
                  "others write; add a primary key or run ALTER TABLE … ENGINE = "
                  "InnoDB, then resume the snapshot",
                  name_, engine));
}

absl::Status TableReader::ReadAtRest() {
  Micros pause = kRestPauseMin;
  while (Wanted()) {
    MILLRACE_RETURN_IF_ERROR(load_limit_.Wait(connection_, parts_.jobs, assignment_.job));
    MILLRACE_ASSIGN_OR_RETURN(const ReadWindow window, windows_.Open());
    Verdict verdict = Verdict::kRepeat;
    if (window.at_rest) MILLRACE_RETURN_IF_ERROR(OfferAll(window, verdict));
    if (verdict == Verdict::kTaken) {
      parts_.jobs.Update(assignment_);
      return absl::OkStatus();
    }
    if (verdict == Verdict::kChanged) return RestartBecause(kStatementSeen);
    assignment_.progress.set_chunks_repeated(assignment_.progress.chunks_repeated() + 1);
    parts_.jobs.Update(assignment_);
    parts_.jobs.SetWaiting(assignment_.job, fmt::format("table {} has no key, so it can be read "
                                                        "only while nobody writes to it",
                                                        name_));
    parts_.jobs.Sleep(assignment_.job, pause);
    pause = std::min(2 * pause, kRestPauseMax);
  }
  return absl::OkStatus();
}

absl::Status TableReader::OfferAll(const ReadWindow& window, Verdict& verdict) {
  MILLRACE_RETURN_IF_ERROR(windows_.WaitUntilVisible(window));
  if (windows_.visibility() != ReadWindows::Visibility::kConsistentRead) {
    MILLRACE_RETURN_IF_ERROR(BeginConsistentRead(connection_).status());
  }
  MILLRACE_ASSIGN_OR_RETURN(const std::string difference, FindDefinitionChange());
  if (!difference.empty()) {
    restart_reason_ = difference;
    verdict = Verdict::kChanged;
    return EndConsistentRead(connection_);
  }
  parts_.jobs.SetWaiting(assignment_.job, "");
  absl::Status read;
  const absl::Status ran = windows_.RunAfterBinlogEnd([&](StreamAccess& stream) {
    read = TakeKeyless(stream, window, verdict);
    // The builder contains rows, so the stream must start again without them.
    if (stream.builder().in_transaction())
      return absl::CancelledError("reading a table without a key was interrupted");
    return absl::OkStatus();
  });
  MILLRACE_RETURN_IF_ERROR(read);
  MILLRACE_RETURN_IF_ERROR(ran);
  return EndConsistentRead(connection_);
}

absl::Status TableReader::TakeKeyless(StreamAccess& stream, const ReadWindow& window,
                                      Verdict& verdict) {
  if (DefinitionChanged(stream)) {
    verdict = Verdict::kChanged;
    return absl::OkStatus();
  }
  // A change since the window opened: the read may or may not show it.
  const TableChanges& changes = *stream.live_changes().Find(assignment_.table);
  if (changes.stamp() != window.stamp || !changes.Remembers(window.stamp)) {
    verdict = Verdict::kRepeat;
    return absl::OkStatus();
  }
  verdict = Verdict::kTaken;
  spdlog::info("table {} has no key: the feed pauses until its rows are read", name_);
  const BinlogPlace place = stream.place();
  stream.builder().BeginTransaction(HeaderOfReads(stream, place, parts_.clock));
  MILLRACE_ASSIGN_OR_RETURN(const uint64_t rows, StreamRows(stream));
  // Until the query opened the table, another one could have replaced it.
  MILLRACE_ASSIGN_OR_RETURN(const std::string difference, FindDefinitionChange());
  if (!difference.empty()) return RestartBecause(difference);
  stream.builder().EndTransaction();
  Progress& progress = assignment_.progress;
  progress.set_rows_read(rows);
  progress.clear_error();
  progress.clear_error_reason();
  SetState(TableState::kDone, progress);
  Complete(stream);
  stream.live_changes().Stop(assignment_.table);
  stream.AddRecord(Jobs::RecordOf(assignment_));
  stream.CountReads(assignment_.table, rows);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> TableReader::StreamRows(StreamAccess& stream) {
  ChunkQuery query;
  query.table = assignment_.table;
  query.select_list = plan_->select_list();
  MILLRACE_ASSIGN_OR_RETURN(const auto rows, StreamPlanned(QueryText(query)));
  auto count = CopyRows(stream, *rows);
  // Reading the rest of a large table is not worth it.
  if (!count.ok()) rows->Abandon();
  return count;
}

absl::StatusOr<uint64_t> TableReader::CopyRows(StreamAccess& stream, RowStream& rows) {
  uint64_t count = 0;
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const bool more, rows.Next());
    if (!more) return count;
    chunk_.bytes.Clear();
    MILLRACE_RETURN_IF_ERROR(EncodeRow(rows.values()));
    MILLRACE_RETURN_IF_ERROR(stream.builder().AddRead(*version_, chunk_.bytes.view(), invalid_));
    MILLRACE_RETURN_IF_ERROR(stream.HandOver());
    if (++count % kCheckEveryKeylessRows == 0 && !Wanted()) {
      return absl::CancelledError("the snapshot has been paused, canceled or stopped");
    }
  }
}

}  // namespace millrace::snapshot
