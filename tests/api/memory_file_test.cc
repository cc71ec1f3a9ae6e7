// SPDX-License-Identifier: Apache-2.0

#include "api/memory_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace millrace::api {
namespace {

std::string ContentOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

time_t ModifiedAt(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mtime;
}

TEST(MemoryFileTest, PathHasTheNewestContent) {
  MemoryFile file = MemoryFile::Make("one").value();
  const std::string path = file.path();
  EXPECT_EQ(ContentOf(path), "one");
  const time_t before = ModifiedAt(path);
  EXPECT_NE(before, 0);
  ASSERT_TRUE(file.Replace("two").ok());
  EXPECT_EQ(file.path(), path);
  EXPECT_EQ(ContentOf(path), "two");
  EXPECT_NE(ModifiedAt(path), before);
}

TEST(MemoryFileTest, OpenReaderKeepsItsContent) {
  MemoryFile file = MemoryFile::Make("a long content").value();
  std::ifstream reader(file.path());
  ASSERT_TRUE(file.Replace("").ok());
  std::string text;
  std::getline(reader, text);
  EXPECT_EQ(text, "a long content");
}

TEST(MemoryFileTest, FileIsRemovedWithItsOwner) {
  std::string path = MemoryFile::Make("one").value().path();
  EXPECT_EQ(ContentOf(path), "");
}

// gRPC takes key and certificate from one path if the file's time is the same before and after
// reading.
TEST(MemoryFileTest, EqualTimesMeanEqualContents) {
  MemoryFile file = MemoryFile::Make("0").value();
  std::atomic<bool> ended = false;
  std::thread writer([&] {
    for (int i = 1; i < 3000; ++i) EXPECT_TRUE(file.Replace(std::to_string(i)).ok());
    ended = true;
  });
  const std::string path = file.path();
  int mixed = 0;
  int pairs = 0;
  do {
    const time_t key_before = ModifiedAt(path);
    const time_t certificate_before = ModifiedAt(path);
    const std::string key = ContentOf(path);
    const std::string certificate = ContentOf(path);
    const bool same = key_before == ModifiedAt(path) && certificate_before == ModifiedAt(path);
    pairs += same ? 1 : 0;
    mixed += same && key != certificate ? 1 : 0;
  } while (!ended);
  writer.join();
  EXPECT_GT(pairs, 0);
  EXPECT_EQ(mixed, 0);
}

}  // namespace
}  // namespace millrace::api
