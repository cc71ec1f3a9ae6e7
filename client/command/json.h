// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/message.h"

namespace millrace::command {

// `text`, valid UTF-8, as a JSON string with its quotes, appended to `out`.
void AppendJsonString(std::string_view text, std::string& out);

// A message as indented JSON with the field names of the .proto and all fields of plain types,
// ended by a line break.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace millrace::command
