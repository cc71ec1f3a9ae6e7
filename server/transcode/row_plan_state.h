// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <bit>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/bytes.h"
#include "transcode/field_writer.h"
#include "transcode/json_document.h"
#include "transcode/row_plan.h"

namespace millrace::transcode {

// The implementation of RowPlan: the ops, and scratch memory that is kept from row to row.
class RowPlan::State : private FieldWriter {
 public:
  State(schema::TableVersionPtr table, std::vector<ColumnOp> ops);

  using FieldWriter::table;
  absl::Status EncodeImage(std::string_view present, std::string_view& rows, wire::Buffer& out,
                           std::vector<InvalidText>& invalid);
  absl::Status EncodeBeforeImage(std::string_view present, std::string_view& rows,
                                 wire::Buffer& out, std::vector<InvalidText>& invalid);
  absl::Status EncodeAfterImage(std::string_view present, std::string_view& rows, size_t before,
                                wire::Buffer& out, std::vector<InvalidText>& invalid);
  absl::Status EncodePartialUpdate(const binlog::Rows& event, std::string_view& rows,
                                   wire::Buffer& before, wire::Buffer& after,
                                   std::vector<InvalidText>& invalid);
  bool has_versions() const { return row_end_ != kNoRowEnd; }
  absl::StatusOr<bool> TakeCurrent(const binlog::Rows& event, std::string_view& rows,
                                   binlog::Rows& current);

 private:
  // How a walk over an image treats the columns.
  enum class WalkMode : uint8_t {
    kAllPresent,     // every column is in the image
    kRecordEnds,     // like kAllPresent; records where each column ends
    kSomePresent,    // only the columns of the bitmap are in the image
    kKeepDocuments,  // like kSomePresent; keeps JSON values
    kDifferences,    // like kSomePresent; JSON values may be differences to the kept ones
  };
  static constexpr std::string_view kTruncated = "the image is truncated";
  // Why a walk failed. `column` is past the end if no column caused it.
  struct Failure {
    size_t column = 0;
    const char* at = nullptr;
    std::string_view problem;
  };
  // The end offsets of a column of the before image.
  struct ColumnEnd {
    size_t value = 0;  // in the image
    size_t field = 0;  // from the first field
  };

  template <WalkMode kMode>
  absl::Status Walk(std::string_view present, std::string_view partial, std::string_view& rows);
  template <WalkMode kMode>
  const char* WalkColumns(std::string_view present, std::string_view partial, const char* at,
                          const char* end);
  const char* WalkChanged(std::string_view image, size_t before);
  bool HasSameNullsAsBefore(std::string_view image) const;
  bool TakeValue(const ColumnOp& op, const char*& at, const char* end, std::string_view& value);
  absl::Status EndWalk(const char* at, size_t out_size, std::string_view& rows);
  absl::Status WalkDifferences(std::string_view present, std::string_view& rows);
  // Whether a row of a system-versioned table is current.
  enum class RowTime : uint8_t { kCurrent, kPast, kUnknown };
  struct VersionImage {
    std::string_view bytes;
    RowTime time = RowTime::kUnknown;
  };
  absl::Status TakeVersion(std::string_view present, std::string_view& rows, VersionImage& image);
  absl::Status RowTimeUnknown() const;
  absl::Status StartWalk(std::string_view present, wire::Buffer& out,
                         std::vector<InvalidText>& invalid);
  absl::Status WalkError(const char* image) const;

  // Contracts as in FieldWriter.
  char* Encode(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeOther(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeCompressed(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeContent(const ColumnOp& op, std::string_view content, char* to);
  char* EncodeMariadb(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeJson(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeJsonText(const ColumnOp& op, char* to);
  char* EncodeDifferences(const ColumnOp& op, std::string_view differences, char* to);

  size_t json_columns_ = 0;
  static constexpr size_t kNoRowEnd = static_cast<size_t>(-1);
  size_t row_end_ = kNoRowEnd;  // index of the ROW END column

  // The last before image.
  std::string_view before_bytes_;  // empty: its fields must not be copied
  std::vector<ColumnEnd> ends_;

  // State of the current walk.
  Failure failure_;
  // JSON values of the before image, by column; only where has_document_.
  std::vector<std::string_view> documents_;
  std::vector<char> has_document_;
  bool lacks_document_ = false;

  // Scratch.
  std::string json_text_;
  std::string decompressed_;
  JsonDocument document_;
};

inline size_t BytesOfBits(size_t bits) { return (bits + 7) / 8; }

inline bool HasBit(std::string_view bits, size_t index) {
  return (static_cast<unsigned char>(bits[index / 8]) >> (index % 8) & 1) != 0;
}

inline size_t CountBits(std::string_view bits, size_t count) {
  size_t set = 0;
  for (size_t i = 0; i < count / 8; ++i) {
    set += static_cast<size_t>(std::popcount(static_cast<unsigned char>(bits[i])));
  }
  for (size_t i = count / 8 * 8; i < count; ++i) set += HasBit(bits, i) ? 1 : 0;
  return set;
}

inline size_t ReadLength(const char* from, unsigned width) {
  switch (width) {
    case 1:
      return static_cast<unsigned char>(*from);
    case 2:
      return LoadLittle16(from);
    case 3:
      return LoadLittle24(from);
    default:
      return LoadLittle32(from);
  }
}

// Reads the value of `op` at `at` and moves `at` to its end. False, with failure_ set: the value
// extends beyond `end`.
inline bool RowPlan::State::TakeValue(const ColumnOp& op, const char*& at, const char* end,
                                      std::string_view& value) {
  const char* const from = at;
  size_t size = op.width;
  bool fits = static_cast<size_t>(end - at) >= size;
  if (fits && op.has_length) {
    size = ReadLength(at, op.width);
    at += op.width;
    fits = static_cast<size_t>(end - at) >= size;
  }
  if (!fits) [[unlikely]] {
    failure_ = {.column = op.column, .at = from, .problem = kTruncated};
    return false;
  }
  value = {at, size};
  at += size;
  return true;
}

}  // namespace millrace::transcode
