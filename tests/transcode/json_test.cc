// SPDX-License-Identifier: Apache-2.0

#include <bit>
#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "transcode/json_binary.h"
#include "transcode/json_path.h"
#include "transcode/json_text.h"
#include "transcode/row_fixture.h"

namespace millrace::transcode {
namespace {

std::string Double(double value) {
  std::string text;
  AppendJsonDouble(text, value);
  return text;
}

// The text of a binary document, or `malformed`.
std::string Text(std::string_view hex) {
  const std::string bytes = FromHex(hex);
  std::string text;
  const bool well_formed = AppendJson(JsonDocumentOf(bytes), 0, JsonTextMax(bytes.size()), text);
  return well_formed ? text : "malformed";
}

// Small arrays nested `depth` deep, each with one element.
std::string NestedArrays(unsigned depth) {
  std::string inner = FromHex("00000400");
  for (unsigned i = 1; i < depth; ++i) {
    const auto size = static_cast<uint16_t>(inner.size() + 7);
    std::string outer = FromHex("0100");
    outer += {static_cast<char>(size), static_cast<char>(size >> 8), '\x02', '\x07', '\0'};
    inner = outer + inner;
  }
  return "\x02" + inner;
}

TEST(JsonText, DoublesUseShortestExactDigits) {
  EXPECT_EQ(Double(1), "1.0");
  EXPECT_EQ(Double(0.1), "0.1");
  EXPECT_EQ(Double(-0.0), "-0.0");
  EXPECT_EQ(Double(-583539), "-583539.0");
  EXPECT_EQ(Double(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(Double(std::numeric_limits<double>::max()), "1.7976931348623157e308");
}

TEST(JsonText, DoublesUseExponentsLikeMysql) {
  EXPECT_EQ(Double(1e14), "100000000000000.0");
  EXPECT_EQ(Double(1e15), "1e15");
  EXPECT_EQ(Double(1234567890123456), "1.234567890123456e15");
  EXPECT_EQ(Double(4188611915156867.5), "4188611915156867.5");
  EXPECT_EQ(Double(1e-15), "0.000000000000001");
  EXPECT_EQ(Double(1e-16), "1e-16");
  EXPECT_EQ(Double(-1e100), "-1e100");
}

TEST(JsonText, ControlCharactersQuotesAndBackslashesAreEscaped) {
  std::string text;
  AppendJsonString(text, std::string_view("\0\x1f\b\f\n\r\t\"\\/\x7fé", 13));
  EXPECT_EQ(text, "\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\x7fé\"");
}

TEST(JsonText, Base64BreaksLinesAsTheServerDoes) {
  std::string text;
  AppendJsonBase64(text, 252, std::string(57, '\0'));
  EXPECT_EQ(text, "\"base64:type252:" + std::string(76, 'A') + "\"");
  text.clear();
  AppendJsonBase64(text, 252, std::string(58, '\0'));
  EXPECT_EQ(text, "\"base64:type252:" + std::string(76, 'A') + "\\nAA==\"");
}

TEST(JsonBinary, EmptyValueIsNull) { EXPECT_EQ(Text(""), "null"); }

TEST(JsonBinary, NestingBeyondHundredLevelsIsRefused) {
  std::string text;
  const std::string deepest = NestedArrays(kJsonDepthMax);
  EXPECT_TRUE(AppendJson(JsonDocumentOf(deepest), 0, JsonTextMax(deepest.size()), text));
  EXPECT_EQ(text, std::string(100, '[') + std::string(100, ']'));
  const std::string deeper = NestedArrays(kJsonDepthMax + 1);
  EXPECT_FALSE(AppendJson(JsonDocumentOf(deeper), 0, JsonTextMax(deeper.size()), text));
}

TEST(JsonBinary, MalformedDocumentsAreRefused) {
  EXPECT_EQ(Text("0d00"), "malformed");                      // no such type
  EXPECT_EQ(Text("0403"), "malformed");                      // no such literal
  EXPECT_EQ(Text("0501"), "malformed");                      // half a number
  EXPECT_EQ(Text("0b000000000000f07f"), "malformed");        // infinity
  EXPECT_EQ(Text("0c0561"), "malformed");                    // string longer than its bytes
  EXPECT_EQ(Text("0cffffffffffffffffff7f61"), "malformed");  // string with a huge length
  EXPECT_EQ(Text("0001000800"), "malformed");                // container longer than its bytes
  EXPECT_EQ(Text("02ffff0400"), "malformed");                // more elements than bytes
  EXPECT_EQ(Text("0201000700"
                 "02"
                 "0000"),
            "malformed");                          // an array that contains itself
  EXPECT_EQ(Text("0ff602ff00"), "malformed");      // a decimal of 255 digits
  EXPECT_EQ(Text("0f0a0400000000"), "malformed");  // a date of four bytes
}

// The server computes with nine groups of nine digits, which is wider than any column.
TEST(JsonBinary, DecimalsUpToServerWidthAreRead) {
  const std::string zeros(6 * 8, '0');
  EXPECT_EQ(Text("0ff6224800"
                 "80000000" +
                 zeros + "00000007"),
            "7")
      << "72 digits";
  const std::string nines = "3b9ac9ff";
  std::string groups = "bb9ac9ff";
  for (int i = 1; i < 9; ++i) groups += nines;
  EXPECT_EQ(Text("0ff6265100" + groups), std::string(81, '9'));
  EXPECT_EQ(Text("0ff6265124" + groups), std::string(45, '9') + "." + std::string(36, '9'));
  EXPECT_EQ(Text("0ff6265151" + groups), "0." + std::string(81, '9'));
  EXPECT_EQ(Text("0ff6275200" + groups + "09"), "malformed") << "82 digits";
  EXPECT_EQ(Text("0ff6275125" + groups + "09"), "malformed") << "81 digits, but ten groups";
}

TEST(JsonBinary, DocumentWithSharedPartsIsBounded) {
  // Each array refers to the next one twice: 2^90 values in 900 bytes.
  std::string inner = FromHex("00000400");
  for (int i = 0; i < 90; ++i) {
    const auto size = static_cast<uint16_t>(inner.size() + 10);
    std::string outer = FromHex("0200");
    outer += {static_cast<char>(size), static_cast<char>(size >> 8)};
    outer += FromHex(
        "020a00"
        "020a00");
    inner = outer + inner;
  }
  const std::string bytes = "\x02" + inner;
  std::string text;
  EXPECT_FALSE(AppendJson(JsonDocumentOf(bytes), 0, JsonTextMax(bytes.size()), text));
  EXPECT_LT(text.size(), 2 * JsonTextMax(bytes.size()));
}

TEST(JsonPath, LegsAreMembersAndCells) {
  std::vector<JsonPathLeg> legs;
  ASSERT_TRUE(ParseJsonPath("$.a[12].\"b \\\"c\\u0001\"[last][last-3]", legs));
  ASSERT_EQ(legs.size(), 5u);
  EXPECT_EQ(legs[0].key, "a");
  EXPECT_EQ(legs[1].index, 12u);
  EXPECT_EQ(legs[2].key, "b \"c\x01");
  EXPECT_TRUE(legs[3].from_end);
  EXPECT_EQ(legs[4].index, 3u);
}

TEST(JsonPath, RootAloneHasNoLegs) {
  std::vector<JsonPathLeg> legs(1);
  EXPECT_TRUE(ParseJsonPath("$", legs));
  EXPECT_TRUE(legs.empty());
}

TEST(JsonPath, InvalidPathsAreRefused) {
  std::vector<JsonPathLeg> legs;
  for (const char* bad :
       {"", "a", "$.", "$[", "$[]", "$[1", "$[*]", "$[-1]", "$.\"a", "$.\"\\", "$.\"\\u12\"",
        "$.\"\\ud800\"", "$[last-]", "$[99999999999999999999]", "$a"}) {
    EXPECT_FALSE(ParseJsonPath(bad, legs)) << bad;
  }
}

}  // namespace
}  // namespace millrace::transcode
