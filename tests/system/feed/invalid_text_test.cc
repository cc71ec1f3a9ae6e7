// SPDX-License-Identifier: Apache-2.0

// Text with bytes that are invalid in its charset, or that encode no character: SELECT prints
// question marks or garbage; the feed marks the text as invalid and loses no byte.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "millrace/v1/values.pb.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/snapshot_admin.h"

namespace millrace::testing {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// Charset and bytes of the invalid text in the before or after image.
std::vector<std::pair<std::string, std::string>> InvalidOf(const SeenChange& change, bool before) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const v1::InvalidText& text : change.raw.invalid_text()) {
    if (text.in_before() == before) found.emplace_back(text.charset(), text.value());
  }
  return found;
}

class InvalidText : public ::testing::TestWithParam<Flavour> {
 protected:
  InvalidText() {
    sql_.MustExecute("SET sql_mode = ''");
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("USE shop");
  }

  // Rows of `table`, in the order of the feed.
  std::vector<SeenChange> ReadRows(const std::string& table) {
    v1::SubscribeRequest request = ChangeReader::FromEarliest();
    request.add_tables("shop." + table);
    for (const auto operation :
         {v1::OPERATION_INSERT, v1::OPERATION_UPDATE, v1::OPERATION_DELETE}) {
      request.add_operations(operation);
    }
    return reader_.ReadAll(sql_, std::move(request));
  }

  // Copies the data file of one MyISAM table to another one with a different definition.
  void CopyData(const std::string& from, const std::string& to) {
    sql_.MustExecute(fmt::format("FLUSH TABLES {}, {}", from, to));
    for (const char* extension : {".MYD", ".MYI"}) {
      const auto directory = source_->data_directory() / "shop";
      std::filesystem::copy_file(directory / (from + extension), directory / (to + extension),
                                 std::filesystem::copy_options::overwrite_existing);
    }
    sql_.MustExecute(fmt::format("FLUSH TABLES {}, {}", from, to));
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_);
  ChangeReader reader_{*feed_};
};

TEST_P(InvalidText, UnassignedCodesKeepTheirBytes) {
  sql_.MustExecute(
      "CREATE TABLE item (id INT PRIMARY KEY, a VARCHAR(9) CHARACTER SET cp1251, b CHAR(9) "
      "CHARACTER SET gbk, c TEXT CHARACTER SET sjis, d VARCHAR(300) CHARACTER SET euckr, e "
      "VARCHAR(9) CHARACTER SET tis620)");
  sql_.MustExecute("INSERT INTO item VALUES (1, X'6198', X'FEFE', X'8540', X'C9A1', X'FF')");
  sql_.MustExecute("UPDATE item SET a = 'a', b = 'b', c = 'c', d = 'd', e = 'e'");

  const auto changes = ReadRows("item");

  ASSERT_EQ(changes.size(), 2u);
  const auto expected = UnorderedElementsAre(Pair("cp1251", "a\x98"), Pair("gbk", "\xfe\xfe"),
                                             Pair("sjis", "\x85\x40"), Pair("euckr", "\xc9\xa1"),
                                             Pair("tis620", "\xff"));
  EXPECT_THAT(InvalidOf(changes[0], false), expected);
  EXPECT_THAT(InvalidOf(changes[1], true), expected);
  EXPECT_THAT(InvalidOf(changes[1], false), UnorderedElementsAre());
  EXPECT_EQ(changes[0].after->at("a"), std::nullopt);
  EXPECT_EQ(changes[1].before->at("e"), std::nullopt);
  EXPECT_EQ(changes[1].after->at("a"), "a");
}

TEST_P(InvalidText, InvalidUtf8KeepsItsBytes) {
  sql_.MustExecute("CREATE TABLE raw (c VARBINARY(20)) ENGINE = MyISAM");
  sql_.MustExecute("CREATE TABLE item (c VARCHAR(5) CHARACTER SET utf8mb4) ENGINE = MyISAM");
  sql_.MustExecute("INSERT INTO raw VALUES (X'41FF42'), (X'EDA080'), (X'F09F'), ('fine')");
  CopyData("raw", "item");
  sql_.MustExecute("DELETE FROM item LIMIT 4");

  const auto changes = ReadRows("item");

  ASSERT_EQ(changes.size(), 4u);
  EXPECT_THAT(InvalidOf(changes[0], true), UnorderedElementsAre(Pair("utf8mb4",
                                                                     "A\xff"
                                                                     "B")));
  EXPECT_THAT(InvalidOf(changes[1], true), UnorderedElementsAre(Pair("utf8mb4", "\xed\xa0\x80")));
  EXPECT_THAT(InvalidOf(changes[2], true), UnorderedElementsAre(Pair("utf8mb4", "\xf0\x9f")));
  EXPECT_EQ(changes[3].before->at("c"), "fine");
}

