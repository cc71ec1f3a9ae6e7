// SPDX-License-Identifier: Apache-2.0

#include "transcode/row_key.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "schema/definition.h"
#include "wire/buffer.h"

namespace millrace::transcode {
namespace {

constexpr unsigned kWireTypeBits = 3;

// The digests in tokens depend on these values: do not renumber.
enum class ValueKind : uint8_t { kField = 0, kInvalidText = 1, kAmbiguousText = 2 };

struct Value {
  uint32_t number = 0;
  ValueKind kind = ValueKind::kField;
  std::string_view bytes;
};
// Most tables, and all indexes, do not have more columns than this.
using Values = absl::InlinedVector<Value, 32>;

// Takes the value of a field after its tag; `value` excludes the length. False: the bytes are
// malformed, or a group, which no row message contains.
bool TakeValue(uint64_t tag, ByteReader& reader, std::string_view& value) {
  const std::string_view rest = reader.rest();
  const size_t begin = reader.offset();
  switch (tag & ((1u << kWireTypeBits) - 1)) {
    case wire::Buffer::kVarint:
      reader.Varint();
      break;
    case wire::Buffer::kFixed64:
      reader.Skip(8);
      break;
    case wire::Buffer::kBytes:
      value = reader.Sized();
      return reader.ok();
    case wire::Buffer::kFixed32:
      reader.Skip(4);
      break;
    default:
      reader.Fail();
  }
  if (reader.ok()) value = rest.substr(0, reader.offset() - begin);
  return reader.ok();
}

// Calls `take` with each value of the row. False: the bytes are not a message.
template <typename Take>
bool ForEachValue(const EncodedRow& row, Take take) {
  ByteReader reader(row.message);
  while (!reader.empty()) {
    const uint64_t tag = reader.Varint();
    std::string_view value;
    if (!reader.ok() || !TakeValue(tag, reader, value)) return false;
    take(Value{.number = static_cast<uint32_t>(tag >> kWireTypeBits), .bytes = value});
  }
  for (const InvalidText& text : row.texts) {
    if (text.in_before != row.in_before) continue;
    take(Value{.number = text.field_number,
               .kind = text.ambiguous ? ValueKind::kAmbiguousText : ValueKind::kInvalidText,
               .bytes = text.bytes});
  }
  return true;
}

void AppendValue(const Value& value, std::string& key) {
  AppendVarint(key, value.number);
  key.push_back(static_cast<char>(value.kind));
  AppendSized(key, value.bytes);
}

bool ComesBefore(const Value& left, const Value& right) {
  return left.number != right.number ? left.number < right.number : left.kind < right.kind;
}

// The values of one field. Requires: `values` are sorted.
std::span<const Value> ValuesOf(uint32_t number, const Values& values) {
  const auto is_lower = [](const Value& value, uint32_t than) { return value.number < than; };
  const auto* const first =
      std::lower_bound(values.data(), values.data() + values.size(), number, is_lower);
  const auto* last = first;
  while (last != values.data() + values.size() && last->number == number) ++last;
  return {first, last};
}

// False if the field is absent or repeated.
bool IsOneValue(std::span<const Value> of_field) {
  if (of_field.empty() || of_field[0].kind == ValueKind::kAmbiguousText) return false;
  if (of_field.size() == 1) return true;
  return of_field.size() == 2 && of_field[0].kind == ValueKind::kField &&
         of_field[1].kind == ValueKind::kAmbiguousText;
}

const schema::Column* FindCaptured(const schema::TableVersion& table, std::string_view name) {
  for (const schema::Column& column : table.columns) {
    if (column.captured && schema::SameColumnName(column.name, name)) return &column;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<RowKey> RowKey::Make(const schema::TableVersion& table,
                                    const std::vector<std::string>& columns) {
  std::vector<uint32_t> fields;
  for (const std::string& name : columns) {
    const schema::Column* column = FindCaptured(table, name);
    if (column == nullptr) {
      return MakeError(reason::kColumnUnknown,
                       fmt::format("table {} has no captured column `{}`, which is in its key",
                                   table.name.ToString(), name),
                       {{"table", table.name.ToString()}, {"column", name}});
    }
    const uint32_t number = column->field_number;
    if (std::find(fields.begin(), fields.end(), number) == fields.end()) fields.push_back(number);
  }
  return RowKey(std::move(fields));
}

bool RowKey::Append(const EncodedRow& row, std::string& key) const {
  Values values;
  const bool is_message = ForEachValue(row, [&](const Value& value) {
    const bool wanted =
        is_whole_row() || std::find(fields_.begin(), fields_.end(), value.number) != fields_.end();
    if (wanted) values.push_back(value);
  });
  if (!is_message) return false;
  std::sort(values.begin(), values.end(), ComesBefore);
  if (is_whole_row()) {
    for (const Value& value : values) AppendValue(value, key);
    return true;
  }
  const size_t key_size = key.size();
  for (const uint32_t number : fields_) {
    const std::span<const Value> of_field = ValuesOf(number, values);
    if (!IsOneValue(of_field)) {
      key.resize(key_size);
      return false;
    }
    for (const Value& value : of_field) AppendValue(value, key);
  }
  return true;
}

bool RowKey::AnyIn(const EncodedRow& row) const {
  bool any = false;
  const bool is_message = ForEachValue(row, [&](const Value& value) {
    any = any || is_whole_row() ||
          std::find(fields_.begin(), fields_.end(), value.number) != fields_.end();
  });
  return any || !is_message;
}

}  // namespace millrace::transcode
