// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace millrace {

// Expects the document at `path` to be `expected`. With MILLRACE_WRITE_DOCUMENTS in the
// environment, first writes it.
inline void ExpectDocument(const std::filesystem::path& path, const std::string& expected) {
  if (std::getenv("MILLRACE_WRITE_DOCUMENTS") != nullptr) {
    std::ofstream(path, std::ios::binary) << expected;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string found{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(found == expected) << path << " is out of date: run this test again with "
                                 << "MILLRACE_WRITE_DOCUMENTS=1 in the environment";
}

}  // namespace millrace
