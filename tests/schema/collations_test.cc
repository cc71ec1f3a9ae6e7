// SPDX-License-Identifier: Apache-2.0

#include "schema/collations.h"

#include "gtest/gtest.h"
#include "model/charset.h"

namespace millrace::schema {
namespace {

TEST(Collations, FlavoursShareIdsBelow248) {
  for (uint32_t id = 0; id < 248; ++id) {
    EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, id), CharsetOfCollation(Flavour::kMariadb, id));
  }
  EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, 8), "latin1");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, 33), "utf8mb3");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, 63), "binary");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, 46), "utf8mb4");
}

TEST(Collations, FlavoursDifferInIdsFrom248) {
  EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, 255), "utf8mb4");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, 323), "utf8mb4");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, 249), "gb18030");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMariadb, 255), "");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMariadb, 577), "utf8mb3");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMariadb, 1032), "latin1");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMariadb, 2304), "utf8mb4");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMariadb, 3271), "utf32");
  EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, 2304), "");
}

TEST(Collations, UnknownIdsHaveNoCharset) {
  for (const uint32_t id : {0u, 17u, 100u, 127u, 272u, 324u, 579u, 1041u, 3328u, 0xffffffffu}) {
    EXPECT_EQ(CharsetOfCollation(Flavour::kMysql, id), "") << id;
    EXPECT_EQ(CharsetOfCollation(Flavour::kMariadb, id), "") << id;
  }
}

TEST(Collations, EveryCharsetHasConverterAndWidth) {
  for (const Flavour flavour : {Flavour::kMysql, Flavour::kMariadb}) {
    for (uint32_t id = 1; id < 4096; ++id) {
      const std::string_view charset = CharsetOfCollation(flavour, id);
      if (charset.empty()) continue;
      EXPECT_NE(FindCharset(charset), nullptr) << charset;
      EXPECT_GT(CharacterBytesMax(charset), 0u) << charset;
    }
  }
  EXPECT_EQ(CharacterBytesMax("utf8mb4"), 4u);
  EXPECT_EQ(CharacterBytesMax("ujis"), 3u);
  EXPECT_EQ(CharacterBytesMax("latin1"), 1u);
  EXPECT_EQ(CharacterBytesMax("none"), 0u);
}

}  // namespace
}  // namespace millrace::schema
