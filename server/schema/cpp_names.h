// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace millrace::schema {

// Names that are valid in protobuf may clash in the C++ code that protoc generates. The generators
// of other languages avoid such clashes themselves.

// `identifier` as part of a package name. A C++ keyword, which cannot name a namespace, gets a
// trailing `_`.
std::string PackagePart(std::string identifier);

// The field names taken so far in one message.
class CppFieldNames {
 public:
  // `message`: name of the message without its package.
  explicit CppFieldNames(std::string_view message) : message_(message) {}

  // Takes the name. False: the generated C++ would not compile with this name and those already
  // taken.
  bool Take(std::string_view field_name);

 private:
  const std::string message_;
  std::unordered_set<std::string> taken_;      // in lower case, as in the C++ code
  std::unordered_set<std::string> accessors_;  // of the fields in taken_
};

}  // namespace millrace::schema
