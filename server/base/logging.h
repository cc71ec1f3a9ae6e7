// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"

namespace millrace {

// How the program logs. All code logs through spdlog's default logger: a sentence, then `key=value`
// pairs. It never logs row values or secrets.
struct LoggingOptions {
  // trace, debug, info, warning, error, off.
  std::string level = "info";
  // text: one readable line per event. json: one JSON object per line.
  std::string format = "text";
  friend bool operator==(const LoggingOptions&, const LoggingOptions&) = default;
};

// Makes spdlog's default logger write to stderr as `options` says. Call it once, before threads
// start.
// kInvalidArgument: unknown level or format.
absl::Status SetUpLogging(const LoggingOptions& options);

}  // namespace millrace
