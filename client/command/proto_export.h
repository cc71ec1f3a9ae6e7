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

// Writes below a directory, replacing what is there, the .proto file of each table's rows and the
// files of the API, so that `protoc -I DIRECTORY` compiles them: all that a program needs to
// subscribe. kNotFound: a pattern matches no table, or there is none; nothing was written.
absl::Status ExportProtos(const Session& session, const ProtoExportOptions& options);

// True if `path` stays below the directory it is joined to.
bool StaysBelow(const std::string& path);

}  // namespace millrace::command
