// SPDX-License-Identifier: Apache-2.0

#include "support/temp_directory.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

constexpr char kPrefix[] = "millrace-test.";

// Whether `name` is millrace-test.<pid>.<random>, and that process has ended.
bool IsOfEndedProcess(const std::string& name) {
  int pid = 0;
  if (name.rfind(kPrefix, 0) != 0) return false;
  if (std::sscanf(name.c_str() + sizeof(kPrefix) - 1, "%d.", &pid) != 1 || pid <= 0) return false;
  return kill(pid, 0) != 0 && errno == ESRCH;
}

void RemoveDirectoriesOfEndedProcesses(const std::filesystem::path& parent) {
  std::error_code ignored;  // Another test may be removing the same directory.
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    if (IsOfEndedProcess(entry.path().filename()))
      std::filesystem::remove_all(entry.path(), ignored);
  }
}

std::filesystem::path DefaultParent() {
  const char* configured = std::getenv("TMPDIR");
  return configured != nullptr && *configured != '\0' ? configured : "/tmp";
}

}  // namespace

TempDirectory::TempDirectory() : TempDirectory(DefaultParent()) {}

TempDirectory::TempDirectory(const std::filesystem::path& parent) {
  RemoveDirectoriesOfEndedProcesses(parent);
  std::string name = parent / fmt::format("{}{}.XXXXXX", kPrefix, getpid());
  if (mkdtemp(name.data()) == nullptr) {
    fmt::print(stderr, "cannot make a directory in {}: {}; set TMPDIR to a writable directory\n",
               parent.string(), std::strerror(errno));
    std::abort();
  }
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;  // The next test removes the rest.
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace millrace::testing
