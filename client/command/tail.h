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
  // Changes to print; zero is all.
  uint64_t limit = 0;
  bool json = false;
  bool full = false;
  // Empty for none.
  std::string token_file;
  // What `millrace status` of others shows; empty for `millrace tail@<this host>`.
  std::string client_name;
};

// Prints changes until the place `until`, the limit, or a signal. A token is stored only after all
// that it covers has been printed and flushed. OK also after a signal.
absl::Status Tail(const Session& session, const TailOptions& options);

}  // namespace millrace::command
