// SPDX-License-Identifier: Apache-2.0

#include "kafka/change_reader.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "kafka/encoding_errors.h"
#include "log/damage.h"
#include "millrace/v1/change_feed.pb.h"
#include "wire/change.h"
#include "wire/transaction.h"

namespace millrace::kafka {
namespace {

bool IsRow(uint8_t operation) {
  return operation == v1::OPERATION_INSERT || operation == v1::OPERATION_UPDATE ||
         operation == v1::OPERATION_DELETE || operation == v1::OPERATION_READ;
}

void SetImage(const wire::ImageView& image, RowView& row) {
  row.present = image.present;
  row.bytes = image.row;
  row.unknown.clear();
  wire::NumberReader numbers(image.unknown);
  for (uint32_t number = 0; numbers.Next(number);) row.unknown.push_back(number);
  row.invalid.clear();
}

bool ParseChange(std::string_view bytes, ChangeView& change) {
  wire::ChangeView view;
  if (!wire::ParseChange(bytes, view)) return false;
  change.bytes = bytes;
  change.sequence = view.sequence;
  change.operation = view.operation;
  change.database = view.database;
  change.table = view.table;
  SetImage(view.before, change.before);
  SetImage(view.after, change.after);
  wire::TextReader texts(view.texts);
  for (wire::TextView text; texts.Next(text);) {
    if (text.ambiguous) continue;
    (text.in_before ? change.before : change.after)
        .invalid.emplace_back(text.field_number, text.value);
  }
  change.statement = view.schema_change.statement;
  change.default_database = view.schema_change.default_database;
  change.statement_tables.clear();
  wire::NameReader names(view.schema_change.tables);
  for (std::string_view name; names.Next(name);) change.statement_tables.push_back(name);
  return true;
}

bool HasExpectedImages(const ChangeView& change) {
  const bool before =
      change.operation == v1::OPERATION_UPDATE || change.operation == v1::OPERATION_DELETE;
  const bool after = IsRow(change.operation) && change.operation != v1::OPERATION_DELETE;
  return change.before.present == before && change.after.present == after;
}

bool ParseTransaction(std::string_view bytes, TransactionView& transaction) {
  wire::TransactionHeader header;
  if (!wire::ParseHeader(bytes, header)) return false;
  transaction = {.gtid = header.gtid,
                 .commit_time = header.commit_time,
                 .server_id = header.server_id,
                 .file = header.file,
                 .position = header.position};
  return true;
}

}  // namespace

void ChangeReader::Open(feed::FramePtr frame, Sequence from) {
  frame_ = std::move(frame);
  segment_ = run_ = 0;
  segment_first_ = run_first_ = frame_->first();
  has_transaction_ = false;
  run_open_ = false;
  next_ = std::max(from, frame_->first());
  const std::vector<log::Run>& runs = frame_->runs();
  while (run_ < runs.size() && run_first_.value + runs[run_].change_count <= next_.value) {
    SkipRun();
  }
}

absl::StatusOr<const ChangeView*> ChangeReader::Next() {
  if (frame_ == nullptr) return nullptr;
  while (run_ < frame_->runs().size()) {
    if (!run_open_) {
      if (!IsRunMirrored(frame_->runs()[run_])) {
        SkipRun();
        continue;
      }
      MILLRACE_RETURN_IF_ERROR(OpenRun());
    }
    if (remaining_changes_ == 0) {
      if (!remaining_.empty()) return Damaged("its run has extra bytes");
      SkipRun();
      continue;
    }
    MILLRACE_RETURN_IF_ERROR(ReadChange());
    if (frame_->runs()[run_].table_id == 0 && !IsStatementMirrored()) continue;
    change_.last_of_transaction = IsLastOfTransaction();
    return &change_;
  }
  return nullptr;
}

void ChangeReader::SkipRun() {
  run_first_.value += frame_->runs()[run_].change_count;
  next_ = std::max(next_, run_first_);
  ++run_;
  run_open_ = false;
}

absl::Status ChangeReader::OpenRun() {
  const log::Run& run = frame_->runs()[run_];
  MILLRACE_RETURN_IF_ERROR(ReadTransaction());
  remaining_ = ByteReader(frame_->payload().substr(run.offset, run.size));
  remaining_changes_ = run.change_count;
  for (Sequence skipped = run_first_; skipped < next_; skipped = skipped.next()) {
    std::string_view change;
    if (!wire::NextChange(remaining_, change)) return Damaged("it cannot be located in its run");
    --remaining_changes_;
  }
  change_.version = registry_.FindAt(run.table_id, next_);
  const Sequence last{run_first_.value + run.change_count - 1};
  single_version_ = registry_.FindAt(run.table_id, last) == change_.version;
  run_open_ = true;
  return absl::OkStatus();
}

absl::Status ChangeReader::ReadTransaction() {
  const std::vector<log::Segment>& segments = frame_->segments();
  while (segment_ < segments.size() &&
         run_ >= size_t{segments[segment_].first_run} + segments[segment_].run_count) {
    segment_first_.value += segments[segment_].change_count;
    ++segment_;
  }
  if (segment_ >= segments.size()) return Damaged("it belongs to no transaction");
  if (has_transaction_ && transaction_segment_ == segment_) return absl::OkStatus();
  const log::Segment& segment = segments[segment_];
  const std::string_view header =
      frame_->payload().substr(segment.header_offset, segment.header_size);
  if (!ParseTransaction(header, change_.transaction)) return Damaged("malformed transaction");
  if (segment.changes_before >= segment_first_.value) return Damaged("malformed transaction");
  change_.transaction.first = {segment_first_.value - segment.changes_before};
  transaction_segment_ = segment_;
  has_transaction_ = true;
  return absl::OkStatus();
}

absl::Status ChangeReader::ReadChange() {
  const log::Run& run = frame_->runs()[run_];
  std::string_view bytes;
  if (!wire::NextChange(remaining_, bytes) || !ParseChange(bytes, change_))
    return Damaged("malformed");
  if (change_.sequence != next_) return Damaged("it has the wrong sequence");
  if (change_.operation != run.operation || !HasExpectedImages(change_)) {
    return Damaged("its operation, rows and index entry contradict each other");
  }
  if (!single_version_) change_.version = registry_.FindAt(run.table_id, next_);
  if (IsRow(change_.operation)) {
    if (change_.version == nullptr) return Damaged("the definition of its table is missing");
    const TableName& name = change_.version->name;
    if (change_.database != name.database || change_.table != name.table) {
      return Damaged("its table is not that of its index entry");
    }
  }
  --remaining_changes_;
  next_ = next_.next();
  return absl::OkStatus();
}

bool ChangeReader::IsRunMirrored(const log::Run& run) {
  // Table id 0 is a run of statements: Next checks each of them.
  if (scope_ == Scope::kAll || run.table_id == 0) return true;
  if (run.table_id < mirrored_.size() && mirrored_[run.table_id] != Mirrored::kUnknown) {
    return mirrored_[run.table_id] == Mirrored::kYes;
  }
  const auto name = registry_.NameOf(run.table_id);
  // Reading the run reports the missing definition.
  if (!name.has_value()) return true;
  const bool wanted = routes_.IsMirrored(name->database, name->table);
  // The registry assigns consecutive ids, so this vector is no longer than its list of tables.
  if (run.table_id >= mirrored_.size())
    mirrored_.resize(size_t{run.table_id} + 1, Mirrored::kUnknown);
  mirrored_[run.table_id] = wanted ? Mirrored::kYes : Mirrored::kNo;
  return wanted;
}

bool ChangeReader::IsStatementMirrored() const {
  if (scope_ == Scope::kAll) return true;
  if (routes_.IsMirrored(change_.database, change_.table)) return true;
  return std::any_of(change_.statement_tables.begin(), change_.statement_tables.end(),
                     [this](std::string_view name) {
                       const size_t dot = name.find('.');
                       return dot != std::string_view::npos &&
                              routes_.IsMirrored(name.substr(0, dot), name.substr(dot + 1));
                     });
}

bool ChangeReader::IsLastOfTransaction() const {
  const log::Segment& segment = frame_->segments()[segment_];
  return !segment.more && next_.value == segment_first_.value + segment.change_count;
}

absl::Status ChangeReader::Damaged(std::string_view what) const {
  return log::LogDamaged(fmt::format("change {} in the frame at {} is damaged: {}", next_.value,
                                     frame_->first().value, what),
                         {{"sequence", fmt::format("{}", next_.value)}}, kRewindPastDamage);
}

}  // namespace millrace::kafka
