// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "model/sequence.h"

// Reading of changes. All views are into the bytes given to ParseChange, which must outlive them.
// Nothing here allocates but AppendReadChange.
namespace millrace::wire {

// A row image of a change.
struct ImageView {
  bool present = false;
  std::string_view row;      // the row message
  bool partial = false;      // columns are unknown
  std::string_view unknown;  // numbers of their fields, for NumberReader
};

// An InvalidText or AmbiguousText of a change.
struct TextView {
  uint32_t field_number = 0;
  bool in_before = false;
  bool ambiguous = false;
  std::string_view charset;  // of an InvalidText
  std::string_view value;
};

struct SchemaChangeView {
  std::string_view statement;
  std::string_view default_database;
  std::string_view tables;  // for NameReader
};

// A millrace.v1.Change.
struct ChangeView {
  std::string_view bytes;  // all of it
  Sequence sequence;
  uint8_t operation = 0;  // millrace.v1.Operation
  std::string_view database;
  std::string_view table;
  ImageView before;
  ImageView after;
  std::string_view texts;  // for TextReader; usually empty
  SchemaChangeView schema_change;
};

// False: the bytes are no Change of a log; then `change` is of no use. What the readers below go
// through is checked here, so that they need no check.
[[nodiscard]] bool ParseChange(std::string_view bytes, ChangeView& change);

// The numbers in ImageView::unknown.
class NumberReader {
 public:
  explicit NumberReader(std::string_view packed) : reader_(packed) {}
  // False at the end.
  bool Next(uint32_t& number);
  bool ok() const { return reader_.ok(); }

 private:
  ByteReader reader_;
};

// The elements of ChangeView::texts, of both images and both kinds, in the order of the change.
class TextReader {
 public:
  explicit TextReader(std::string_view texts) : reader_(texts) {}
  // False at the end.
  bool Next(TextView& text);

 private:
  ByteReader reader_;
};

// The names in SchemaChangeView::tables: `database.table`.
class NameReader {
 public:
  explicit NameReader(std::string_view tables) : reader_(tables) {}
  // False at the end.
  bool Next(std::string_view& name);

 private:
  ByteReader reader_;
};

// A READ of the row that a parsed change left. It has the fields of the change but for those that
// concern the row before. Requires: the change has a row after it.

// How many bytes its Change takes.
size_t ReadChangeSize(const ChangeView& change);
// Appends it as an element of Transaction.changes; `bytes` is ReadChangeSize(change).
void AppendReadChange(const ChangeView& change, size_t bytes, std::string& changes);

}  // namespace millrace::wire
