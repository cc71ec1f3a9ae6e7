// SPDX-License-Identifier: Apache-2.0

#include "model/charset.h"

#include <zlib.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

std::string ToUtf8(std::string_view charset, std::string_view bytes) {
  std::string text = "kept:";
  const Charset* found = FindCharset(charset);
  if (found == nullptr) return "no such charset";
  if (!found->AppendUtf8(bytes, text)) {
    EXPECT_EQ(text, "kept:");
  }
  return text;
}

// All codes of one byte; for `multibyte` also of two bytes from 80 30; for `with_three` also of
// three bytes after 8f.
std::vector<std::string> AllCodes(bool multibyte, bool with_three) {
  std::vector<std::string> codes;
  for (int a = 0; a < 0x100; ++a) codes.push_back({static_cast<char>(a)});
  for (int a = 0x80; multibyte && a < 0x100; ++a) {
    for (int b = 0x30; b < 0x100; ++b)
      codes.push_back({static_cast<char>(a), static_cast<char>(b)});
  }
  for (int a = 0xa1; with_three && a < 0xff; ++a) {
    for (int b = 0xa1; b < 0xff; ++b) {
      codes.push_back({'\x8f', static_cast<char>(a), static_cast<char>(b)});
    }
  }
  return codes;
}

// The CRC-32 of all codes, each with its character, or `?` if it is not one character.
uint32_t ChecksumOfAllCodes(std::string_view name) {
  const Charset* charset = FindCharset(name);
  if (charset == nullptr) return 0;
  const bool three = name == "ujis" || name == "eucjpms";
  const bool multibyte = three || name == "big5" || name == "cp932" || name == "euckr" ||
                         name.substr(0, 2) == "gb" || name == "sjis";
  uLong checksum = 0;
  for (const std::string& code : AllCodes(multibyte, three)) {
    std::string text;
    bool one = charset->AppendUtf8(code, text);
    // Two one-byte codes are not a two-byte code.
    for (size_t i = 1; one && i < text.size(); ++i) one = (text[i] & 0xc0) == 0x80;
    const std::string line = code + "=" + (one ? text : "?") + ";";
    checksum = crc32(checksum, reinterpret_cast<const Bytef*>(line.data()),
                     static_cast<uInt>(line.size()));
  }
  return static_cast<uint32_t>(checksum);
}

struct Golden {
  std::string_view charset;
  uint32_t checksum;
};

// Checksums of what MySQL 9.7.4 returns for CONVERT(CONVERT(UNHEX(code) USING charset) USING
// utf8mb4) of every code. Unassigned codes, for which MySQL returns `?`, U+FFFD or NULL, count as
// `?`.
constexpr Golden kGolden[] = {
    {"armscii8", 0x5589b008}, {"ascii", 0xdf0b0897},    {"cp1250", 0x70e7ce07},
    {"cp1251", 0x448f9fd5},   {"cp1256", 0x5a183197},   {"cp1257", 0x6d6b2235},
    {"cp850", 0x535902bf},    {"cp852", 0x3848e4ee},    {"cp866", 0xd56f970c},
    {"dec8", 0xa3abe8d0},     {"geostd8", 0xa48f770c},  {"greek", 0x70cc02db},
    {"hebrew", 0x60fc12ac},   {"hp8", 0x68e5f437},      {"keybcs2", 0xa4cdd2ec},
    {"koi8r", 0x91b2a072},    {"koi8u", 0xdc6080f0},    {"latin1", 0xe95c6eed},
    {"latin2", 0xe196b77b},   {"latin5", 0x91ca2973},   {"latin7", 0xf2ce03bd},
    {"macce", 0x1e1d28c5},    {"macroman", 0x219481a1}, {"swe7", 0xf876ce46},
    {"tis620", 0x232d6bbb},   {"big5", 0x06bd16c8},     {"cp932", 0x2a83c8d2},
    {"eucjpms", 0xa218a56a},  {"euckr", 0x815780e7},    {"gb18030", 0xf3aab267},
    {"gb2312", 0xbd65a957},   {"gbk", 0xff833e7f},      {"sjis", 0x18543361},
    {"ujis", 0x7260df2f},
};

