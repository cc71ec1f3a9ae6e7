// SPDX-License-Identifier: Apache-2.0

#include "wire/change.h"

#include "wire/buffer.h"
#include "wire/field.h"
#include "wire/layout.h"

namespace millrace::wire {
namespace {

using layout::Change;

// AmbiguousText and InvalidText have the first two fields in common.
static_assert(layout::InvalidText::kFieldNumber == layout::AmbiguousText::kFieldNumber &&
              layout::InvalidText::kInBefore == layout::AmbiguousText::kInBefore);

// Extends `range`, initially empty, to the end of `part`, which follows it in the same bytes.
void Extend(std::string_view& range, std::string_view part) {
  if (range.empty()) {
    range = part;
  } else {
    range = {range.data(), static_cast<size_t>(part.data() + part.size() - range.data())};
  }
}

// False also for a second image of the same kind, which no writer produces.
bool ParseImage(std::string_view any, ImageView& image) {
  if (image.present) return false;
  image.present = true;
  ByteReader reader(any);
  Field field;
  while (NextField(reader, layout::Any::kTypes, field)) {
    if (field.number == layout::Any::kValue) image.row = field.value;
  }
  return reader.ok();
}

bool ParseUnknown(std::string_view packed, ImageView& image) {
  if (image.partial) return false;
  image.partial = true;
  image.unknown = packed;
  NumberReader reader(packed);
  uint32_t number = 0;
  while (reader.Next(number)) continue;
  return reader.ok();
}

template <typename Layout>
bool ParseText(std::string_view bytes, TextView& text) {
  uint64_t number = 0;
  ByteReader reader(bytes);
  Field field;
  while (NextField(reader, Layout::kTypes, field)) {
    if (field.number == Layout::kFieldNumber) number = field.varint;
    if (field.number == Layout::kInBefore) text.in_before = field.varint != 0;
    if (field.number == Layout::kValue) text.value = field.value;
    if constexpr (requires { Layout::kCharset; }) {
      if (field.number == Layout::kCharset) text.charset = field.value;
    }
  }
  text.field_number = static_cast<uint32_t>(number);
  return reader.ok() && number <= UINT32_MAX;
}

bool IsText(const Field& field) {
  return field.number == Change::kInvalidText || field.number == Change::kAmbiguousText;
}

// Requires: IsText(field).
bool ParseText(const Field& field, TextView& text) {
  text = {};
  text.ambiguous = field.number == Change::kAmbiguousText;
  return text.ambiguous ? ParseText<layout::AmbiguousText>(field.value, text)
                        : ParseText<layout::InvalidText>(field.value, text);
}

bool TakeText(const Field& field, ChangeView& change) {
  Extend(change.texts, field.tagged);
  TextView text;
  return ParseText(field, text);
}

bool ParseSchemaChange(std::string_view bytes, SchemaChangeView& change) {
  using layout::SchemaChange;
  ByteReader reader(bytes);
  Field field;
  while (NextField(reader, SchemaChange::kTypes, field)) {
    if (field.number == SchemaChange::kStatement) change.statement = field.value;
    if (field.number == SchemaChange::kDefaultDatabase) change.default_database = field.value;
    if (field.number == SchemaChange::kTables) Extend(change.tables, field.tagged);
  }
  return reader.ok();
}

bool TakeField(const Field& field, ChangeView& change) {
  switch (field.number) {
    case Change::kSequence:
      change.sequence.value = field.varint;
      return true;
    case Change::kOperation:
      change.operation = static_cast<uint8_t>(field.varint);
      return field.varint <= UINT8_MAX;
    case Change::kDatabase:
      change.database = field.value;
      return true;
    case Change::kTable:
      change.table = field.value;
      return true;
    case Change::kBefore:
      return ParseImage(field.value, change.before);
    case Change::kAfter:
      return ParseImage(field.value, change.after);
    case Change::kSchemaChange:
      change.schema_change = {};
      return ParseSchemaChange(field.value, change.schema_change);
    case Change::kBeforeUnknownFields:
      return ParseUnknown(field.value, change.before);
    case Change::kAfterUnknownFields:
      return ParseUnknown(field.value, change.after);
    case Change::kInvalidText:
    case Change::kAmbiguousText:
      return TakeText(field, change);
    default:
      return true;
  }
}

// Whether a READ copies this field from its change. Sequence and operation are written separately.
bool BelongsToRead(const Field& field) {
  switch (field.number) {
    case Change::kSequence:
    case Change::kOperation:
    case Change::kBefore:
    case Change::kBeforeUnknownFields:
    case Change::kAfterUnknownFields:
      return false;
    default:
      break;
  }
  TextView text;
  return !IsText(field) || (ParseText(field, text) && !text.in_before);
}

// Sequence and operation, with which a READ begins.
constexpr size_t kReadHeadBytesMax = 1 + kVarintBytesMax + 2;
char* WriteSequenceAndOperation(Sequence sequence, char* to) {
  *to++ = layout::OneByteTag(Change::kSequence, Buffer::kVarint);
  to = WriteVarint(to, sequence.value);
  *to++ = layout::OneByteTag(Change::kOperation, Buffer::kVarint);
  *to++ = static_cast<char>(layout::kOperationRead);
  return to;
}

}  // namespace

bool NumberReader::Next(uint32_t& number) {
  if (reader_.empty()) return false;
  const uint64_t value = reader_.Varint();
  if (value > UINT32_MAX) reader_.Fail();
  number = static_cast<uint32_t>(value);
  return reader_.ok();
}

bool TextReader::Next(TextView& text) {
  Field field;
  while (NextField(reader_, field)) {
    if (IsText(field)) return ParseText(field, text);
  }
  return false;
}

bool NameReader::Next(std::string_view& name) {
  Field field;
  while (NextField(reader_, field)) {
    if (field.number != layout::SchemaChange::kTables) continue;
    name = field.value;
    return true;
  }
  return false;
}

bool ParseChange(std::string_view bytes, ChangeView& change) {
  change = {};
  change.bytes = bytes;
  ByteReader reader(bytes);
  Field field;
  while (NextField(reader, Change::kTypes, field)) {
    if (!TakeField(field, change)) return false;
  }
  return reader.ok();
}

size_t SizeAsRead(const ChangeView& change) {
  char head[kReadHeadBytesMax];
  size_t bytes = static_cast<size_t>(WriteSequenceAndOperation(change.sequence, head) - head);
  ByteReader reader(change.bytes);
  for (Field field; NextField(reader, field);) {
    if (BelongsToRead(field)) bytes += field.tagged.size();
  }
  return bytes;
}

void AppendAsRead(const ChangeView& change, size_t bytes, std::string& changes) {
  char head[1 + kVarintBytesMax + kReadHeadBytesMax];
  char* end = head;
  *end++ = layout::OneByteTag(layout::Transaction::kChanges, Buffer::kBytes);
  end = WriteSequenceAndOperation(change.sequence, WriteVarint(end, bytes));
  changes.append(head, static_cast<size_t>(end - head));
  ByteReader reader(change.bytes);
  for (Field field; NextField(reader, field);) {
    if (BelongsToRead(field)) changes.append(field.tagged);
  }
}

}  // namespace millrace::wire
