// SPDX-License-Identifier: Apache-2.0

#include <cstring>

#include "base/bytes.h"
#include "transcode/row_plan_state.h"

// Encodes the after image of an UPDATE by comparing it with the before image.
namespace millrace::transcode {
// True if the images have the same NULLs and the fields of the before image may be copied.
bool RowPlan::State::HasSameNullsAsBefore(std::string_view image) const {
  return !before_bytes_.empty() &&
         image.starts_with(before_bytes_.substr(0, BytesOfBits(ops_.size())));
}

// Like WalkColumns, for an image with the same NULLs as the before image, whose fields begin at
// `before` in the output. Alternately copies the fields of all columns up to the first byte that
// differs, and encodes the column that contains this byte.
const char* RowPlan::State::WalkChanged(std::string_view image, size_t before) {
  const char* const end = image.data() + image.size();
  size_t before_at = BytesOfBits(ops_.size());  // offset in before_bytes_
  const char* at = image.data() + before_at;
  char* to = out_->Reserve(fixed_room_);
  for (size_t column = 0; column < ops_.size(); ++column) {
    const size_t same_until = before_at + CommonPrefix(before_bytes_.substr(before_at),
                                                       {at, static_cast<size_t>(end - at)});
    const size_t first = column;
    while (column < ops_.size() && ends_[column].value <= same_until) ++column;
    if (column > first) {
      const size_t field = first == 0 ? 0 : ends_[first - 1].field;
      const size_t bytes = ends_[column - 1].field - field;
      to = EnsureRoom(to, bytes);
      std::memcpy(to, out_->data() + before + field, bytes);
      to += bytes;
      at += ends_[column - 1].value - before_at;
      if (column == ops_.size()) break;
    }
    const ColumnOp& op = ops_[column];
    const char* const from = at;
    std::string_view value;
    if (!TakeValue(op, at, end, value)) [[unlikely]]
      return nullptr;
    to = Encode(op, value, to);
    if (to == nullptr) [[unlikely]] {
      failure_ = {.column = column, .at = from, .problem = problem_};
      return nullptr;
    }
    before_at = ends_[column].value;
  }
  out_->Advance(to);
  return at;
}

}  // namespace millrace::transcode
