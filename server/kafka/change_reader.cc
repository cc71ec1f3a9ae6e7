// SPDX-License-Identifier: Apache-2.0

#include "kafka/change_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "feed/wire_field.h"
#include "fmt/format.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::kafka {
namespace {

using feed::NextField;
using feed::WireField;
using v1::Change;
using v1::Transaction;

// google.protobuf.Any.
constexpr uint32_t kAnyValue = 2;

bool IsRow(uint8_t operation) {
  return operation == v1::OPERATION_INSERT || operation == v1::OPERATION_UPDATE ||
         operation == v1::OPERATION_DELETE || operation == v1::OPERATION_READ;
}

void Clear(RowView& row) {
  row.present = false;
  row.bytes = {};
  row.unknown.clear();
  row.invalid.clear();
}

void Clear(ChangeView& change) {
  change.sequence = {};
  change.operation = 0;
  change.database = change.table = {};
  Clear(change.before);
  Clear(change.after);
  change.statement = change.default_database = {};
  change.statement_tables.clear();
}

bool ParseAny(std::string_view bytes, RowView& row) {
  if (row.present) return false;
  row.present = true;
  ByteReader reader(bytes);
  WireField field;
  while (NextField(reader, field)) {
    if (field.number == kAnyValue) row.bytes = field.value;
  }
  return reader.ok();
}

bool ParseNumbers(std::string_view packed, std::vector<uint32_t>& numbers) {
  ByteReader reader(packed);
  while (!reader.empty()) {
    const uint64_t number = reader.Varint();
    if (!reader.ok() || number > UINT32_MAX) return false;
    numbers.push_back(static_cast<uint32_t>(number));
  }
  return true;
}

bool ParseInvalid(std::string_view bytes, ChangeView& change) {
  uint64_t number = 0;
  bool in_before = false;
  std::string_view value;
  ByteReader reader(bytes);
  WireField field;
  while (NextField(reader, field)) {
    if (field.number == v1::InvalidText::kFieldNumberFieldNumber) number = field.varint;
    if (field.number == v1::InvalidText::kInBeforeFieldNumber) in_before = field.varint != 0;
    if (field.number == v1::InvalidText::kValueFieldNumber) value = field.value;
  }
  if (!reader.ok() || number > UINT32_MAX) return false;
  (in_before ? change.before : change.after)
      .invalid.emplace_back(static_cast<uint32_t>(number), value);
  return true;
}

bool ParseStatement(std::string_view bytes, ChangeView& change) {
  ByteReader reader(bytes);
  WireField field;
  while (NextField(reader, field)) {
    if (field.number == v1::SchemaChange::kStatementFieldNumber) change.statement = field.value;
    if (field.number == v1::SchemaChange::kDefaultDatabaseFieldNumber) {
      change.default_database = field.value;
    }
    if (field.number == v1::SchemaChange::kTablesFieldNumber) {
      change.statement_tables.push_back(field.value);
    }
  }
  return reader.ok();
}

bool ParseChange(std::string_view bytes, ChangeView& change) {
  Clear(change);
  change.bytes = bytes;
  ByteReader reader(bytes);
  WireField field;
  bool ok = true;
  while (ok && NextField(reader, field)) {
    switch (field.number) {
      case Change::kSequenceFieldNumber:
        change.sequence.value = field.varint;
        break;
      case Change::kOperationFieldNumber:
        ok = field.varint <= UINT8_MAX;
        change.operation = static_cast<uint8_t>(field.varint);
        break;
      case Change::kDatabaseFieldNumber:
        change.database = field.value;
        break;
      case Change::kTableFieldNumber:
        change.table = field.value;
        break;
      case Change::kBeforeFieldNumber:
        ok = ParseAny(field.value, change.before);
        break;
      case Change::kAfterFieldNumber:
        ok = ParseAny(field.value, change.after);
        break;
      case Change::kSchemaChangeFieldNumber:
        ok = ParseStatement(field.value, change);
        break;
      case Change::kBeforeUnknownFieldsFieldNumber:
        ok = ParseNumbers(field.value, change.before.unknown);
        break;
      case Change::kAfterUnknownFieldsFieldNumber:
        ok = ParseNumbers(field.value, change.after.unknown);
        break;
      case Change::kInvalidTextFieldNumber:
        ok = ParseInvalid(field.value, change);
        break;
      default:
        break;
    }
  }
  return ok && reader.ok();
}

bool HasImagesOfOperation(const ChangeView& change) {
  const bool before =
      change.operation == v1::OPERATION_UPDATE || change.operation == v1::OPERATION_DELETE;
  const bool after = IsRow(change.operation) && change.operation != v1::OPERATION_DELETE;
  return change.before.present == before && change.after.present == after;
}

bool ParseTime(std::string_view bytes, Micros& time) {
  const std::optional<feed::WireTimestamp> wire = feed::ParseTimestamp(bytes);
  if (!wire.has_value()) return false;
  time = static_cast<Micros>(wire->seconds * 1'000'000 + wire->nanos / 1000);
  return true;
}

bool ParseSource(std::string_view bytes, TransactionView& transaction) {
  uint64_t server_id = 0;
  ByteReader reader(bytes);
  WireField field;
  while (NextField(reader, field)) {
    if (field.number == v1::Source::kServerIdFieldNumber) server_id = field.varint;
    if (field.number == v1::Source::kFileFieldNumber) transaction.file = field.value;
    if (field.number == v1::Source::kPositionFieldNumber) transaction.position = field.varint;
  }
  transaction.server_id = static_cast<uint32_t>(server_id);
  return reader.ok() && server_id <= UINT32_MAX;
}

bool ParseTransaction(std::string_view header, TransactionView& transaction) {
  transaction = {};
  ByteReader reader(header);
  WireField field;
  bool ok = true;
  while (ok && NextField(reader, field)) {
    if (field.number == Transaction::kGtidFieldNumber) transaction.gtid = field.value;
    if (field.number == Transaction::kCommitTimeFieldNumber) {
      ok = ParseTime(field.value, transaction.commit_time);
    }
    if (field.number == Transaction::kSourceFieldNumber) {
      ok = ParseSource(field.value, transaction);
    }
  }
  return ok && reader.ok();
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
    PassRun();
  }
}

