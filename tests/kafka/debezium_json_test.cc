// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_json.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

std::string String(std::string_view text) {
  std::string json;
  AppendJsonString(json, text);
  return json;
}
std::string Document(std::string_view text) {
  std::string json;
  AppendJsonDocument(json, text);
  return json;
}
std::string Double(double value) {
  std::string json;
  AppendDouble(json, value);
  return json;
}
std::string Float(float value) {
  std::string json;
  AppendFloat(json, value);
  return json;
}
std::string Base64Of(std::string_view bytes, Base64 alphabet = Base64::kPlain) {
  std::string text;
  AppendBase64(text, bytes, alphabet);
  return text;
}

TEST(DebeziumJson, StringsAreEscapedLikeJackson) {
  EXPECT_EQ(String("plain /é日"), R"("plain /é日")");
  EXPECT_EQ(String("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(String(std::string_view("\0\x1a\x1f\x7f", 4)), "\"\\u0000\\u001A\\u001F\x7f\"");
}

TEST(DebeziumJson, FourByteCharactersAreTwoEscapes) {
  EXPECT_EQ(String("a🎉b"), R"("a\uD83C\uDF89b")");
  EXPECT_EQ(String("\xf4\x8f\xbf\xbf"), R"("\uDBFF\uDFFF")");
}

TEST(DebeziumJson, EveryByteIsEscapedAtEveryOffset) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string alone(1, static_cast<char>(byte));
    const std::string escaped = String(alone).substr(1, String(alone).size() - 2);
    for (size_t place = 0; place < 20; ++place) {
      const std::string before(place, 'a');
      const std::string after(20 - place, '\xc3');
      ASSERT_EQ(String(before + alone + after), '"' + before + escaped + after + '"') << byte;
    }
  }
}

TEST(DebeziumJson, InvalidUtf8IsCopied) {
  for (const std::string_view bytes : {"\xf0", "\xf0\x9f\x8e", "\xf7\xbf\xbf\xbf",
                                       "\xf0"
                                       "abc"}) {
    EXPECT_EQ(String(bytes), '"' + std::string(bytes) + '"');
  }
}

TEST(DebeziumJson, DocumentsLoseBlanksBetweenTokens) {
  EXPECT_EQ(Document(R"({"a b": [1, 2.50, "x, y"], "\" ": null})"),
            R"("{\"a b\":[1,2.50,\"x, y\"],\"\\\" \":null}")");
  EXPECT_EQ(Document(R"("ends \\")"), R"("\"ends \\\\\"")");
  EXPECT_EQ(Document(R"("ends early \)"), R"("\"ends early \\")");
}

TEST(DebeziumJson, DoublesMatchJava) {
  EXPECT_EQ(Double(0), "0.0");
  EXPECT_EQ(Double(-0.0), "-0.0");
  EXPECT_EQ(Double(1), "1.0");
  EXPECT_EQ(Double(-2.5), "-2.5");
  EXPECT_EQ(Double(0.001), "0.001");
  EXPECT_EQ(Double(9.99e-4), "9.99E-4");
  EXPECT_EQ(Double(9999999), "9999999.0");
  EXPECT_EQ(Double(1e7), "1.0E7");
  EXPECT_EQ(Double(123456789.123456789), "1.2345678912345679E8");
  EXPECT_EQ(Double(std::numeric_limits<double>::max()), "1.7976931348623157E308");
  EXPECT_EQ(Double(std::numeric_limits<double>::infinity()), "null");
}

TEST(DebeziumJson, OneDigitNumbersGetClosestTwoDigits) {
  EXPECT_EQ(Double(5e-324), "4.9E-324");
  EXPECT_EQ(Float(1e-45f), "1.4E-45");
  EXPECT_EQ(Double(2e23), "2.0E23");
}

TEST(DebeziumJson, FloatsHaveFloatDigits) {
  EXPECT_EQ(Float(0.1f), "0.1");
  EXPECT_EQ(Float(3.4028235e38f), "3.4028235E38");
  EXPECT_EQ(Float(16777216.f), "1.6777216E7");
}

TEST(DebeziumJson, Base64HasPaddingAndTwoAlphabets) {
  EXPECT_EQ(Base64Of(""), "");
  EXPECT_EQ(Base64Of("f"), "Zg==");
  EXPECT_EQ(Base64Of("fo"), "Zm8=");
  EXPECT_EQ(Base64Of("foo"), "Zm9v");
  EXPECT_EQ(Base64Of("\xfb\xef\xbe\xff"), "++++/w==");
  EXPECT_EQ(Base64Of("\xfb\xef\xbe\xff", Base64::kUrlSafe), "----_w==");
}

TEST(DebeziumJson, HexIsLowerCase) {
  std::string text;
  AppendHex(text, std::string_view("\0\xab", 2));
  EXPECT_EQ(text, "00ab");
}

}  // namespace
}  // namespace millrace::kafka
