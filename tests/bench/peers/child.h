// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "support/process.h"
#include "support/temp_directory.h"

namespace millrace::testing {

// A peer of Millrace as a process that prints the three lines that peers/README.md tells of. It is
// ended by the destructor. A peer that fails or takes too long ends the benchmark with what it
// wrote.
class PeerChild {
 public:
  // What its last line says, and what it used, read while it still runs.
  struct Outcome {
    uint64_t rows = 0;
    double rows_s = 0;             // from its first delivery to its last
    double rows_s_from_start = 0;  // from the start of the process to the last
    double cpu_s_per_million = 0;  // between its first delivery and its last
    double rss_mib = 0;            // peak
    double p50_us = 0;
    double p99_us = 0;
  };

  PeerChild(std::string name, std::string program, std::vector<std::string> arguments);

  void WaitUntilStreaming();
  // Waits until all rows have come.
  Outcome Finish(absl::Duration timeout);

 private:
  // The line that begins with `word`.
  std::string WaitForLine(std::string_view word, absl::Duration timeout);

  const std::string name_;
  const absl::Time started_;
  TempDirectory directory_;
  Process process_;
};

}  // namespace millrace::testing
