// SPDX-License-Identifier: Apache-2.0

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "binlog/sample.h"
#include "fuzz/binlog_event_input.h"

// binlog_event_seeds DIRECTORY: writes each captured event to DIRECTORY, in both forms of an input.
namespace millrace::binlog {
namespace {

void Write(const std::filesystem::path& path, uint8_t mode, std::string_view event) {
  std::ofstream(path, std::ios::binary) << static_cast<char>(mode) << event;
}

void WriteAll(const std::filesystem::path& directory) {
  int number = 0;
  for (const captured::Sample& sample : captured::kAll) {
    const uint8_t flavour = sample.flavour == Flavour::kMariadb ? kInputMariadb : 0;
    const SampleEvent event(sample.hex, sample.flavour);
    const std::string name = std::to_string(++number);
    Write(directory / ("whole_" + name), flavour, event.bytes());
    const size_t framed_size = EventHeader::kSize + event->body.size();
    Write(directory / ("framed_" + name), flavour | kInputFramed,
          std::string_view(event.bytes()).substr(0, framed_size));
  }
}

}  // namespace
}  // namespace millrace::binlog

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: binlog_event_seeds DIRECTORY\n", stderr);
    return 2;
  }
  std::filesystem::create_directories(argv[1]);
  millrace::binlog::WriteAll(argv[1]);
}
