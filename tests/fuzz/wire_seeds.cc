// SPDX-License-Identifier: Apache-2.0

// wire_seeds DIRECTORY: writes a payload with every field, and its parts, as the first corpus.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "wire/sample.h"

int main(int argc, char** argv) {
  using namespace millrace::wire::testing;
  if (argc != 2) {
    std::cerr << "usage: wire_seeds DIRECTORY\n";
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  std::filesystem::create_directories(directory);
  int number = 0;
  for (const std::string& seed : {SamplePayload(), SampleChanges(), SampleHeader()}) {
    std::ofstream file(directory / std::to_string(++number), std::ios::binary);
    file << seed;
    if (!file.flush()) return 1;
  }
  return 0;
}
