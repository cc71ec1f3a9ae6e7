// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "transcode/row_plan.h"

namespace millrace::transcode {

// The bytes that `hex` spells.
std::string FromHex(std::string_view hex);

// A column under test with what most columns have.
schema::Column MakeColumn(ColumnType type, uint16_t metadata, schema::FieldType field_type,
                          std::string_view charset = "");

// A table shop.orders of columns c1, c2, … with the field numbers 1, 2, …, and its plan.
class RowFixture {
 public:
  explicit RowFixture(std::vector<schema::Column> columns);

  // The plan's error, or OK.
  const absl::Status& compiled() const { return compiled_; }
  RowPlan& plan() { return *plan_; }
  // All columns present.
  std::string present() const;

  // Encodes the image that `image` begins with and shows the row: `1=x 2=y`, columns without a
  // field left out; integers in decimal, floats as their bits in hexadecimal, text as it is, bytes
  // in hexadecimal, timestamps as seconds.nanoseconds, geometry as srid:wkb. An error is shown as
  // its reason and problem.
  std::string Show(std::string_view image) { return Show(image, present()); }
  std::string Show(std::string_view image, std::string_view present);
  // The same for PARTIAL_UPDATE_ROWS with all columns present: `before -> after`.
  std::string ShowPartial(std::string_view images);
  std::string ShowPartial(std::string_view images, std::string_view present,
                          std::string_view present_after);
  std::string ShowMessage(std::string_view message) const;

  // Of the last call.
  const std::vector<InvalidText>& invalid() const { return invalid_; }
  size_t consumed() const { return consumed_; }

 private:
  std::string ShowValue(const schema::Column& column, std::string_view bytes) const;

  std::shared_ptr<schema::TableVersion> table_;
  binlog::TableMap map_;
  absl::Status compiled_;
  std::unique_ptr<RowPlan> plan_;
  std::vector<InvalidText> invalid_;
  std::vector<char> image_;  // on the heap and of exact size, for AddressSanitizer to guard
  size_t consumed_ = 0;
};

}  // namespace millrace::transcode