absl::StatusOr<const ChangeView*> ChangeReader::Next() {
  if (frame_ == nullptr) return nullptr;
  while (run_ < frame_->runs().size()) {
    if (!run_open_) {
      if (!WantsRun(frame_->runs()[run_])) {
        PassRun();
        continue;
      }
      MILLRACE_RETURN_IF_ERROR(OpenRun());
    }
    if (rest_changes_ == 0) {
      if (!rest_.empty()) return Damaged("bytes are left over");
      PassRun();
      continue;
    }
    MILLRACE_RETURN_IF_ERROR(TakeChange());
    if (frame_->runs()[run_].table_id == 0 && !WantsStatement()) continue;
    change_.last_of_transaction = IsLastOfTransaction();
    return &change_;
  }
  return nullptr;
}

void ChangeReader::PassRun() {
  run_first_.value += frame_->runs()[run_].change_count;
  next_ = std::max(next_, run_first_);
  ++run_;
  run_open_ = false;
}

absl::Status ChangeReader::OpenRun() {
  const log::Run& run = frame_->runs()[run_];
  MILLRACE_RETURN_IF_ERROR(OpenTransaction());
  rest_ = ByteReader(frame_->payload().substr(run.offset, run.size));
  rest_changes_ = run.change_count;
  for (Sequence passed = run_first_; passed < next_; passed = passed.next()) {
    rest_.Varint();
    rest_.Sized();
    --rest_changes_;
  }
  if (!rest_.ok()) return Damaged("its place cannot be found");
  change_.version = registry_.FindAt(run.table_id, next_);
  const Sequence last{run_first_.value + run.change_count - 1};
  one_version_ = registry_.FindAt(run.table_id, last) == change_.version;
  run_open_ = true;
  return absl::OkStatus();
}

absl::Status ChangeReader::OpenTransaction() {
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

absl::Status ChangeReader::TakeChange() {
  constexpr uint64_t kTag = Transaction::kChangesFieldNumber << 3 | 2;
  const log::Run& run = frame_->runs()[run_];
  const uint64_t tag = rest_.Varint();
  const std::string_view bytes = rest_.Sized();
  if (!rest_.ok() || tag != kTag || !ParseChange(bytes, change_)) return Damaged("malformed");
  if (change_.sequence != next_) return Damaged("it has another number");
  if (change_.operation != run.operation || !HasImagesOfOperation(change_)) {
    return Damaged("operation, rows and index do not agree");
  }
  if (!one_version_) change_.version = registry_.FindAt(run.table_id, next_);
  if (IsRow(change_.operation)) {
    if (change_.version == nullptr) return Damaged("the definition of its table is missing");
    const TableName& name = change_.version->name;
    if (change_.database != name.database || change_.table != name.table) {
      return Damaged("its table is another than the index says");
    }
  }
  --rest_changes_;
  next_ = next_.next();
  return absl::OkStatus();
}

bool ChangeReader::WantsRun(const log::Run& run) {
  // Statements are looked at one by one.
  if (scope_ == Scope::kAll || run.table_id == 0) return true;
  if (run.table_id < answers_.size() && answers_[run.table_id] != Answer::kUnknown) {
    return answers_[run.table_id] == Answer::kYes;
  }
  const auto name = registry_.NameOf(run.table_id);
  // Reading it will tell what is wrong.
  if (!name.has_value()) return true;
  const bool wanted = routes_.Wants(name->database, name->table);
  // The registry gives out numbers one after another, so this grows no further than its tables.
  if (run.table_id >= answers_.size()) answers_.resize(size_t{run.table_id} + 1, Answer::kUnknown);
  answers_[run.table_id] = wanted ? Answer::kYes : Answer::kNo;
  return wanted;
}

bool ChangeReader::WantsStatement() const {
  if (scope_ == Scope::kAll) return true;
  if (routes_.Wants(change_.database, change_.table)) return true;
  return std::any_of(change_.statement_tables.begin(), change_.statement_tables.end(),
                     [this](std::string_view name) {
                       const size_t dot = name.find('.');
                       return dot != std::string_view::npos &&
                              routes_.Wants(name.substr(0, dot), name.substr(dot + 1));
                     });
}

bool ChangeReader::IsLastOfTransaction() const {
  const log::Segment& segment = frame_->segments()[segment_];
  return !segment.more && next_.value == segment_first_.value + segment.change_count;
}

absl::Status ChangeReader::Damaged(std::string_view what) const {
  return MakeError(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                   fmt::format("change {} in the frame at {} is damaged: {}; restore the log, or "
                               "rewind the mirror behind it",
                               next_.value, frame_->first().value, what),
                   {{"sequence", fmt::format("{}", next_.value)}});
}

}  // namespace millrace::kafka
