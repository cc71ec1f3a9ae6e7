#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "transcode/column_op.h"
#include "transcode/json_document.h"
#include "transcode/row_plan.h"

namespace millrace::transcode {

// The inside of RowPlan: ops, and scratch that is kept from row to row.
class RowPlan::State {
 public:
  State(schema::TableVersionPtr table, std::vector<ColumnOp> ops);

  const schema::TableVersionPtr& table() const { return table_; }
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

  // Each writes the field of a value at `to`, in `out_`, and returns where the next one goes: `to`
  // itself if there is nothing to write. Null: the value is impossible, and failure_.problem says
  // why.
  char* Encode(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeOther(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeText(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeConverted(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeBytes(const ColumnOp& op, std::string_view value, size_t padded, char* to);
  char* EncodeCompressed(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeMariadb(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeTimestamp(const ColumnOp& op, uint32_t seconds, uint32_t nanoseconds, char* to);
  char* EncodeSet(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeJson(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeJsonText(const ColumnOp& op, char* to);
  char* EncodeDifferences(const ColumnOp& op, std::string_view differences, char* to);
  char* EncodeGeometry(const ColumnOp& op, std::string_view value, char* to);
  char* EncodeVector(const ColumnOp& op, std::string_view value, char* to);

  char* Impossible(std::string_view problem) {
    failure_.problem = problem;
    return nullptr;
  }
  // Room for `count` bytes more than all fields of fixed size take.
  char* Room(char* to, size_t count);
  void AddInvalid(const ColumnOp& op, std::string_view value);

  const schema::TableVersionPtr table_;
  const std::vector<ColumnOp> ops_;
  size_t fixed_room_ = 0;
  size_t json_columns_ = 0;

  // Of the walk at hand.
  WireBuffer* out_ = nullptr;
  std::vector<InvalidText>* invalid_ = nullptr;
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
