// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "interrupt.h"
#include "millrace/client.h"
#include "terminal.h"

namespace millrace::command {

// The context of a subcommand. Owns nothing; see CommandLine::Run.
struct Session {
  const client::Client* client = nullptr;
  std::string address;
  Interrupt* interrupt = nullptr;
  bool colour = false;  // whether standard output is coloured
};

// Writes all of `text` to standard output and flushes it.
// kUnknown: a write failed.
absl::Status Print(std::string_view text);

}  // namespace millrace::command
