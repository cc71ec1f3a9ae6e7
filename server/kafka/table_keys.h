// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/name_glob.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// Which columns are the key of a table's records: those that configuration names, else the primary
// key. Immutable after Parse; thread-safe.
class TableKeys {
 public:
  // `keys`: `database.table-pattern: column, column`, the first that fits a table. Names that hold
  // `,` or a backquote, or blanks at an end, stand in backquotes, doubled inside.
  // kInvalidArgument: names the entry and what is wanted.
  static absl::StatusOr<TableKeys> Parse(const std::vector<std::string>& keys);

  // Places in `version.columns`, in the order of the key; none for a table without a key, and where
  // a column of its primary key is not captured, for without it rows could not be told apart.
  // kFailedPrecondition MIRROR_UNENCODABLE: configuration names a column that the table does not
  // have, or that is not captured.
  absl::StatusOr<std::vector<size_t>> ColumnsOf(const schema::TableVersion& version) const;

 private:
  struct Entry {
    std::string text;
    NameGlob database;
    NameGlob table;
    std::vector<std::string> columns;
  };
  static absl::StatusOr<Entry> ParseEntry(const std::string& text);

  std::vector<Entry> entries_;
};

}  // namespace millrace::kafka
