// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/table_version.h"

namespace millrace::feed {

// Converts rows of one table version to JSON objects: protobuf's JSON form of the row message,
// keyed by the column names of that version, with two differences. A FLOAT is the shortest decimal
// that parses to the same float. A zero TIMESTAMP is "0000-00-00 00:00:00", as SELECT shows it.
// Immutable; thread-safe.
class JsonForm {
 public:
  explicit JsonForm(const schema::TableVersion& version);

  // Appends the object. False: the bytes are not a row of the table, and `to` has part of the
  // object.
  bool Append(std::string_view row, std::string& to) const;

 private:
  struct Member {
    uint32_t number = 0;  // of the field
    schema::FieldType type = schema::FieldType::kBytes;
    std::string key;  // `"name":`
  };

  // Searches from index `expected` first. Null if the table never had such a field.
  const Member* Find(uint32_t number, size_t expected) const;

  // In table order, which is also the order within rows; then columns of earlier versions.
  std::vector<Member> members_;
};

// Appends a JSON number: the shortest decimal that parses to the same value. Uses an exponent below
// 1e-4 and from 1e16.
void AppendJsonFloat(std::string& to, float value);
void AppendJsonDouble(std::string& to, double value);

}  // namespace millrace::feed
