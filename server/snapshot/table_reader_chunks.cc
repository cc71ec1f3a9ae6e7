// SPDX-License-Identifier: Apache-2.0

// The part of TableReader that reads tables with a key.

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/read_marks.h"
#include "snapshot/chunk_query.h"
#include "snapshot/reads_header.h"
#include "snapshot/table_reader.h"

namespace millrace::snapshot {
namespace {

// How often to check whether the job is still wanted.
constexpr size_t kCheckEveryRows = 256;

}  // namespace

absl::StatusOr<bool> TableReader::ReadChunk() {
  MILLRACE_ASSIGN_OR_RETURN(const ReadWindow window, windows_.Open());
  MILLRACE_RETURN_IF_ERROR(windows_.WaitUntilVisible(window));
  const Micros began_at = parts_.clock.SteadyMicros();
  const absl::Status filled = FillChunk();
  const Micros took = parts_.clock.SteadyMicros() - began_at;
  MILLRACE_RETURN_IF_ERROR(windows_.EndRead());
  MILLRACE_RETURN_IF_ERROR(filled);
  MILLRACE_ASSIGN_OR_RETURN(const std::string difference, FindDefinitionChange());
  if (!difference.empty()) return RestartBecause(difference);
  Verdict verdict = Verdict::kTaken;
  MILLRACE_RETURN_IF_ERROR(Offer(window, verdict));
  if (verdict == Verdict::kChanged) return RestartBecause(kStatementSeen);
  if (verdict == Verdict::kRepeat) {
    assignment_.progress.set_chunks_repeated(assignment_.progress.chunks_repeated() + 1);
    size_.Halve();
    parts_.jobs.Update(assignment_);
    return false;
  }
  parts_.jobs.Update(assignment_);
  size_.NoteChunk(chunk_.rows.size(), chunk_.bytes.size(), took);
  consecutive_changes_ = 0;
  if (chunk_.last) return true;
  WaitForPace(chunk_.rows.size());
  return false;
}

absl::StatusOr<std::string> TableReader::QueryForChunk() const {
  ChunkQuery query{.table = assignment_.table,
                   .select_list = plan_->select_list(),
                   .index = key_->index,
                   .key_columns = key_->columns,
                   .after = {},
                   .condition = condition_,
                   .rows = RowsWanted()};
  for (int i = 0; i < assignment_.progress.last_key_size(); ++i) {
    MILLRACE_ASSIGN_OR_RETURN(
        transcode::SelectPlan::Comparison comparison,
        plan_->CompareWith(key_indexes_[static_cast<size_t>(i)], assignment_.progress.last_key(i)));
    query.after.push_back({.equal = std::move(comparison.equal),
                           .greater = std::move(comparison.greater),
                           .at_least = std::move(comparison.at_least)});
  }
  return QueryText(query);
}

uint64_t TableReader::RowsWanted() const {
  const uint64_t most = parts_.pace.rows_max();
  return most == 0 ? size_.rows() : std::min(size_.rows(), most);
}

absl::Status TableReader::FillChunk() {
  chunk_.Clear();
  MILLRACE_ASSIGN_OR_RETURN(const std::string sql, QueryForChunk());
  MILLRACE_ASSIGN_OR_RETURN(const auto rows, StreamPlanned(sql));
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const bool more, rows->Next());
    if (!more) break;
    MILLRACE_RETURN_IF_ERROR(AddRow(rows->values()));
    const bool check = chunk_.rows.size() % kCheckEveryRows == 0;
    if (check && !Wanted())
      return absl::CancelledError("the snapshot has been paused, canceled or stopped");
    // Rows became much larger. The next chunk reads the rest.
    if (chunk_.bytes.size() > 2 * options_.chunk_bytes_max) return absl::OkStatus();
  }
  chunk_.last = chunk_.rows.size() < RowsWanted();
  return absl::OkStatus();
}

