// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "millrace/row_text.h"
#include "millrace/v1/change_feed.pb.h"
#include "terminal.h"

namespace millrace::command {

// Formats changes as lines of text.
class ChangeLine {
 public:
  struct Options {
    bool colour = false;
    // Do not cut long values.
    bool full = false;
  };
  // A row that the change does not have is empty.
  struct Rows {
    std::vector<client::ColumnText> before;
    std::vector<client::ColumnText> after;
  };

  explicit ChangeLine(const Options& options) : options_(options), paint_(options.colour) {}

  // `2030-05-01T12:30:00.000250Z  3e11fa47-…:23  lag 1.2 ms` and a line break.
  std::string Header(const v1::Transaction& transaction, absl::Time now) const;

  // `  update    shop.customers  id=7  email=a@b.se→c@d.se` and a line break. Key columns come
  // first. An update shows only key columns and changed columns, unless the table has no key. Both
  // rows must have the same type, as RowTypes::UnpackRows returns them. Table names are padded to
  // the longest so far.
  std::string Line(const v1::Change& change, const Rows& rows);

 private:
  std::string Values(const std::vector<client::ColumnText>& row) const;
  std::string UpdateValues(const Rows& rows) const;
  std::string SchemaText(const v1::SchemaChange& change) const;
  std::string Named(const client::ColumnText& column, const std::string& value) const;
  std::string Value(const client::ColumnText& column, Tone tone) const;

  const Options options_;
  const Paint paint_;
  size_t table_width_ = 0;
};

}  // namespace millrace::command
