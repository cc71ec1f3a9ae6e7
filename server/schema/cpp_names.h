// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace millrace::schema {

// protoc makes C++ of a row message, in which names must not be confused that protobuf itself tells
// apart. Other languages' compilers mend such names themselves.

// `identifier` as a part of a package name: a word of C++, which cannot name a namespace, gets a
// `_` behind it.
std::string PackagePart(std::string identifier);

// The fields of one message, as their names are given out.
class CppFieldNames {
 public:
  // `message`: name of the message without its package.
  explicit CppFieldNames(std::string_view message) : message_(message) {}

  // False: C++ that is made of a field of that name beside those taken would not compile. Otherwise
  // the name is taken.
  bool Take(std::string_view field_name);

 private:
  const std::string message_;
  std::unordered_set<std::string> taken_;      // in lower case, as C++ has them
  std::unordered_set<std::string> accessors_;  // of those taken
};

}  // namespace millrace::schema
