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

// What the source stores of a value in a row, where the row message does not tell it. Either its
// charset does not allow the text: then the row message lacks the field, and this goes into
// Change.invalid_text. Or it is ambiguous: other bytes have the same text, and this goes into
// Change.ambiguous_text.
struct InvalidText {
  uint32_t field_number = 0;
  bool in_before = false;
  bool ambiguous = false;
  std::string_view charset;  // of the plan
  // Of the event. Of an ENUM its index, of a SET its bits, in decimal digits.
  std::string_view bytes;
};

// How the rows of one table version become protobuf: for each column an opcode, its width, its tag.
// Immutable; used by one thread at a time because of its scratch buffers.
class RowPlan {
 public:
  // kDataLoss ROW_UNDECODABLE: the version does not fit the map. kUnimplemented
  // COLUMN_TYPE_UNKNOWN.
  static absl::StatusOr<std::unique_ptr<RowPlan>> Compile(const binlog::TableMap& map,
                                                          schema::TableVersionPtr table);
  ~RowPlan();

  const schema::TableVersionPtr& table() const;

  // Walks one row image from `rows` on (which shrinks by it) and appends its fields to `out` as the
  // content of a row message. `present` has one bit a column; columns outside of it are not
  // written. Text of a wrong charset is added to `invalid` instead, text that is ambiguous as well,
  // with in_before left to the caller; the bytes are valid until a call with `invalid` empty. On
  // failure `rows` and `out` are
  // as before. kDataLoss ROW_UNDECODABLE: the image ends early or a value is impossible; names
  // column and offset.
  absl::Status EncodeImage(std::string_view present, std::string_view& rows, wire::Buffer& out,
                           std::vector<InvalidText>& invalid);

  // The two images of an UPDATE, one after the other: each does what EncodeImage does. Most columns
  // of a row are the same before and after, and the fields of these are copied. So the bytes of the
  // before image must live until the second returns, nothing else is encoded in between, and `out`
  // is the same, where the fields that the first wrote begin at `before` and are as it wrote them.
  absl::Status EncodeBeforeImage(std::string_view present, std::string_view& rows,
                                 wire::Buffer& out, std::vector<InvalidText>& invalid);
  absl::Status EncodeAfterImage(std::string_view present, std::string_view& rows, size_t before,
                                wire::Buffer& out, std::vector<InvalidText>& invalid);

  // An UPDATE of PARTIAL_UPDATE_ROWS: before image and after image with JSON differences, applied
  // to the before image's documents. The after image is written to `after`, the before image to
  // `before`. kFailedPrecondition PARTIAL_JSON_WITHOUT_BEFORE: the before image lacks the document.
  absl::Status EncodePartialUpdate(const binlog::Rows& event, std::string_view& rows,
                                   wire::Buffer& before, wire::Buffer& after,
                                   std::vector<InvalidText>& invalid);

  // True for a system-versioned table of MariaDB: its events have rows of the past too.
  bool has_versions() const;
  // Of such a table: takes the next row, or pair of rows, off `rows`, and puts into `current` what
  // it does to the current rows, as an event of one row. False: nothing. A row that an UPDATE puts
  // into the past is a DELETE. On failure `rows` is as before. kDataLoss ROW_UNDECODABLE: as
  // EncodeImage, or the image does not tell of which time it is.
  absl::StatusOr<bool> TakeCurrent(const binlog::Rows& event, std::string_view& rows,
                                   binlog::Rows& current);

  // Numbers of captured fields whose columns are not in `present`, in column order: the unknown
  // fields of such an image.
  std::vector<uint32_t> UnknownFields(std::string_view present) const;

 private:
  class State;
  explicit RowPlan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace::transcode