TEST(Charset, EveryCodeMatchesTheServer) {
  for (const auto& [charset, checksum] : kGolden) {
    EXPECT_EQ(ChecksumOfAllCodes(charset), checksum) << charset;
  }
}

TEST(Charset, UnknownNamesAreNotFound) {
  EXPECT_EQ(FindCharset("klingon"), nullptr);
  EXPECT_EQ(FindCharset(""), nullptr);
}

TEST(Charset, Latin1IsWindows1252WithoutHoles) {
  EXPECT_EQ(ToUtf8("latin1", "caf\xe9 \x80 \x81"), "kept:caf\xc3\xa9 \xe2\x82\xac \xc2\x81");
}

TEST(Charset, Swe7ReplacesAsciiCharacters) { EXPECT_EQ(ToUtf8("swe7", "[x]"), "kept:ÄxÅ"); }

TEST(Charset, LongTextMixesRunsOfAsciiAndOthers) {
  const std::string ascii = "twenty characters...";
  EXPECT_EQ(ToUtf8("cp1251", ascii + "\xdf" + ascii + "\xff\xff"),
            "kept:" + ascii + "Я" + ascii + "яя");
}

TEST(Charset, UnassignedBytesFail) {
  EXPECT_EQ(ToUtf8("cp1257", "abc\xa1"), "kept:");
  EXPECT_EQ(ToUtf8("ascii", "abc\x80"), "kept:");
}

TEST(Charset, EastAsianTextIsConverted) {
  EXPECT_EQ(ToUtf8("gbk", "a\xc4\xe3\xba\xc3"), "kept:a你好");
  EXPECT_EQ(ToUtf8("big5", "\xa7\x41\xa6\x6e"), "kept:你好");
  EXPECT_EQ(ToUtf8("sjis", "\x93\xfa\x96\x7b\xb1"), "kept:日本ｱ");
  EXPECT_EQ(ToUtf8("ujis", "\xc6\xfc\xcb\xdc\x8e\xb1"), "kept:日本ｱ");
  EXPECT_EQ(ToUtf8("euckr", "\xc7\xd1\xb1\xdb"), "kept:한글");
}

TEST(Charset, Gb18030ReachesAllOfUnicode) {
  EXPECT_EQ(ToUtf8("gb18030", "\x82\x35\x90\x37"), "kept:\xe9\xbe\xb4");      // U+9FB4
  EXPECT_EQ(ToUtf8("gb18030", "\x81\x35\xf4\x37"), "kept:\xee\x9f\x87");      // U+E7C7
  EXPECT_EQ(ToUtf8("gb18030", "\x84\x31\x82\x36"), "kept:\xef\xb8\x90");      // U+FE10
  EXPECT_EQ(ToUtf8("gb18030", "\x84\x31\xa4\x39"), "kept:\xef\xbf\xbf");      // U+FFFF
  EXPECT_EQ(ToUtf8("gb18030", "\x90\x30\x81\x30"), "kept:\xf0\x90\x80\x80");  // U+10000
  EXPECT_EQ(ToUtf8("gb18030", "\xe3\x32\x9a\x35"), "kept:\xf4\x8f\xbf\xbf");  // U+10FFFF
  EXPECT_EQ(ToUtf8("gb18030", "\xe3\x32\x9a\x36"), "kept:");
  EXPECT_EQ(ToUtf8("gb18030", "\x84\x31\xa5\x30"), "kept:");
}

TEST(Charset, TruncatedCodesFail) {
  EXPECT_EQ(ToUtf8("gbk", "a\xc4"), "kept:");
  EXPECT_EQ(ToUtf8("ujis", "\x8f\xa2"), "kept:");
  EXPECT_EQ(ToUtf8("gb18030", "\x90\x30\x81"), "kept:");
  EXPECT_EQ(ToUtf8("utf16", std::string_view("\0a\0", 3)), "kept:");
  EXPECT_EQ(ToUtf8("utf32", std::string_view("\0\0a", 3)), "kept:");
}

bool IsMultibyte(std::string_view name) {
  return name == "ujis" || name == "eucjpms" || name == "big5" || name == "cp932" ||
         name == "euckr" || name.substr(0, 2) == "gb" || name == "sjis";
}

