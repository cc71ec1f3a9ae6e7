// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/message.h"

namespace millrace::command {

// Appends `text`, which must be valid UTF-8, to `out` as a JSON string with quotes.
void AppendJsonString(std::string_view text, std::string& out);

// A message as indented JSON with a final line break. Uses the field names of the .proto and prints
// all scalar fields, also those with default values.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace millrace::command
