// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "transcode/row_plan.h"

namespace millrace::transcode {

// Decodes hexadecimal digits.
std::string FromHex(std::string_view hex);

// A column with typical values in the other fields.
schema::Column MakeColumn(ColumnType type, uint16_t metadata, schema::FieldType field_type,
                          std::string_view charset = "");

// The table shop.orders with columns c1, c2, … and field numbers 1, 2, …, and its plan.
class RowFixture {
 public:
  explicit RowFixture(std::vector<schema::Column> columns);

  // The plan's error, or OK.
  const absl::Status& compiled() const { return compiled_; }
  RowPlan& plan() { return *plan_; }
  // A bitmap with all columns present.
  std::string present() const;

  // Encodes the image at the start of `image` and shows the row as `1=x 2=y`, without columns that
  // have no field. Integers are decimal, floats their bits in hexadecimal, text unchanged, bytes
  // hexadecimal, timestamps seconds.nanoseconds, geometry srid:wkb. An error is shown as its reason
  // and problem.
  std::string Show(std::string_view image) { return Show(image, present()); }
  std::string Show(std::string_view image, std::string_view present);
  // Show for PARTIAL_UPDATE_ROWS with all columns present: `before -> after`.
  std::string ShowPartial(std::string_view images);
  std::string ShowPartial(std::string_view images, std::string_view present,
                          std::string_view present_after);
  std::string ShowMessage(std::string_view message) const;

  // Results of the last call.
  const std::vector<InvalidText>& invalid() const { return invalid_; }
  size_t consumed() const { return consumed_; }

 private:
  std::string ShowValue(const schema::Column& column, std::string_view bytes) const;

  std::shared_ptr<schema::TableVersion> table_;
  binlog::TableMap map_;
  absl::Status compiled_;
  std::unique_ptr<RowPlan> plan_;
  std::vector<InvalidText> invalid_;
  // On the heap with the exact size, so that AddressSanitizer detects reads beyond it.
  std::vector<char> image_;
  size_t consumed_ = 0;
};

}  // namespace millrace::transcode
