// SPDX-License-Identifier: Apache-2.0

#include "feed/catch_up_tables.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "xxhash.h"

namespace millrace::feed {
namespace {

// The field numbers of the primary key. Empty unless all its columns are captured, because several
// rows may have the same values in only some of them.
std::vector<uint32_t> KeyOf(const schema::TableVersion& table) {
  std::map<uint32_t, uint32_t> fields;
  for (const schema::Column& column : table.columns) {
    if (column.key_ordinal == 0) continue;
    if (!column.captured) return {};
    fields.emplace(column.key_ordinal, column.field_number);
  }
  std::vector<uint32_t> key;
  for (const auto& [ordinal, field] : fields) {
    if (ordinal != key.size() + 1) return {};
    key.push_back(field);
  }
  return key;
}

// Rows that differ in an earlier key may be equal in a later one. Comparing all columns works under
// any key, as long as the log has complete rows.
std::vector<uint32_t> KeySince(Sequence begin, const schema::TableVersion& newest,
                               const schema::Registry& registry) {
  std::vector<uint32_t> key = KeyOf(newest);
  for (schema::TableVersionPtr version = registry.FindAt(newest.table_id, begin);
       version != nullptr && version->version < newest.version;
       version = registry.FindNext(*version)) {
    if (KeyOf(*version) != key) return {};
  }
  return key;
}

uint64_t DigestOf(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  std::string bytes;
  for (const std::string& text : texts) AppendSized(bytes, text);
  return XXH3_64bits(bytes.data(), bytes.size());
}

// Requires: `found.newest` is set.
void AddTable(const SnapshotTable& table, const schema::Registry& registry, CatchUpTables& found) {
  // Changes after `newest` must not affect a stream that started before them.
  const schema::TableVersionPtr version = registry.FindAt(table.table_id, found.newest);
  found.tables.push_back({.table_id = table.table_id,
                          .begin = table.begin,
                          .key = transcode::RowKey(KeySince(table.begin, *version, registry))});
  found.begin = std::min(found.begin, table.begin);
}

}  // namespace

std::optional<CatchUpTables> FindCatchUpTables(const Feed& feed, const coverage::Coverage& coverage,
                                               const schema::Registry& registry,
                                               const TablePatterns& patterns,
                                               std::optional<Sequence> newest) {
  const Sequence published = feed.range().newest;
  const Sequence oldest = feed.log().range().oldest;
  CatchUpTables found{.newest = newest.value_or(published)};
  found.begin = found.newest.next();
  std::vector<std::string> texts;
  for (const auto& [name, table] : coverage.List()) {
    if (!patterns.Matches(name.database, name.table)) continue;
    if (!table.HoldsAllRows(oldest)) {
      found.missing.push_back(name);
      continue;
    }
    if (table.begin > found.newest) continue;
    texts.push_back(fmt::format("{}\n{}", table.begin.value, name.ToString()));
    const schema::TableVersionPtr version = registry.Find(name);
    // The table has had no row so far.
    if (version == nullptr) continue;
    AddTable({.table_id = version->table_id, .begin = table.begin}, registry, found);
  }
  // Coverage and definitions are updated after the log, and before readers see the same changes. If
  // the log's newest change is published, they match it.
  if (feed.log().range().newest != published) return std::nullopt;
  found.digest = DigestOf(std::move(texts));
  return found;
}

absl::StatusOr<CatchUpTables> CatchUpTablesOf(const Token& token, const schema::Registry& registry,
                                              const TablePatterns& patterns) {
  const auto malformed = [] {
    return MakeError(reason::kTokenMalformed,
                     "the resume token names tables that the request does not: send it exactly "
                     "as it was received");
  };
  if (!token.catch_up.has_value() || !token.catch_up->tables.has_value()) return malformed();
  CatchUpTables found{.newest = token.sequence};
  found.begin = found.newest.next();
  found.digest = token.catch_up->tables_digest;
  for (const SnapshotTable& table : *token.catch_up->tables) {
    const std::optional<TableName> name = registry.NameOf(table.table_id);
    const bool known = name.has_value() && registry.Find(table.table_id) != nullptr;
    if (!known || !patterns.Matches(name->database, name->table)) return malformed();
    AddTable(table, registry, found);
  }
  return found;
}

uint64_t DigestOfPatterns(std::vector<std::string> patterns) {
  return DigestOf(std::move(patterns));
}

}  // namespace millrace::feed
