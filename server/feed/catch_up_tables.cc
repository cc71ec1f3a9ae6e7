// SPDX-License-Identifier: Apache-2.0

#include "feed/catch_up_tables.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "fmt/format.h"
#include "xxhash.h"

namespace millrace::feed {
namespace {

// Empty unless all columns of the primary key are captured: what is left of it may be the same in
// several rows.
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

uint64_t DigestOf(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  std::string bytes;
  for (const std::string& text : texts) AppendSized(bytes, text);
  return XXH3_64bits(bytes.data(), bytes.size());
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
    // Without a row so far.
    if (version == nullptr) continue;
    found.tables.push_back(
        {.table_id = version->table_id, .begin = table.begin, .key = KeyOf(*version)});
    found.begin = std::min(found.begin, table.begin);
  }
  // Coverage and definitions move behind the log and before readers are told of the same changes:
  // if the log has not moved beyond what readers see, they belong to it.
  if (feed.log().range().newest != published) return std::nullopt;
  found.digest = DigestOf(std::move(texts));
  return found;
}

uint64_t DigestOfPatterns(std::vector<std::string> patterns) {
  return DigestOf(std::move(patterns));
}

}  // namespace millrace::feed
