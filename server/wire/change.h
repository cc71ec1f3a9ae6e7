// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "model/sequence.h"

// Parses changes. All views point into the bytes passed to ParseChange, which must outlive them.
// Only AppendAsRead allocates.
namespace millrace::wire {

// A row image of a change.
struct ImageView {
  bool present = false;
  std::string_view row;      // the serialized row message
  bool partial = false;      // the image lacks columns
  std::string_view unknown;  // field numbers of these columns, for NumberReader
};

// An InvalidText or AmbiguousText of a change.
struct TextView {
  uint32_t field_number = 0;
  bool in_before = false;
  bool ambiguous = false;
  std::string_view charset;  // only of an InvalidText
  std::string_view value;
};

struct SchemaChangeView {
  std::string_view statement;
  std::string_view default_database;
  std::string_view tables;  // for NameReader
};

// A millrace.v1.Change.
struct ChangeView {
  std::string_view bytes;  // the whole message
  Sequence sequence;
  uint8_t operation = 0;  // millrace.v1.Operation
  std::string_view database;
  std::string_view table;
  ImageView before;
  ImageView after;
  std::string_view texts;  // for TextReader; usually empty
  SchemaChangeView schema_change;
};

// False: the bytes are not a valid Change, and the content of `change` is unspecified. Also
// validates the bytes that the readers below iterate over, so that they cannot fail later.
[[nodiscard]] bool ParseChange(std::string_view bytes, ChangeView& change);

// Iterates over the field numbers in ImageView::unknown.
class NumberReader {
 public:
  explicit NumberReader(std::string_view packed) : reader_(packed) {}
  // False at the end.
  bool Next(uint32_t& number);
  bool ok() const { return reader_.ok(); }

 private:
  ByteReader reader_;
};

// Iterates over ChangeView::texts: elements of both images and both kinds, in their order in the
// change.
class TextReader {
 public:
  explicit TextReader(std::string_view texts) : reader_(texts) {}
  // False at the end.
  bool Next(TextView& text);

 private:
  ByteReader reader_;
};

// Iterates over the names in SchemaChangeView::tables, each `database.table`.
class NameReader {
 public:
  explicit NameReader(std::string_view tables) : reader_(tables) {}
  // False at the end.
  bool Next(std::string_view& name);

 private:
  ByteReader reader_;
};

// The two functions below convert a parsed change to one of operation READ with the same row after.
// They omit the row before, its texts and the lists of unknown fields. Requires: a row after.

// Returns the size of the READ's Change message in bytes.
size_t SizeAsRead(const ChangeView& change);
// Appends the READ as an element of Transaction.changes. `bytes` is SizeAsRead(change).
void AppendAsRead(const ChangeView& change, size_t bytes, std::string& changes);

}  // namespace millrace::wire
