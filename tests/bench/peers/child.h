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

// A process of another product. It prints the three lines that peers/README.md describes. The
// destructor ends it. If it fails or takes too long, the benchmark prints its output and ends.
class PeerChild {
 public:
  // Content of the last line, and the resource usage, which is read while the process still runs.
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
  // Waits until all rows have arrived.
  Outcome Finish(absl::Duration timeout);

 private:
  // Returns the line that begins with `word`.
  std::string WaitForLine(std::string_view word, absl::Duration timeout);

  const std::string name_;
  const absl::Time started_;
  TempDirectory directory_;
  Process process_;
};

}  // namespace millrace::testing
