#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "transcode/row_plan_state.h"

// The after image of an UPDATE beside the image before it.
namespace millrace::transcode {
namespace {

// How many bytes `a` and `b` have in common from their beginning on.
size_t CommonPrefix(std::string_view a, std::string_view b) {
  const size_t most = std::min(a.size(), b.size());
  size_t same = 0;
  for (; most - same >= 8; same += 8) {
    const uint64_t differing = LoadLittle64(a.data() + same) ^ LoadLittle64(b.data() + same);
    if (differing != 0) return same + static_cast<size_t>(std::countr_zero(differing)) / 8;
  }
  while (same < most && a[same] == b[same]) ++same;
  return same;
}

}  // namespace

// None if no before image is remembered.
bool RowPlan::State::HasNullsOfBefore(std::string_view image) const {
  const size_t null_bytes = (ops_.size() + 7) / 8;
  return before_.size() >= null_bytes && image.size() >= null_bytes &&
         before_.substr(0, null_bytes) == image.substr(0, null_bytes);
}

// As WalkColumns, of an image with the NULLs of before_, whose fields begin at `before`. From a
// column's begin to the first byte that differs both images have the same columns, whose fields are
// the same; the column that has that byte is encoded, and so on behind it.
const char* RowPlan::State::WalkChanged(std::string_view image, size_t before) {
  const char* const end = image.data() + image.size();
  size_t was = (ops_.size() + 7) / 8;  // where in before_
  const char* at = image.data() + was;
  char* to = out_->Reserve(fixed_room_);
  for (size_t column = 0; column < ops_.size(); ++column) {
    const size_t same_until =
        was + CommonPrefix(before_.substr(was), {at, static_cast<size_t>(end - at)});
    const size_t first = column;
    while (column < ops_.size() && ends_[column].value <= same_until) ++column;
    if (column > first) {
      const size_t field = first == 0 ? 0 : ends_[first - 1].field;
      const size_t bytes = ends_[column - 1].field - field;
      to = Room(to, bytes);
      std::memcpy(to, out_->data() + before + field, bytes);
      to += bytes;
      at += ends_[column - 1].value - was;
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
    was = ends_[column].value;
  }
  out_->Advance(to);
  return at;
}

}  // namespace millrace::transcode
