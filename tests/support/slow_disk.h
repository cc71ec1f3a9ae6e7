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

// Shared by a process with a slow disk and the test that slows it, in a file that both map.
struct SlowDiskControl {
  std::atomic<uint32_t> sync_milliseconds;
  std::atomic<uint32_t> read_milliseconds;
  // Number of slowed calls so far.
  std::atomic<uint32_t> syncs;
  std::atomic<uint32_t> reads;
};

// Slows the disk of another process while it runs: its syncs and reads in one directory take
// longer. The program itself is unchanged: a library that is loaded before all others replaces
// functions of libc.
class SlowDisk {
 public:
  SlowDisk();
  ~SlowDisk();
  SlowDisk(const SlowDisk&) = delete;
  SlowDisk& operator=(const SlowDisk&) = delete;

  // Environment to set for the process. `directory` need not exist yet.
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
