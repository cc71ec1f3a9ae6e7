// SPDX-License-Identifier: Apache-2.0

#include "admin/process_status.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace millrace::admin {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Boot time of the machine in seconds since 1970; 0 if unknown.
double BootSeconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("btime ", 0) == 0) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

// Seconds from boot to the start of this process; 0 if unknown.
double StartSecondsAfterBoot() {
  std::ifstream file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // The program name, in parentheses, may contain any character.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  // proc(5): starttime is field 22, and the name is field 2.
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  fields >> ticks;
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

uint64_t OpenFds() {
  std::error_code error;
  std::filesystem::directory_iterator fd("/proc/self/fd", error);
  uint64_t count = 0;
  // Nothing may throw here: the caller is a web server written in C.
  for (const std::filesystem::directory_iterator end; !error && fd != end; fd.increment(error)) {
    ++count;
  }
  // Does not count the iterator's own descriptor.
  return error || count == 0 ? 0 : count - 1;
}

}  // namespace

ProcessStatus ReadProcessStatus() {
  ProcessStatus status;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  status.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  std::ifstream memory("/proc/self/statm");
  memory >> status.virtual_bytes >> status.resident_bytes;
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  status.virtual_bytes *= page;
  status.resident_bytes *= page;
  status.open_fds = OpenFds();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) status.max_fds = limit.rlim_cur;
  const double after_boot = StartSecondsAfterBoot();
  if (after_boot > 0) status.start_seconds = BootSeconds() + after_boot;
  return status;
}

}  // namespace millrace::admin
