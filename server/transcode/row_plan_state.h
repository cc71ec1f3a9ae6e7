#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "transcode/field_writer.h"
#include "transcode/json_document.h"
#include "transcode/row_plan.h"

namespace millrace::transcode {

// The inside of RowPlan: ops, and scratch that is kept from row to row.
class RowPlan::State : private FieldWriter {
 public:
  State(schema::TableVersionPtr table, std::vector<ColumnOp> ops);

  using FieldWriter::table;
  absl::Status EncodeImage(std::string_view present, std::string_view& rows, WireBuffer& out,
                           std::vector<InvalidText>& invalid);
  absl::Status EncodePartialUpdate(const binlog::Rows& event, std::string_view& rows,
                                   WireBuffer& before, WireBuffer& after,
                                   std::vector<InvalidText>& invalid);

 private:
  // How a walk treats the columns.
  enum class Walking : uint8_t {
    kAllPresent,     // every column is in the image
    kSomePresent,    // those of the bitmap are
    kKeepDocuments,  // the same, and JSON values are remembered
    kDifferences,    // the same, and JSON values may be differences to those remembered
  };
  // What a failed walk found. `column` is past the end if no column is to blame.
  struct Failure {
    size_t column = 0;
    const char* at = nullptr;
    std::string_view problem;
  };

  template <Walking kWalking>
  absl::Status Walk(std::string_view present, std::string_view partial, std::string_view& rows);
  template <Walking kWalking>
  const char* WalkColumns(std::string_view present, std::string_view partial, const char* at,
                          const char* end);
  absl::Status WalkDifferences(std::string_view present, std::string_view& rows);
  absl::Status Start(std::string_view present, WireBuffer& out, std::vector<InvalidText>& invalid);
  absl::Status Failed(const char* image) const;

  // As those of FieldWriter.
  char* Encode(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeOther(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeCompressed(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeMariadb(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeJson(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeJsonText(const ColumnOp& op, char* to);
  char* EncodeDifferences(const ColumnOp& op, std::string_view differences, char* to);

  size_t json_columns_ = 0;

  // Of the walk at hand.
  Failure failure_;
  // JSON values of the before image, by column; only where has_document_.
  std::vector<std::string_view> documents_;
  std::vector<char> has_document_;
  bool lacks_document_ = false;

  // Scratch.
  std::string json_text_;
  std::string inflated_;
  JsonDocument document_;
  std::deque<std::string> kept_;  // inflated text that InvalidText views
};

}  // namespace millrace::transcode
