// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "place.h"
#include "session.h"

namespace millrace::command {

struct TailOptions {
  std::vector<std::string> tables;
  std::vector<v1::Operation> operations;
  Place from;
  std::optional<Place> until;
  // Number of changes to print; 0: all.
  uint64_t limit = 0;
  bool json = false;
  bool full = false;
  // Empty: none.
  std::string token_file;
  // Name of this stream in `millrace status`; empty: `millrace tail@<this host>`.
  std::string client_name;
};

// Prints changes until the place `until`, the limit, or a signal. Stores a token only after
// printing and flushing all changes before it. Returns OK after a signal.
absl::Status Tail(const Session& session, const TailOptions& options);

}  // namespace millrace::command
