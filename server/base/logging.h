// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"

namespace millrace {

// How the program logs. Everything logs through spdlog's default logger with `key=value` pairs
// after the sentence; nothing logs row values or secrets.
struct LoggingOptions {
  // trace, debug, info, warning, error, off.
  std::string level = "info";
  // text: one readable line an event. json: one JSON object a line.
  std::string format = "text";
  friend bool operator==(const LoggingOptions&, const LoggingOptions&) = default;
};

// Sends spdlog's default logger to stderr as `options` says. Called once, before threads start.
// kInvalidArgument: unknown level or format.
absl::Status SetUpLogging(const LoggingOptions& options);

}  // namespace millrace
