// SPDX-License-Identifier: Apache-2.0

#include "wire/buffer.h"

#include "gtest/gtest.h"

namespace millrace::wire {
namespace {

TEST(Buffer, NestedLengthHasMinimalWidth) {
  for (const size_t length : {0, 1, 127, 128, 16'383, 16'384, 2'097'151, 2'097'152}) {
    Buffer buffer;
    const size_t begin = buffer.BeginNested(3);
    buffer.Append(std::string(length, 'x'));
    buffer.EndNested(begin);
    std::string expected("\x1a");
    AppendSized(expected, std::string(length, 'x'));
    EXPECT_TRUE(buffer.view() == expected) << length;
  }
}

TEST(Buffer, NestedMessagesMoveTogether) {
  Buffer buffer;
  const size_t outer = buffer.BeginNested(1);
  const size_t inner = buffer.BeginNested(2);
  buffer.Append(std::string(20'000, 'y'));
  buffer.EndNested(inner);
  buffer.PutVarintField(3, 300);
  buffer.EndNested(outer);
  std::string content("\x12");
  AppendSized(content, std::string(20'000, 'y'));
  content.append("\x18\xac\x02");
  std::string expected("\x0a");
  AppendSized(expected, content);
  EXPECT_TRUE(buffer.view() == expected);
}

TEST(Buffer, VarintWidthMatchesWrittenBytes) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const uint64_t value : {uint64_t{1} << bit, (uint64_t{1} << bit) - 1}) {
      Buffer buffer;
      buffer.PutVarint(value);
      EXPECT_EQ(buffer.size(), Buffer::VarintWidth(value));
      EXPECT_EQ(ByteReader(buffer.view()).Varint(), value);
    }
  }
}

TEST(Buffer, ClearKeepsCapacity) {
  Buffer buffer;
  buffer.Append(std::string(100'000, 'x'));
  const char* const data = buffer.data();
  buffer.Clear();
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.Reserve(100'000), data);
}

}  // namespace
}  // namespace millrace::wire
