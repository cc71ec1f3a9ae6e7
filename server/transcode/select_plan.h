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

// How rows of a query become the same protobuf bytes as rows of the binlog: what to ask for each
// column, and how its text becomes a field. Immutable; used by one thread at a time because of its
// scratch buffers.
class SelectPlan {
 public:
  // `flavour`: who will answer; what is asked for is the same of both so far. kUnimplemented
  // COLUMN_TYPE_UNKNOWN, CHARSET_UNKNOWN: names the column.
  static absl::StatusOr<std::unique_ptr<SelectPlan>> Compile(schema::TableVersionPtr table,
                                                             Flavour flavour);
  ~SelectPlan();

  const schema::TableVersionPtr& table() const;
  // `expression, expression …`: what to SELECT, one value for each captured column, in a session
  // that has RowReadingSettings (mysql/session_settings.h): results in the columns' own character
  // sets, UTC, an sql_mode without surprises.
  const std::string& select_list() const;
  size_t value_count() const;

  // Appends the fields of one row to `out` as the content of a row message, exactly as
  // RowPlan::EncodeImage of the same row would. `values` has value_count() entries.
  // Text that its charset does not allow, or that is ambiguous, is added to `invalid`; the bytes of
  // those entries lie in `values` or in the plan, and are valid until a call with `invalid` empty.
  // On failure `out` is as before. kDataLoss ROW_UNDECODABLE: a value is no value of its column's
  // type; names table and column.
  absl::Status EncodeRow(const TextValue* values, wire::Buffer& out,
                         std::vector<InvalidText>& invalid);

  // Conditions in SQL that compare column `index` with the value it has in a row just read, exactly
  // and in the order of ORDER BY the column: for going on after that row. Not for NULL. The source
  // can answer them by ranges of an index, but for a SET. It refuses literals of
  // bytes that are no text of their charset. kUnimplemented COLUMN_TYPE_UNKNOWN: values of the type
  // have no order. kDataLoss ROW_UNDECODABLE: as for EncodeRow.
  struct Comparison {
    std::string equal;
    std::string greater;  // empty: the type has no greater value
    std::string at_least;
  };
  absl::StatusOr<Comparison> CompareWith(size_t column_index, std::string_view value) const;
  // Place in `values` of column `index` of the table version; nothing if it is not captured.
  std::optional<size_t> ValueIndex(size_t column_index) const;

 private:
  class State;
  explicit SelectPlan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace::transcode
