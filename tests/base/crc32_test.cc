// SPDX-License-Identifier: Apache-2.0

#include "base/crc32.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace millrace {
namespace {

// The definition of CRC-32, bit by bit.
uint32_t BitwiseCrc32(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

TEST(Crc32, MatchesTheStandardCheckValue) { EXPECT_EQ(Crc32("123456789"), 0xcbf43926u); }

TEST(Crc32, EmptyInputReturnsTheSeed) {
  EXPECT_EQ(Crc32(""), 0u);
  EXPECT_EQ(Crc32(std::string_view(), 7), 7u);
}

TEST(Crc32, PartsCombineToTheWhole) {
  EXPECT_EQ(Crc32("6789", Crc32("12345")), Crc32("123456789"));
}

TEST(Crc32, MatchesDefinitionAtEveryLengthAndAlignment) {
  std::string bytes;
  for (int i = 0; i < 1100; ++i) bytes.push_back(static_cast<char>(i * 167 + i / 251));
  for (size_t from = 0; from < 17; ++from) {
    for (size_t size = 0; size <= 1050; ++size) {
      const std::string_view part = std::string_view(bytes).substr(from, size);
      ASSERT_EQ(Crc32(part), BitwiseCrc32(part)) << from << " " << size;
    }
  }
}

TEST(Crc32, PartsCombineAtEveryCut) {
  const std::string bytes(600, '\xa5');
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view whole = bytes;
    ASSERT_EQ(Crc32(whole.substr(cut), Crc32(whole.substr(0, cut))), BitwiseCrc32(whole)) << cut;
  }
}

}  // namespace
}  // namespace millrace