absl::Status TableReader::AddRow(const TextValue* values) {
  Chunk::Row row{.offset = chunk_.bytes.size(), .key_offset = chunk_.keys.size()};
  MILLRACE_RETURN_IF_ERROR(EncodeRow(values));
  row.size = chunk_.bytes.size() - row.offset;
  if (!row_key_->Append({.message = chunk_.row(row), .texts = invalid_}, chunk_.keys)) {
    return MakeError(
        reason::kRowUndecodable,
        fmt::format("a row of table {} has no value for its key {}", name_, key_->index));
  }
  row.key_size = chunk_.keys.size() - row.key_offset;
  for (const transcode::InvalidText& text : invalid_) {
    chunk_.invalid.push_back({.row = chunk_.rows.size(),
                              .field_number = text.field_number,
                              .ambiguous = text.ambiguous,
                              .charset = std::string(text.charset),
                              .bytes = std::string(text.bytes)});
  }
  chunk_.rows.push_back(row);
  RememberLastKey(values);
  return absl::OkStatus();
}

// The next chunk starts after the last row of this one.
void TableReader::RememberLastKey(const TextValue* values) {
  chunk_.last_key.resize(key_indexes_.size());
  for (size_t i = 0; i < key_indexes_.size(); ++i) {
    chunk_.last_key[i] = values[*plan_->ValueIndex(key_indexes_[i])].view();
  }
}

absl::Status TableReader::Offer(const ReadWindow& window, Verdict& verdict) {
  absl::Status refused;
  MILLRACE_RETURN_IF_ERROR(windows_.RunAfterBinlogEnd([&](StreamAccess& stream) {
    refused = Take(stream, window, verdict);
    return absl::OkStatus();
  }));
  return refused;
}

absl::Status TableReader::Take(StreamAccess& stream, const ReadWindow& window, Verdict& verdict) {
  if (DefinitionChanged(stream)) {
    verdict = Verdict::kChanged;
    return absl::OkStatus();
  }
  const auto wanted = ChooseRows(*stream.live_changes().Find(assignment_.table), window);
  if (!wanted.has_value()) {
    verdict = Verdict::kRepeat;
    return absl::OkStatus();
  }
  MILLRACE_ASSIGN_OR_RETURN(const uint64_t added, AddReads(stream, *wanted));
  Progress& progress = assignment_.progress;
  progress.set_rows_read(progress.rows_read() + added);
  progress.clear_error();
  progress.clear_error_reason();
  if (!chunk_.rows.empty()) {
    *progress.mutable_last_key() = {chunk_.last_key.begin(), chunk_.last_key.end()};
  }
  if (chunk_.last) {
    SetState(TableState::kDone, progress);
    Complete(stream);
    stream.live_changes().Stop(assignment_.table);
  }
  stream.AddRecord(Jobs::RecordOf(assignment_));
  stream.CountReads(assignment_.table, added);
  return absl::OkStatus();
}

// Chooses the rows that no change has touched. Nothing if touched keys were forgotten, or if
// neither the chunk nor the log has a touched row completely.
std::optional<std::vector<bool>> TableReader::ChooseRows(const TableChanges& changes,
                                                         const ReadWindow& window) const {
  if (!changes.Remembers(window.stamp)) return std::nullopt;
  std::vector<bool> wanted(chunk_.rows.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto touch = changes.TouchSince(window.stamp, chunk_.key(chunk_.rows[i]));
    if (touch == TableChanges::Touch::kPartial) return std::nullopt;
    wanted[i] = touch == TableChanges::Touch::kNone;
  }
  return wanted;
}

absl::StatusOr<uint64_t> TableReader::AddReads(StreamAccess& stream,
                                               const std::vector<bool>& wanted) {
  uint64_t added = 0;
  if (std::find(wanted.begin(), wanted.end(), true) == wanted.end()) return added;
  transcode::FrameBuilder& builder = stream.builder();
  const BinlogPlace place = stream.place();
  builder.BeginTransaction(HeaderOfReads(stream, place, parts_.clock));
  auto invalid = chunk_.invalid.begin();
  for (size_t i = 0; i < wanted.size(); ++i) {
    invalid_.clear();
    for (; invalid != chunk_.invalid.end() && invalid->row == i; ++invalid) {
      invalid_.push_back({.field_number = invalid->field_number,
                          .ambiguous = invalid->ambiguous,
                          .charset = invalid->charset,
                          .bytes = invalid->bytes});
    }
    if (!wanted[i]) continue;
    const absl::Status status = builder.AddRead(*version_, chunk_.row(chunk_.rows[i]), invalid_);
    if (!status.ok()) {
      builder.AbandonTransaction();
      return status;
    }
    ++added;
  }
  builder.EndTransaction();
  return added;
}

}  // namespace millrace::snapshot