// Charset, and bytes that the servers accept as a label although they are invalid text.
using OddLabel = std::pair<std::string, std::string>;

std::vector<OddLabel> OddLabels(Flavour flavour) {
  std::vector<OddLabel> labels = {{"utf8mb4", "FFFF"}, {"utf8mb4", "41FF"}, {"utf8mb4", "EDA080"},
                                  {"utf8mb4", "F09F"}, {"ascii", "80"},     {"cp1251", "98"},
                                  {"sjis", "8540"},    {"gbk", "FEFE"},     {"big5", "FF"},
                                  {"euckr", "C9A1"},   {"ujis", "FF"},      {"tis620", "FF"},
                                  {"utf16", "D800"},   {"utf16le", "00D8"}, {"utf32", "00110000"}};
  if (flavour == Flavour::kMariadb) {
    labels.insert(labels.end(), {{"utf8mb3", "FF"}, {"ucs2", "D800"}, {"binary", "FF"}});
  }
  return labels;
}

TEST_P(InvalidText, InvalidLabelsKeepTheirBytes) {
  for (const auto& [charset, bytes] : OddLabels(GetParam())) {
    SCOPED_TRACE(charset + " " + bytes);
    const std::string table = "t_" + charset + bytes;
    sql_.MustExecute(
        fmt::format("CREATE TABLE {} (id INT PRIMARY KEY, e ENUM('ok', 0x{}) CHARACTER SET {}, s "
                    "SET('ok', 0x{}) CHARACTER SET {})",
                    table, bytes, charset, bytes, charset));
    sql_.MustExecute(fmt::format("INSERT INTO {} VALUES (1, 2, 3)", table));
    const auto bytes_of = [&](const std::string& column) {
      return absl::HexStringToBytes(sql_.MustQueryValue(
          fmt::format("SELECT HEX(CAST({} AS BINARY)) FROM {}", column, table)));
    };
    const auto expected =
        UnorderedElementsAre(Pair(charset, bytes_of("e")), Pair(charset, bytes_of("s")));
    sql_.MustExecute(fmt::format("UPDATE {} SET e = 1, s = 1", table));

    const auto changes = ReadRows(table);

    ASSERT_EQ(changes.size(), 2u);
    EXPECT_THAT(InvalidOf(changes[0], false), expected);
    EXPECT_EQ(changes[0].after->at("e"), std::nullopt);
    EXPECT_THAT(InvalidOf(changes[1], true), expected);
    EXPECT_THAT(InvalidOf(changes[1], false), UnorderedElementsAre());
    EXPECT_EQ(changes[1].after->at("e"), "ok");
    EXPECT_EQ(changes[1].after->at("s"), "ok");
  }
}

// information_schema shows a question mark for the label.
TEST_P(InvalidText, SnapshotNeverReadsQuestionMarkAsLabel) {
  sql_.MustExecute(
      "CREATE TABLE item (id INT PRIMARY KEY, e ENUM('ok', 0x98) CHARACTER SET cp1251)");
  sql_.MustExecute("INSERT INTO item VALUES (1, 2), (2, 1)");
  const auto read = [](FeedServer& feed) {
    SnapshotAdmin admin(feed);
    const auto started = admin.Start({"shop.item"});
    EXPECT_TRUE(started.ok()) << started.status();
    return TableOf(admin.WaitUntilOver(started->snapshot()), "item");
  };
  const auto late = FeedServer::MustStart(*source_);

  const v1::SnapshotTable refused = read(*late);
  EXPECT_EQ(refused.state(), v1::SnapshotTable::STATE_FAILED);
  EXPECT_EQ(refused.error_reason(), "SCHEMA_UNPROVEN");
  EXPECT_THAT(refused.error(), ::testing::HasSubstr("change a row of the table"));
  EXPECT_THAT(refused.error(), ::testing::HasSubstr("source.exclude_columns"));

  const auto without =
      FeedServer::MustStart(*source_, {.source = {"exclude_columns: ['shop.item.e']"}});
  EXPECT_EQ(read(*without).state(), v1::SnapshotTable::STATE_DONE);

  sql_.MustExecute("UPDATE item SET id = 3 WHERE id = 2");
  ChangeReader reader(*late);
  reader.CurrentToken(sql_);
  EXPECT_EQ(read(*late).state(), v1::SnapshotTable::STATE_DONE);
  std::vector<SeenChange> rows = reader.ReadAll(sql_);
  std::erase_if(rows, [](const SeenChange& c) { return c.operation != v1::OPERATION_READ; });
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(InvalidOf(rows[0], false), UnorderedElementsAre(Pair("cp1251", "\x98")));
  EXPECT_EQ(rows[1].after->at("e"), "ok");
}

INSTANTIATE_TEST_SUITE_P(Sources, InvalidText,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
