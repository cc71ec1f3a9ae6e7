// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "support/temp_directory.h"

namespace millrace::testing {

// What a process with a slow disk and the test that slows it share, in a file that both map.
struct SlowDiskControl {
  std::atomic<uint32_t> sync_milliseconds;
  std::atomic<uint32_t> read_milliseconds;
  // That were slowed so far.
  std::atomic<uint32_t> syncs;
  std::atomic<uint32_t> reads;
};

// Makes the disk of another process slow, while it runs: what it syncs or reads in one directory
// takes that much longer. The program is the one that is shipped; a library that is loaded before
// all others stands in for the functions of libc.
class SlowDisk {
 public:
  SlowDisk();
  ~SlowDisk();
  SlowDisk(const SlowDisk&) = delete;
  SlowDisk& operator=(const SlowDisk&) = delete;

  // To be set for the process. `directory` need not exist yet.
  std::map<std::string, std::string> EnvironmentFor(const std::filesystem::path& directory) const;

  void SlowSyncs(absl::Duration each);
  void SlowReads(absl::Duration each);
  uint32_t syncs() const { return control_->syncs; }
  uint32_t reads() const { return control_->reads; }

 private:
  std::filesystem::path file() const { return directory_.path() / "control"; }

  TempDirectory directory_;
  SlowDiskControl* control_;  // mapped
};

}  // namespace millrace::testing
