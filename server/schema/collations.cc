// SPDX-License-Identifier: Apache-2.0

#include "schema/collations.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace millrace::schema {
namespace {

// Collation ids `first` to `last` belong to one charset.
struct Run {
  uint32_t first;
  uint32_t last;
  std::string_view charset;
};

// The contents of information_schema.collations on MySQL 9.7 and MariaDB 10.11, in order of id.
// clang-format off
constexpr Run kCommon[] = {
    {1, 1, "big5"}, {2, 2, "latin2"}, {3, 3, "dec8"}, {4, 4, "cp850"}, {5, 5, "latin1"},
    {6, 6, "hp8"}, {7, 7, "koi8r"}, {8, 8, "latin1"}, {9, 9, "latin2"}, {10, 10, "swe7"},
    {11, 11, "ascii"}, {12, 12, "ujis"}, {13, 13, "sjis"}, {14, 14, "cp1251"}, {15, 15, "latin1"},
    {16, 16, "hebrew"}, {18, 18, "tis620"}, {19, 19, "euckr"}, {20, 20, "latin7"},
    {21, 21, "latin2"}, {22, 22, "koi8u"}, {23, 23, "cp1251"}, {24, 24, "gb2312"},
    {25, 25, "greek"}, {26, 26, "cp1250"}, {27, 27, "latin2"}, {28, 28, "gbk"},
    {29, 29, "cp1257"}, {30, 30, "latin5"}, {31, 31, "latin1"}, {32, 32, "armscii8"},
    {33, 33, "utf8mb3"}, {34, 34, "cp1250"}, {35, 35, "ucs2"}, {36, 36, "cp866"},
    {37, 37, "keybcs2"}, {38, 38, "macce"}, {39, 39, "macroman"}, {40, 40, "cp852"},
    {41, 42, "latin7"}, {43, 43, "macce"}, {44, 44, "cp1250"}, {45, 46, "utf8mb4"},
    {47, 49, "latin1"}, {50, 52, "cp1251"}, {53, 53, "macroman"}, {54, 55, "utf16"},
    {56, 56, "utf16le"}, {57, 57, "cp1256"}, {58, 59, "cp1257"}, {60, 61, "utf32"},
    {62, 62, "utf16le"}, {63, 63, "binary"}, {64, 64, "armscii8"}, {65, 65, "ascii"},
    {66, 66, "cp1250"}, {67, 67, "cp1256"}, {68, 68, "cp866"}, {69, 69, "dec8"},
    {70, 70, "greek"}, {71, 71, "hebrew"}, {72, 72, "hp8"}, {73, 73, "keybcs2"},
    {74, 74, "koi8r"}, {75, 75, "koi8u"}, {76, 76, "utf8mb3"}, {77, 77, "latin2"},
    {78, 78, "latin5"}, {79, 79, "latin7"}, {80, 80, "cp850"}, {81, 81, "cp852"},
    {82, 82, "swe7"}, {83, 83, "utf8mb3"}, {84, 84, "big5"}, {85, 85, "euckr"},
    {86, 86, "gb2312"}, {87, 87, "gbk"}, {88, 88, "sjis"}, {89, 89, "tis620"}, {90, 90, "ucs2"},
    {91, 91, "ujis"}, {92, 93, "geostd8"}, {94, 94, "latin1"}, {95, 96, "cp932"},
    {97, 98, "eucjpms"}, {99, 99, "cp1250"}, {101, 124, "utf16"}, {128, 151, "ucs2"},
    {159, 159, "ucs2"}, {160, 183, "utf32"}, {192, 215, "utf8mb3"}, {223, 223, "utf8mb3"},
    {224, 247, "utf8mb4"},
};
constexpr Run kMysql[] = {
    {248, 250, "gb18030"}, {255, 271, "utf8mb4"}, {273, 275, "utf8mb4"}, {277, 294, "utf8mb4"},
    {296, 298, "utf8mb4"}, {300, 300, "utf8mb4"}, {303, 323, "utf8mb4"},
};
constexpr Run kMariadb[] = {
    {576, 578, "utf8mb3"}, {608, 610, "utf8mb4"}, {640, 642, "ucs2"}, {672, 674, "utf16"},
    {736, 738, "utf32"},
};
// clang-format on

// In MariaDB the NO PAD form of a collation has an id 1024 higher. Its UCA 14.0.0 collations start
// at 2048, with a block of 256 ids for each Unicode charset.
constexpr uint32_t kMariadbNoPad = 1024;
constexpr uint32_t kMariadbUca1400 = 2048;
constexpr uint32_t kMariadbUca1400Block = 256;
constexpr std::string_view kMariadbUca1400Charsets[] = {"utf8mb3", "utf8mb4", "ucs2", "utf16",
                                                        "utf32"};

struct Width {
  std::string_view charset;
  uint32_t bytes_max;
};
// clang-format off
constexpr Width kWide[] = {
    {"big5", 2}, {"cp932", 2}, {"euckr", 2}, {"gb2312", 2}, {"gbk", 2}, {"sjis", 2}, {"ucs2", 2},
    {"eucjpms", 3}, {"ujis", 3}, {"utf8mb3", 3},
    {"gb18030", 4}, {"utf16", 4}, {"utf16le", 4}, {"utf32", 4}, {"utf8mb4", 4},
};
// clang-format on

std::string_view CharsetIn(std::span<const Run> runs, uint32_t collation) {
  const auto after =
      std::upper_bound(runs.begin(), runs.end(), collation,
                       [](uint32_t wanted, const Run& run) { return wanted < run.first; });
  if (after == runs.begin()) return {};
  const Run& run = *std::prev(after);
  return collation <= run.last ? run.charset : std::string_view();
}

}  // namespace

std::string_view CharsetOfCollation(Flavour flavour, uint32_t collation) {
  if (const std::string_view found = CharsetIn(kCommon, collation); !found.empty()) return found;
  if (flavour == Flavour::kMysql) return CharsetIn(kMysql, collation);
  if (collation >= kMariadbUca1400) {
    const uint32_t block = (collation - kMariadbUca1400) / kMariadbUca1400Block;
    if (block >= std::size(kMariadbUca1400Charsets)) return {};
    return kMariadbUca1400Charsets[block];
  }
  if (collation >= kMariadbNoPad) return CharsetIn(kCommon, collation - kMariadbNoPad);
  return CharsetIn(kMariadb, collation);
}

uint32_t CharacterBytesMax(std::string_view charset) {
  for (const Width& wide : kWide) {
    if (wide.charset == charset) return wide.bytes_max;
  }
  const auto has_name = [&](const Run& run) { return run.charset == charset; };
  return std::any_of(std::begin(kCommon), std::end(kCommon), has_name) ? 1 : 0;
}

}  // namespace millrace::schema
