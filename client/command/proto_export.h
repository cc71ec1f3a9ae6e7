// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "session.h"

namespace millrace::command {

struct ProtoExportOptions {
  std::vector<std::string> patterns;
  std::string directory = ".";
};

// Writes the .proto files of the tables' rows and of the API to a directory, replacing existing
// files. `protoc -I DIRECTORY` compiles them into everything that a program needs to subscribe.
// kNotFound: a pattern matches no table, or there is no table; nothing was written.
absl::Status ExportProtos(const Session& session, const ProtoExportOptions& options);

// Whether `path`, joined to a directory, stays inside it.
bool StaysBelow(const std::string& path);

}  // namespace millrace::command