// So UTF-8 text identifies the bytes, unless they contain an alias.
TEST(Charset, EachCharacterHasOneNonAliasCode) {
  for (const Golden& golden : kGolden) {
    const Charset* charset = FindCharset(golden.charset);
    const bool three = golden.charset == "ujis" || golden.charset == "eucjpms";
    std::map<std::string, int> plain;
    size_t aliases = 0;
    for (const std::string& code : AllCodes(IsMultibyte(golden.charset), three)) {
      std::string text;
      if (!charset->AppendUtf8(code, text)) continue;
      const bool alias = charset->HasAlias(code);
      aliases += alias ? 1 : 0;
      plain[text] += alias ? 0 : 1;
    }
    for (const auto& [text, count] : plain) {
      EXPECT_EQ(count, 1) << golden.charset << ": " << text;
    }
    EXPECT_EQ(charset->has_aliases(), aliases > 0) << golden.charset;
  }
}

TEST(Charset, AliasIsFoundAtAnyPosition) {
  const Charset* sjis = FindCharset("sjis");
  EXPECT_TRUE(sjis->HasAlias("a\x82\xa0\x81\x5f"));
  EXPECT_FALSE(sjis->HasAlias("a\x82\xa0\x5c\xb1"));
  EXPECT_FALSE(FindCharset("utf8mb4")->has_aliases());
  EXPECT_TRUE(FindCharset("cp932")->HasAlias("\xfa\x40"));
}

TEST(Charset, Ucs2Utf16AndUtf32AreConverted) {
  EXPECT_EQ(ToUtf8("ucs2", std::string_view("\0a\x20\xac", 4)), "kept:a€");
  EXPECT_EQ(ToUtf8("utf16", "\xd8\x01\xdc\x37"), "kept:\xf0\x90\x90\xb7");
  EXPECT_EQ(ToUtf8("utf16le", "\x01\xd8\x37\xdc"), "kept:\xf0\x90\x90\xb7");
  EXPECT_EQ(ToUtf8("utf32", std::string_view("\0\x01\x04\x37", 4)), "kept:\xf0\x90\x90\xb7");
}

TEST(Charset, LoneSurrogatesFail) {
  EXPECT_EQ(ToUtf8("ucs2", "\xd8\x01\xdc\x37"), "kept:");
  EXPECT_EQ(ToUtf8("utf16", "\xdc\x37"), "kept:");
  EXPECT_EQ(ToUtf8("utf16", std::string_view("\xd8\x01", 2)), "kept:");
  EXPECT_EQ(ToUtf8("utf16", std::string_view("\xd8\x01\0a", 4)), "kept:");
  EXPECT_EQ(ToUtf8("utf32", std::string_view("\0\0\xd8\0", 4)), "kept:");
  EXPECT_EQ(ToUtf8("utf32", std::string_view("\0\x11\0\0", 4)), "kept:");
}

TEST(Utf8, ShortestFormsAreValid) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8(std::string_view("\0", 1)));
  for (const char* good : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsValidUtf8(good));
    EXPECT_TRUE(IsValidUtf8("sixteen or more of ASCII " + std::string(good)));
  }
}

TEST(Utf8, MalformedSequencesAreInvalidAtAnyPosition) {
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    for (size_t before = 0; before < 20; ++before) {
      EXPECT_FALSE(IsValidUtf8(std::string(before, 'a') + bad));
      EXPECT_FALSE(IsValidUtf8(std::string(before, 'a') + bad + "tail of ASCII after it"));
    }
  }
}

TEST(Charset, RandomBytesNeverYieldInvalidUtf8) {
  std::minstd_rand random(7);
  for (const char* name : {"latin1", "swe7", "gbk", "gb18030", "ujis", "sjis", "utf16", "utf16le",
                           "utf32", "ucs2", "utf8mb4", "utf8mb3", "ascii"}) {
    for (int round = 0; round < 2000; ++round) {
      std::string bytes(random() % 24, ' ');
      for (char& byte : bytes) byte = static_cast<char>(random());
      std::string text;
      const bool valid = FindCharset(name)->AppendUtf8(bytes, text);
      EXPECT_TRUE(valid ? IsValidUtf8(text) : text.empty());
    }
  }
}

}  // namespace
}  // namespace millrace
