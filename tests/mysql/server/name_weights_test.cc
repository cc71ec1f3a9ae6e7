// SPDX-License-Identifier: Apache-2.0

#include "model/name_weights.h"

#include <gtest/gtest.h>

#include <map>

#include "fmt/format.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

// The UTF-8 of a character of the basic plane.
std::string Utf8Of(uint32_t code_point) {
  std::string bytes;
  if (code_point < 0x80) {
    bytes.push_back(static_cast<char>(code_point));
    return bytes;
  }
  if (code_point < 0x800) {
    bytes.push_back(static_cast<char>(0xc0 | code_point >> 6));
  } else {
    bytes.push_back(static_cast<char>(0xe0 | code_point >> 12));
    bytes.push_back(static_cast<char>(0x80 | (code_point >> 6 & 0x3f)));
  }
  bytes.push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  return bytes;
}

TEST(NameWeights, CaseAndAccentsDoNotCount) {
  EXPECT_EQ(NameWeights("Alpha é"), NameWeights("ALPHA E"));
  EXPECT_EQ(NameWeights("ж"), NameWeights("Ж"));
  EXPECT_NE(NameWeights("a"), NameWeights("b"));
  EXPECT_NE(NameWeights("a"), NameWeights("a "));
  EXPECT_EQ(NameWeights(""), "");
}

TEST(NameWeights, InvalidNamesKeepTheirBytes) {
  EXPECT_EQ(NameWeights("\xff\xc3"), "\xff\xc3");
  EXPECT_EQ(NameWeights("😀"), "😀");
}

class NameWeightsTest : public SourceTest {};

TEST_P(NameWeightsTest, MatchTheServerForEveryCharacter) {
  const auto server = Start();
  auto root = server->MustConnect();
  std::string wrong;
  size_t compared = 0;
  for (uint32_t first = 0; first < 0x10000; first += 0x400) {
    if (first >= 0xd800 && first < 0xe000) continue;
    std::string hex;
    for (uint32_t c = first; c < first + 0x400; ++c) {
      for (const char byte : Utf8Of(c)) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
    }
    const std::string weights = root.MustQueryValue(
        fmt::format("SELECT HEX(WEIGHT_STRING(_utf8mb3 X'{}' COLLATE utf8mb3_general_ci))", hex));
    ASSERT_EQ(weights.size(), 0x400u * 4);
    for (uint32_t c = first; c < first + 0x400; ++c) {
      const std::string weight = weights.substr((c - first) * 4, 4);
      const auto code = static_cast<uint32_t>(std::stoul(weight, nullptr, 16));
      if (NameWeights(Utf8Of(c)) != Utf8Of(code)) wrong += fmt::format("{:04x} {}\n", c, weight);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 0x10000u - 0x800);
  EXPECT_EQ(wrong, "");
}

MILLRACE_BOTH_SERVERS(NameWeightsTest);

}  // namespace
}  // namespace millrace
