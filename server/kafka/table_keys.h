// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/name_glob.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// Chooses the key columns of a table's records: those that the configuration names, else the
// primary key. Immutable; thread-safe.
class TableKeys {
 public:
  // `keys`: entries `database.table-pattern: column, column`; the first matching entry counts.
  // Quote names with `,`, backquotes or outer blanks in backquotes, and double backquotes inside.
  // kInvalidArgument: an entry is malformed; the message names it and the expected form.
  static absl::StatusOr<TableKeys> Parse(const std::vector<std::string>& keys);

  // Returns indexes into `version.columns`, in key order. Empty for a table without a key, and if a
  // column of its primary key is not captured, since different rows could then have equal keys.
  // kFailedPrecondition MIRROR_UNENCODABLE: the configuration names a column that does not exist or
  // is not captured.
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
