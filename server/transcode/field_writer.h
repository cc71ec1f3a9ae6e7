// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "transcode/column_op.h"
#include "transcode/row_plan.h"
#include "wire/buffer.h"

namespace millrace::transcode {

inline char* PutTag(const ColumnOp& op, char* to) {
  std::memcpy(to, op.tag, sizeof op.tag);
  return to + op.tag_size;
}

inline char* PutVarint(const ColumnOp& op, uint64_t value, char* to) {
  return WriteVarint(PutTag(op, to), value);
}

// Negative numbers take ten bytes, as protobuf requires even for int32.
inline char* PutSigned(const ColumnOp& op, int64_t value, char* to) {
  return PutVarint(op, static_cast<uint64_t>(value), to);
}

// Most values are short: two overlapping loads cost less than a call of memcpy.
inline char* Copy(std::string_view bytes, char* to) {
  const size_t size = bytes.size();
  if (size >= 8 && size <= 16) {
    const uint64_t first = LoadLittle64(bytes.data());
    const uint64_t last = LoadLittle64(bytes.data() + size - 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + size - 8, &last, 8);
  } else if (size >= 4 && size < 8) {
    const uint32_t first = LoadLittle32(bytes.data());
    const uint32_t last = LoadLittle32(bytes.data() + size - 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
  } else if (size != 0) {
    std::memcpy(to, bytes.data(), size);
  }
  return to + size;
}

inline char* PutBytes(const ColumnOp& op, std::string_view bytes, char* to) {
  return Copy(bytes, WriteVarint(PutTag(op, to), bytes.size()));
}

// Writes a field with less than 128 bytes of content. `write(at)` writes the content and returns
// its end, or null on failure; PutShort then returns null too.
template <typename Writer>
inline char* PutShort(const ColumnOp& op, char* to, Writer write) {
  char* const content = PutTag(op, to) + 1;
  char* const end = write(content);
  if (end != nullptr) content[-1] = static_cast<char>(end - content);
  return end;
}

// Encodes the values that have the same bytes in the binlog and in the result of a query. Base of
// the State classes of RowPlan and SelectPlan.
class FieldWriter {
 public:
  const schema::TableVersionPtr& table() const { return table_; }

 protected:
  FieldWriter(schema::TableVersionPtr table, std::vector<ColumnOp> ops);

  // Sets where fields and invalid text go from now on.
  void SetOutput(wire::Buffer& out, std::vector<InvalidText>& invalid) {
    out_ = &out;
    invalid_ = &invalid;
    // Clearing a deque has a cost even if it is empty.
    if (invalid.empty() && !owned_bytes_.empty()) owned_bytes_.clear();
  }

  // Each function writes the field of a value at `to`, in `out_`, and returns the end, which is
  // `to` itself if there is nothing to write. Null: the value is impossible, and `problem_` says
  // why.
  char* EncodeText(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeConverted(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeBytes(const ColumnOp& op, std::string_view value, size_t padded, char* to);
  char* EncodeTimestamp(const ColumnOp& op, uint32_t seconds, uint32_t nanoseconds, char* to);
  char* EncodeEnum(const ColumnOp& op, uint64_t index, char* to) {
    if (index >= op.labels.size()) return Impossible("an ENUM index without a label");
    const std::string& field = op.labels[index];
    if (field.empty()) [[unlikely]] {
      AddInvalid(op, op.label_bytes[index - 1]);
      return to;
    }
    if (op.ambiguous && !op.ambiguous_digits[index].empty()) [[unlikely]]
      AddAmbiguous(op, op.ambiguous_digits[index]);
    return Copy(field, to);
  }
  char* EncodeSet(const ColumnOp& op, uint64_t bits, char* to);
  char* EncodeGeometry(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeVector(const ColumnOp& op, std::string_view value, char* to);

  char* Impossible(std::string_view problem) {
    problem_ = problem;
    return nullptr;
  }
  // Reserves `count` bytes in addition to those of all fields of fixed size. Returns the new `to`.
  char* EnsureRoom(char* to, size_t count) {
    out_->Advance(to);
    return out_->Reserve(count + fixed_room_);
  }
  void AddInvalid(const ColumnOp& op, std::string_view value);
  void AddInvalidSet(const ColumnOp& op, uint64_t bits);
  // The caller writes the field as well.
  void AddAmbiguous(const ColumnOp& op, std::string_view value);

  const schema::TableVersionPtr table_;
  const std::vector<ColumnOp> ops_;
  size_t fixed_room_ = 0;

  // State of the current row.
  wire::Buffer* out_ = nullptr;
  std::vector<InvalidText>* invalid_ = nullptr;
  std::string_view problem_;
  std::deque<std::string> owned_bytes_;  // text and digits that entries of `invalid_` view
};

}  // namespace millrace::transcode
