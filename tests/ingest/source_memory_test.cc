// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_memory.h"

#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

SourceMemory FullMemory() {
  return {.server = "u",
          .file = "b.2",
          .file_created = 0x01020304,
          .last = LastTransaction{.server = "v",
                                  .place = {.file = "b.1", .offset = 300},
                                  .gtid = "0-1-7",
                                  .gtid_before = "0-1-6",
                                  .commit_time = 5,
                                  .content = {.kind = ContentDigest::Kind::kRows,
                                              .whole = false,
                                              .bytes = 512,
                                              .shape = 1,
                                              .ordered = 2,
                                              .unordered = 3}}};
}

TEST(SourceMemory, StoredMemoryIsReadBack) {
  const SourceMemory memory = FullMemory();
  EXPECT_EQ(SourceMemory::FromBinary(memory.ToBinary("place"), "place"), memory);
  const SourceMemory nothing;
  EXPECT_EQ(SourceMemory::FromBinary(nothing.ToBinary("place"), "place"), nothing);
}

// Version 1 is on users' disks.
TEST(SourceMemory, VersionOneNeverChanges) {
  const std::string expected(
      "\x01\x25\x7d\x4c\x38\x03\x27\x03\x4f"
      "\x01u\x03"
      "b.2\x04\x03\x02\x01\x01"
      "\x01v\x03"
      "b.1\xac\x02\x05"
      "0-1-7\x05"
      "0-1-6\x05\x02\0\x80\x04"
      "\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0",
      69);
  EXPECT_EQ(FullMemory().ToBinary("place"), expected);
}

TEST(SourceMemory, MemoryOfAnotherPositionIsIgnored) {
  EXPECT_EQ(SourceMemory::FromBinary(FullMemory().ToBinary("place"), "another"), SourceMemory());
}

TEST(SourceMemory, UnknownVersionAndTornBytesAreIgnored) {
  std::string bytes = FullMemory().ToBinary("place");
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(SourceMemory::FromBinary(bytes.substr(0, size), "place"), SourceMemory()) << size;
  }
  EXPECT_EQ(SourceMemory::FromBinary(bytes + "x", "place"), SourceMemory());
  bytes[0] = 2;
  EXPECT_EQ(SourceMemory::FromBinary(bytes, "place"), SourceMemory());
}

}  // namespace
}  // namespace millrace::ingest
