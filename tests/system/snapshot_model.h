// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::testing {

// The tables of a subscriber that applies READs and changes in order: row bytes by key bytes, as
// received. The READs of a table without a key are all of its rows, so earlier rows no longer
// count. A change that contradicts the known rows is a violation, described in words.
class SnapshotModel {
 public:
  // Follows this table; others are ignored. `key_fields`: field numbers of the key; empty: no key.
  void AddTable(const std::string& table, std::vector<uint32_t> key_fields);

  // Applies a change and checks: sequences have no gap (if the request has no filter); a before
  // image, or a READ, of a known key has the known bytes; a row appears only where none is known.
  void Apply(const v1::Change& change);
  // From now on every before image must be known: the log has all rows of the tables.
  void ExpectAllKnown() { all_known_ = true; }
  // Sequences may have gaps.
  void AllowGaps() { gaps_allowed_ = true; }

  // For a stream that started at SNAPSHOT: first the current rows, each once and in any order, then
  // their changes.
  void ExpectCatchUp() { catching_up_ = gaps_allowed_ = true; }

  // The first few; empty if there are none.
  const std::vector<std::string>& violations() const { return violations_; }
  // Table and key of the first violation that concerns a row.
  const std::string& first_table() const { return first_table_; }
  const std::string& first_key() const { return first_key_; }

  struct Counts {
    uint64_t reads = 0;
    uint64_t changes = 0;         // other than READ
    uint64_t amid_reads = 0;      // changes between the first and the last READ
    uint64_t repeated_reads = 0;  // of rows already known
    std::map<std::string, uint64_t> reads_by_table;
  };
  const Counts& counts() const { return counts_; }
  uint64_t newest() const { return newest_; }

  // The rows of a table, as values of an Any, and its type URL. Repeats equal rows of a table
  // without a key.
  std::vector<std::string> Rows(const std::string& table) const;
  const std::string& TypeUrl(const std::string& table) const;
  // The key bytes of a row; for a table without a key, the row.
  std::string KeyOf(const std::string& table, std::string_view row) const;

 private:
  struct Table {
    std::vector<uint32_t> key_fields;
    std::string type_url;
    bool reading = false;                                   // the previous change was a READ
    absl::flat_hash_map<std::string, std::string> rows;     // by key
    absl::flat_hash_map<std::string, uint64_t> row_counts;  // without a key
  };
  using Fields = std::map<uint32_t, std::string>;

  void CheckSequence(const v1::Change& change);
  void ApplySchemaChange(const v1::Change& change);
  void ApplyKeyed(Table& table, const v1::Change& change);
  void ApplyKeyless(Table& table, const v1::Change& change);
  void Remove(Table& table, const v1::Change& change, const std::string& key);
  void Put(Table& table, const v1::Change& change, const std::string& key, std::string row);
  // The complete row after a partial change. Empty: the row before it is unknown.
  std::string Merged(const Table& table, const v1::Change& change) const;
  void Violate(const v1::Change& change, const std::string& key, const std::string& what);

  std::map<std::string, Table> tables_;
  Counts counts_;
  uint64_t newest_ = 0;
  uint64_t changes_at_first_read_ = 0;
  bool all_known_ = false;
  bool gaps_allowed_ = false;
  bool catching_up_ = false;
  std::vector<std::string> violations_;
  std::string first_table_;
  std::string first_key_;
};

// The fields of a message by number, each as its bytes with the tag. Aborts on bytes that are not a
// message.
std::map<uint32_t, std::string> FieldsOf(std::string_view message);
std::string HexText(std::string_view bytes);

}  // namespace millrace::testing
