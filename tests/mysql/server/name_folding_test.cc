// SPDX-License-Identifier: Apache-2.0

#include "mysql/name_folding.h"

#include <gtest/gtest.h>

#include "fmt/format.h"
#include "mysql/query_rows.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

NameFolding Example() {
  return NameFolding::ToLower({{"Ä", "ä"}, {"İ", "i"}, {"ẞ", std::nullopt}});
}

TEST(NameFolding, NamesAreKeptAsTypedByDefault) {
  EXPECT_FALSE(NameFolding().folds());
  EXPECT_EQ(NameFolding().Fold("Shop"), "Shop");
  EXPECT_EQ(NameFolding().Fold("\xff"), "\xff");
}

TEST(NameFolding, UsesLettersOfTheSource) {
  EXPECT_EQ(Example().Fold("AZaz09_$"), "azaz09_$");
  EXPECT_EQ(Example().Fold("ÄPFEL İ ÖL"), "äpfel i Öl");
  EXPECT_EQ(Example().Fold(""), "");
}

TEST(NameFolding, UnknownLettersReturnNothing) {
  EXPECT_EQ(Example().Fold("straẞe"), std::nullopt);
  EXPECT_EQ(Example().Fold("\xff"), std::nullopt);
  EXPECT_EQ(Example().Fold("a\xc3"), std::nullopt);
  EXPECT_EQ(Example().Fold("\xf0\x9f\x98\x80"), std::nullopt);
}

class NameFoldingTest : public SourceTest {};

TEST_P(NameFoldingTest, DefaultSourceKeepsNamesAsTyped) {
  const auto server = Start();
  const auto connection = MustConnect(OptionsFor(*server));
  EXPECT_EQ(connection->info().lower_case_table_names, 0u);
  EXPECT_FALSE(FetchNameFolding(*connection)->folds());
}

MILLRACE_BOTH_SERVERS(NameFoldingTest);

// Table names with letters of all alphabets that have two cases. From MariaDB 11.0 on, letters that
// two Unicode versions fold differently are unknown; no letter folds wrongly.
TEST(NameFoldingOfMariadb, NamesFoldLikeTheSource) {
  const auto server = StartSource(ServerKind::kMariadb, {"--lower-case-table-names=1"});
  auto root = server->MustConnect();
  const auto connection = MustConnect(OptionsFor(*server));
  ASSERT_EQ(connection->info().lower_case_table_names, 1u);
  const bool may_be_unknown = connection->info().version >= 110000;
  const NameFolding names = FetchNameFolding(*connection).value();
  root.MustExecute("CREATE DATABASE Shop");
  for (const std::string name :
       {"ÀÉÎÕÜÇÑØÞÐÆ", "ĀĂĄĆĐĖĞĦİĲĴĶŁŃŊŒŘŞŦŪŴŶŽ", "ƁƆƉƏƔƖƗƢƷǄǅǱȀȺ", "ΆΑΒΓΔΣΦΨΩΫϒϴ", "ЀЁЖЩЪЯѠҐӀӁԀ",
        "ԱԲՖႠჅᎠᏴ", "ḀẒẞẠỸἈὙᾈᾼῌ", "ΩKÅⅠⅯↃⒶⓏⰀⱢⱯⲀꙀꚀꜢꞋ", "ＡＺ", "Shop_2"}) {
    SCOPED_TRACE(name);
    root.MustExecute(fmt::format("CREATE TABLE Shop.`{}` (a INT)", name));
    const std::string kept = root.MustQueryValue(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop'");
    const std::optional<std::string> folded = names.Fold(name);
    if (folded.has_value() || !may_be_unknown) {
      EXPECT_EQ(folded, kept);
    }
    root.MustExecute(fmt::format("DROP TABLE Shop.`{}`", name));
  }
  EXPECT_EQ(names.Fold("ÀÉÎÕÜÇÑØÞÐÆ"), "àéîõüçñøþðæ");
  EXPECT_EQ(names.Fold("Shop"), "shop");
}

}  // namespace
}  // namespace millrace
