// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/flavour.h"
#include "model/text_value.h"
#include "schema/table_version.h"
#include "transcode/row_plan.h"
#include "wire/buffer.h"

namespace millrace::transcode {

// Encodes rows of a query as the same protobuf bytes as rows of the binlog. The plan has the
// expression to select for each column and the encoding of its text. Immutable, but only one thread
// at a time may use it because of its scratch buffers.
class SelectPlan {
 public:
  // `flavour` is that of the source; so far the query is the same for both. kUnimplemented
  // COLUMN_TYPE_UNKNOWN, CHARSET_UNKNOWN: names the column.
  static absl::StatusOr<std::unique_ptr<SelectPlan>> Compile(schema::TableVersionPtr table,
                                                             Flavour flavour);
  ~SelectPlan();

  const schema::TableVersionPtr& table() const;
  // `expression, expression …`: the list to SELECT, with an expression for each captured column.
  // The session must have RowReadingSettings (mysql/session_settings.h): results in the columns'
  // character sets, UTC, a suitable sql_mode.
  const std::string& select_list() const;
  size_t value_count() const;

  // Appends the fields of one row to `out` as the content of a row message, with the same bytes as
  // RowPlan::EncodeImage of the same row. `values` has value_count() entries. Text that its charset
  // does not allow, or that is ambiguous, is added to `invalid`; its bytes are in `values` or in
  // the plan and valid until a call with empty `invalid`. On failure `out` is unchanged. kDataLoss
  // ROW_UNDECODABLE: a value does not belong to its column's type; names table and column.
  absl::Status EncodeRow(const TextValue* values, wire::Buffer& out,
                         std::vector<InvalidText>& invalid);

  // SQL conditions to continue after a row just read: they compare column `column_index` with the
  // row's `value`, in the order of ORDER BY the column. `value` must not be NULL. The source can
  // evaluate them with ranges of an index, except for a SET. The source rejects literals of bytes
  // that are not text in their charset. kUnimplemented COLUMN_TYPE_UNKNOWN: values of the type have
  // no order. kDataLoss ROW_UNDECODABLE: as in EncodeRow.
  struct Comparison {
    std::string equal;
    std::string greater;  // empty if the value is the greatest of the type
    std::string at_least;
  };
  absl::StatusOr<Comparison> CompareWith(size_t column_index, std::string_view value) const;
  // Index in `values` of column `column_index` of the table version; nullopt if it is not captured.
  std::optional<size_t> ValueIndex(size_t column_index) const;

 private:
  class State;
  explicit SelectPlan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace::transcode
