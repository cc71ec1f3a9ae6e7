// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "interrupt.h"
#include "millrace/client.h"
#include "terminal.h"

namespace millrace::command {

// What each sub-command works with. Borrowed from main.
struct Session {
  const client::Client* client = nullptr;
  std::string address;
  Interrupt* interrupt = nullptr;
  bool colour = false;  // of standard output
};

// Writes all of `text` to standard output and flushes it.
// kUnknown: not all of it could be written.
absl::Status Print(std::string_view text);

}  // namespace millrace::command
