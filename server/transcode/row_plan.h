// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "binlog/events.h"
#include "binlog/table_map.h"
#include "schema/table_version.h"
#include "wire/buffer.h"

namespace millrace::transcode {

// The stored bytes of a value that the row message does not represent exactly. Either the text is
// invalid in its charset: then the row message lacks the field, and the bytes go into
// Change.invalid_text. Or the text is ambiguous, because other bytes have the same text: then the
// bytes go into Change.ambiguous_text.
struct InvalidText {
  uint32_t field_number = 0;
  bool in_before = false;
  bool ambiguous = false;
  std::string_view charset;  // view into the plan
  // The bytes in the charset. For ambiguous text of an ENUM its index, of a SET its bits, in
  // decimal digits.
  std::string_view bytes;
};

// Encodes the rows of one table version as protobuf. The plan has an opcode, width and tag for each
// column. Immutable, but only one thread at a time may use it because of its scratch buffers.
class RowPlan {
 public:
  // kDataLoss ROW_UNDECODABLE: the version does not match the map. kUnimplemented
  // COLUMN_TYPE_UNKNOWN, CHARSET_UNKNOWN.
  static absl::StatusOr<std::unique_ptr<RowPlan>> Compile(const binlog::TableMap& map,
                                                          schema::TableVersionPtr table);
  ~RowPlan();

  const schema::TableVersionPtr& table() const;

  // Takes one row image off `rows` and appends its fields to `out` as the content of a row message.
  // `present` has one bit for each column; absent columns are not written. Text that its charset
  // does not allow goes only into `invalid`, ambiguous text into `out` too; the caller sets
  // in_before. The bytes in `invalid` live until a call with empty `invalid`. On failure `rows` and
  // `out` are unchanged. kDataLoss ROW_UNDECODABLE: the image is truncated or a value is
  // impossible; names column and offset.
  absl::Status EncodeImage(std::string_view present, std::string_view& rows, wire::Buffer& out,
                           std::vector<InvalidText>& invalid);

  // EncodeImage for the two images of an UPDATE. Call EncodeAfterImage after EncodeBeforeImage: it
  // copies the fields of unchanged columns. Until EncodeAfterImage returns, the bytes of the before
  // image must live, and nothing else may be encoded. `out` must be the same buffer, in which the
  // fields from EncodeBeforeImage still begin at offset `before`.
  absl::Status EncodeBeforeImage(std::string_view present, std::string_view& rows,
                                 wire::Buffer& out, std::vector<InvalidText>& invalid);
  absl::Status EncodeAfterImage(std::string_view present, std::string_view& rows, size_t before,
                                wire::Buffer& out, std::vector<InvalidText>& invalid);

  // Encodes an UPDATE of PARTIAL_UPDATE_ROWS: a before image, and an after image with JSON
  // differences to the documents of the before image. Writes the images to `before` and `after`.
  // kFailedPrecondition PARTIAL_JSON_WITHOUT_BEFORE: the before image lacks a document.
  absl::Status EncodePartialUpdate(const binlog::Rows& event, std::string_view& rows,
                                   wire::Buffer& before, wire::Buffer& after,
                                   std::vector<InvalidText>& invalid);

  // True for a system-versioned table of MariaDB: its events also contain past versions of rows.
  bool has_versions() const;
  // For a system-versioned table: takes the next row, or pair of rows, off `rows` and sets
  // `current` to an event of one row with its effect on the current rows. An UPDATE that makes a
  // row a past version becomes a DELETE. False: it has no effect. On failure `rows` is unchanged.
  // kDataLoss ROW_UNDECODABLE: as in EncodeImage, or the image lacks the ROW END column.
  absl::StatusOr<bool> TakeCurrent(const binlog::Rows& event, std::string_view& rows,
                                   binlog::Rows& current);

  // Field numbers of the captured columns that are not in `present`, in column order.
  std::vector<uint32_t> UnknownFields(std::string_view present) const;

 private:
  class State;
  explicit RowPlan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace::transcode
