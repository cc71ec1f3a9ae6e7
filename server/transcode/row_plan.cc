// SPDX-License-Identifier: Apache-2.0

#include "transcode/row_plan.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "transcode/column_op.h"
#include "transcode/row_plan_state.h"

namespace millrace::transcode {
namespace {

// True if each of the first `count` bits is set.
bool AllSet(std::string_view bits, size_t count) {
  size_t i = 0;
  for (; count - i * 8 >= 8; ++i) {
    if (bits[i] != '\xff') return false;
  }
  const unsigned rest = (1u << count % 8) - 1;
  return rest == 0 || (static_cast<unsigned char>(bits[i]) & rest) == rest;
}

// Bit 0 of the options before an after image: a bitmap follows that marks the JSON values which are
// differences.
constexpr uint64_t kPartialJson = 1;

absl::Status MapMismatch(const schema::TableVersion& table, std::string_view what) {
  const std::string name = table.name.ToString();
  return MakeError(
      reason::kRowUndecodable,
      fmt::format("version {} of {} does not match the event: {}", table.version, name, what),
      {{"table", name}});
}

}  // namespace

RowPlan::State::State(schema::TableVersionPtr table, std::vector<ColumnOp> ops)
    : FieldWriter(std::move(table), std::move(ops)) {
  for (const ColumnOp& op : ops_) {
    if (op.is_json) ++json_columns_;
    if (schema::IsRowEnd(table_->columns[op.column].meaning)) row_end_ = op.column;
  }
  ends_.resize(ops_.size());
  documents_.resize(ops_.size());
  has_document_.resize(ops_.size());
}

absl::Status RowPlan::State::WalkError(const char* image) const {
  const std::string table = table_->name.ToString();
  const auto offset = static_cast<size_t>(failure_.at - image);
  const std::string column =
      failure_.column < ops_.size() ? table_->columns[failure_.column].name : std::string();
  return MakeError(reason::kRowUndecodable,
                   fmt::format("column `{}` of {}, byte {} of a row image: {}", column, table,
                               offset, failure_.problem),
                   {{"table", table}, {"column", column}, {"offset", fmt::format("{}", offset)}});
}

// Walks over the columns of the image at `at`, which begins with the NULL bits. Returns the end of
// the image, or null with failure_ set.
template <RowPlan::State::WalkMode kMode>
const char* RowPlan::State::WalkColumns(std::string_view present, std::string_view partial,
                                        const char* at, const char* const end) {
  constexpr bool kAll = kMode == WalkMode::kAllPresent || kMode == WalkMode::kRecordEnds;
  const char* const image = at;
  const size_t null_bytes = BytesOfBits(kAll ? ops_.size() : CountBits(present, ops_.size()));
  failure_ = {.column = ops_.size(), .at = at, .problem = kTruncated};
  if (static_cast<size_t>(end - at) < null_bytes) return nullptr;
  const std::string_view nulls(at, null_bytes);
  at += null_bytes;
  size_t null_index = 0;
  size_t json_index = 0;
  const size_t out_begin = out_->size();
  char* to = out_->Reserve(fixed_room_);
  for (const ColumnOp& op : ops_) {
    bool is_partial = false;
    // Every JSON column of the table has a bit, even if it is not in the image.
    if (kMode == WalkMode::kDifferences && op.is_json && !partial.empty()) {
      is_partial = HasBit(partial, json_index++);
    }
    if (!kAll && !HasBit(present, op.column)) continue;
    if (!HasBit(nulls, null_index++)) {
      const char* const from = at;
      std::string_view value;
      if (!TakeValue(op, at, end, value)) [[unlikely]]
        return nullptr;
      if (kMode == WalkMode::kKeepDocuments && op.is_json) {
        documents_[op.column] = value;
        has_document_[op.column] = true;
      }
      to = is_partial ? EncodeDifferences(op, value, to) : Encode(op, value, to);
      if (to == nullptr) [[unlikely]] {
        failure_ = {.column = op.column, .at = from, .problem = problem_};
        return nullptr;
      }
    }
    if (kMode == WalkMode::kRecordEnds) {
      ends_[op.column] = {.value = static_cast<size_t>(at - image),
                          .field = static_cast<size_t>(to - out_->data()) - out_begin};
    }
  }
  out_->Advance(to);
  return at;
}

template <RowPlan::State::WalkMode kMode>
absl::Status RowPlan::State::Walk(std::string_view present, std::string_view partial,
                                  std::string_view& rows) {
  const char* const end = rows.data() + rows.size();
  const size_t out_size = out_->size();
  return EndWalk(WalkColumns<kMode>(present, partial, rows.data(), end), out_size, rows);
}

// Requires: `at` is the result of the walk.
absl::Status RowPlan::State::EndWalk(const char* at, size_t out_size, std::string_view& rows) {
  if (at == nullptr) {
    out_->Truncate(out_size);
    return WalkError(rows.data());
  }
  rows.remove_prefix(static_cast<size_t>(at - rows.data()));
  return absl::OkStatus();
}

absl::Status RowPlan::State::StartWalk(std::string_view present, wire::Buffer& out,
                                       std::vector<InvalidText>& invalid) {
  if (present.size() != BytesOfBits(ops_.size())) {
    return MapMismatch(*table_, "the bitmap of present columns has a different size");
  }
  SetOutput(out, invalid);
  return absl::OkStatus();
}

absl::Status RowPlan::State::EncodeImage(std::string_view present, std::string_view& rows,
                                         wire::Buffer& out, std::vector<InvalidText>& invalid) {
  MILLRACE_RETURN_IF_ERROR(StartWalk(present, out, invalid));
  if (AllSet(present, ops_.size())) [[likely]]
    return Walk<WalkMode::kAllPresent>(present, {}, rows);
  return Walk<WalkMode::kSomePresent>(present, {}, rows);
}

absl::Status RowPlan::State::EncodeBeforeImage(std::string_view present, std::string_view& rows,
                                               wire::Buffer& out,
                                               std::vector<InvalidText>& invalid) {
  before_bytes_ = {};
  MILLRACE_RETURN_IF_ERROR(StartWalk(present, out, invalid));
  if (!AllSet(present, ops_.size())) return Walk<WalkMode::kSomePresent>(present, {}, rows);
  const std::string_view image = rows;
  MILLRACE_RETURN_IF_ERROR(Walk<WalkMode::kRecordEnds>(present, {}, rows));
  // With invalid text the fields cannot be copied, because the after image must report it too.
  if (invalid.empty()) before_bytes_ = image.substr(0, image.size() - rows.size());
  return absl::OkStatus();
}

absl::Status RowPlan::State::EncodeAfterImage(std::string_view present, std::string_view& rows,
                                              size_t before, wire::Buffer& out,
                                              std::vector<InvalidText>& invalid) {
  MILLRACE_RETURN_IF_ERROR(StartWalk(present, out, invalid));
  if (!AllSet(present, ops_.size())) return Walk<WalkMode::kSomePresent>(present, {}, rows);
  if (!HasSameNullsAsBefore(rows)) return Walk<WalkMode::kAllPresent>(present, {}, rows);
  const size_t out_size = out.size();
  return EndWalk(WalkChanged(rows, before), out_size, rows);
}

absl::Status RowPlan::State::EncodePartialUpdate(const binlog::Rows& event, std::string_view& rows,
                                                 wire::Buffer& before, wire::Buffer& after,
                                                 std::vector<InvalidText>& invalid) {
  const std::string_view whole = rows;
  const size_t before_size = before.size();
  MILLRACE_RETURN_IF_ERROR(StartWalk(event.present, before, invalid));
  std::fill(has_document_.begin(), has_document_.end(), false);
  const size_t invalid_before = invalid.size();
  MILLRACE_RETURN_IF_ERROR(Walk<WalkMode::kKeepDocuments>(event.present, {}, rows));
  for (size_t i = invalid_before; i < invalid.size(); ++i) invalid[i].in_before = true;
  absl::Status status = StartWalk(event.present_after, after, invalid);
  if (status.ok()) status = WalkDifferences(event.present_after, rows);
  if (status.ok()) return status;
  rows = whole;
  before.Truncate(before_size);
  return status;
}

// Walks over the after image of PARTIAL_UPDATE_ROWS: options, an optional bitmap, then a row image.
absl::Status RowPlan::State::WalkDifferences(std::string_view present, std::string_view& rows) {
  ByteReader reader(rows);
  const uint64_t options = reader.LengthEncoded();
  std::string_view partial;
  if ((options & kPartialJson) != 0) partial = reader.Bytes(BytesOfBits(json_columns_));
  if (!reader.ok() || options > kPartialJson) {
    failure_ = {.column = ops_.size(), .at = rows.data(), .problem = "unknown options of an image"};
    return WalkError(rows.data());
  }
  rows = reader.rest();
  lacks_document_ = false;
  absl::Status status = Walk<WalkMode::kDifferences>(present, partial, rows);
  if (status.ok() || !lacks_document_) return status;
  const std::string table = table_->name.ToString();
  return MakeError(
      reason::kPartialJsonWithoutBefore,
      fmt::format("a partial update of {} lacks the JSON document that it changes; set "
                  "binlog_row_value_options='' or binlog_row_image=FULL on the source",
                  table),
      {{"table", table}, {"column", table_->columns[failure_.column].name}});
}

absl::StatusOr<std::unique_ptr<RowPlan>> RowPlan::Compile(const binlog::TableMap& map,
                                                          schema::TableVersionPtr table) {
  if (map.columns.size() != table->columns.size()) {
    return MapMismatch(
        *table, fmt::format("{} columns instead of {}", map.columns.size(), table->columns.size()));
  }
  std::vector<ColumnOp> ops;
  ops.reserve(table->columns.size());
  for (size_t i = 0; i < map.columns.size(); ++i) {
    const schema::Column& column = table->columns[i];
    if (map.columns[i].type != column.type || map.columns[i].metadata != column.metadata) {
      return MapMismatch(*table, fmt::format("column `{}` has a different type", column.name));
    }
    MILLRACE_ASSIGN_OR_RETURN(ColumnOp op, CompileColumn(*table, i));
    ops.push_back(std::move(op));
  }
  auto state = std::make_unique<State>(std::move(table), std::move(ops));
  return std::unique_ptr<RowPlan>(new RowPlan(std::move(state)));
}

RowPlan::RowPlan(std::unique_ptr<State> state) : state_(std::move(state)) {}
RowPlan::~RowPlan() = default;

const schema::TableVersionPtr& RowPlan::table() const { return state_->table(); }
bool RowPlan::has_versions() const { return state_->has_versions(); }

absl::StatusOr<bool> RowPlan::TakeCurrent(const binlog::Rows& event, std::string_view& rows,
                                          binlog::Rows& current) {
  return state_->TakeCurrent(event, rows, current);
}

absl::Status RowPlan::EncodeImage(std::string_view present, std::string_view& rows,
                                  wire::Buffer& out, std::vector<InvalidText>& invalid) {
  return state_->EncodeImage(present, rows, out, invalid);
}

absl::Status RowPlan::EncodeBeforeImage(std::string_view present, std::string_view& rows,
                                        wire::Buffer& out, std::vector<InvalidText>& invalid) {
  return state_->EncodeBeforeImage(present, rows, out, invalid);
}

absl::Status RowPlan::EncodeAfterImage(std::string_view present, std::string_view& rows,
                                       size_t before, wire::Buffer& out,
                                       std::vector<InvalidText>& invalid) {
  return state_->EncodeAfterImage(present, rows, before, out, invalid);
}

absl::Status RowPlan::EncodePartialUpdate(const binlog::Rows& event, std::string_view& rows,
                                          wire::Buffer& before, wire::Buffer& after,
                                          std::vector<InvalidText>& invalid) {
  return state_->EncodePartialUpdate(event, rows, before, after, invalid);
}

std::vector<uint32_t> RowPlan::UnknownFields(std::string_view present) const {
  std::vector<uint32_t> fields;
  const std::vector<schema::Column>& columns = table()->columns;
  if (present.size() == BytesOfBits(columns.size()) && AllSet(present, columns.size())) [[likely]]
    return fields;
  for (size_t i = 0; i < columns.size(); ++i) {
    const bool is_present = i / 8 < present.size() && HasBit(present, i);
    if (columns[i].captured && !is_present) fields.push_back(columns[i].field_number);
  }
  return fields;
}

}  // namespace millrace::transcode
