// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>
#include <vector>

namespace millrace::command {

// A .proto file of the API, embedded when this program was built.
struct StaticProto {
  std::string_view path;
  std::string_view text;
};

// All .proto files of the API, imports first.
std::vector<StaticProto> StaticProtos();

}  // namespace millrace::command
