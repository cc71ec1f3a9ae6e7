// SPDX-License-Identifier: Apache-2.0

#include "system/snapshot/key_cases.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "fmt/format.h"
#include "model/charset.h"

namespace millrace::testing {
namespace {

using Keys = std::vector<KeyCase>;

// A primary key of one column.
void AddKey(Keys& keys, const std::string& type, std::vector<std::string> values) {
  keys.push_back(
      {type, fmt::format("k {} NOT NULL", type), "PRIMARY KEY (k)", "k", std::move(values)});
}

void AddNumberKeys(Keys& keys) {
  AddKey(keys, "TINYINT", {"-128", "-1", "0", "127"});
  AddKey(keys, "INT UNSIGNED", {"0", "1", "2147483648", "4294967295"});
  AddKey(keys, "INT(8) ZEROFILL", {"0", "7", "4294967295"});
  AddKey(keys, "BIGINT UNSIGNED", {"0", "9223372036854775807", "18446744073709551615"});
  AddKey(keys, "DECIMAL(20,5)", {"-1.5", "0", "0.00001", "999999999999999.99999"});
  AddKey(keys, "FLOAT", {"-0e0", "0.1", "-1e-40", "3.4e38", "16777217", "123456.789"});
  AddKey(keys, "DOUBLE", {"-0e0", "0.1", "5e-324", "-1.7976931348623157e308", "1e15", "1e-5"});
  AddKey(keys, "BIT(1)", {"b'0'", "b'1'"});
  AddKey(keys, "BIT(64)", {"0", "1", "9223372036854775808", "18446744073709551615"});
  AddKey(keys, "YEAR", {"0", "1901", "2000", "2155"});
}

void AddTemporalKeys(Keys& keys) {
  AddKey(keys, "DATE", {"'0000-00-00'", "'2024-00-00'", "'2023-02-31'", "'9999-12-31'"});
  AddKey(keys, "TIME(3)", {"'-838:59:59'", "'-00:00:00.5'", "'00:00:00'", "'23:59:59.999'"});
  AddKey(keys, "DATETIME(6)",
         {"'0000-00-00'", "'2024-00-00 01:02:03.04'", "'9999-12-31 23:59:59.999999'"});
  AddKey(keys, "TIMESTAMP(2)",
         {"'0000-00-00'", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.99'"});
}

void AddByteKeys(Keys& keys) {
  AddKey(keys, "BINARY(4)", {"''", "X'01'", "X'0100'", "X'20'", "X'FFFFFFFF'"});
  AddKey(keys, "VARBINARY(9)", {"''", "X'00'", "X'0000'", "X'20'", "'a'", "'A'"});
}

void AddLabelKeys(Keys& keys) {
  // The error value 0 has the same text as the label ''.
  AddKey(keys, "ENUM('','b')", {"0", "1", "2"});
  AddKey(keys, "ENUM('b','c','')", {"0", "1", "2", "3"});
  AddKey(keys, "SET('a','b')", {"0", "1", "2", "3"});
  AddKey(keys, "SET('a','')", {"0", "1", "2", "3"});
  keys.push_back({"labels that are equal in Unicode",
                  "k ENUM(X'815F', X'5C', 'x') CHARACTER SET sjis COLLATE sjis_bin NOT NULL",
                  "PRIMARY KEY (k)",
                  "k",
                  {"1", "2", "3"}});
}

void AddTextKeys(Keys& keys) {
  // Includes codes without a character.
  AddKey(keys, "VARCHAR(9) CHARACTER SET cp1251", {"'a'", "X'98'", "X'6198'", "X'E0'"});
  AddKey(keys, "VARCHAR(9) CHARACTER SET gbk", {"'a'", "X'FEFE'", "X'41FEFE42'", "X'C4E3'"});
  AddKey(keys, "CHAR(9) CHARACTER SET euckr", {"'a'", "X'C9A1'", "X'B0A1'"});
  AddKey(keys, "CHAR(5)", {"''", "'a'", "'A'", "'a b'"});
  keys.push_back({"VARCHAR that ends in blanks",
                  "k VARCHAR(9) COLLATE utf8mb4_bin NOT NULL",
                  "PRIMARY KEY (k)",
                  "k",
                  {"''", "'a'", "'a '", "'A'"}});
}

void AddShapes(Keys& keys) {
  keys.push_back({"prefix of a TEXT",
                  "k TEXT NOT NULL",
                  "PRIMARY KEY (k(3))",
                  "k",
                  {"'abcd'", "'ab'", "'xyz1'", "''"}});
  keys.push_back({"prefix of a BLOB",
                  "k BLOB NOT NULL",
                  "PRIMARY KEY (k(2))",
                  "k",
                  {"X'0000FF'", "X'00'", "'ab'", "''"}});
  keys.push_back({"composite of ambiguous columns",
                  "k ENUM('','b') NOT NULL, l SET('a','') NOT NULL, m FLOAT NOT NULL",
                  "PRIMARY KEY (m, k, l)",
                  "k, l, m",
                  {"0, 0, 0.1", "1, 0, 0.1", "1, 2, 0.1", "0, 2, 0.1", "0, 0, 0.2"}});
  keys.push_back({"in another order than the table",
                  "k INT NOT NULL, l VARCHAR(5) NOT NULL",
                  "PRIMARY KEY (l, k)",
                  "k, l",
                  {"1, 'a'", "1, 'b'", "2, 'a'"}});
  keys.push_back({"unique that is not nullable",
                  "k ENUM('','b') NOT NULL, l INT",
                  "UNIQUE KEY by_l (l), UNIQUE KEY by_k (k)",
                  "k, l",
                  {"0, NULL", "1, NULL", "2, 2"}});
  keys.push_back(
      {"unique that is nullable", "k INT", "UNIQUE KEY (k)", "k", {"NULL", "1", "NULL", "2"}});
  keys.push_back({"unique beside a prefix",
                  "k TEXT NOT NULL, l ENUM('','b') NOT NULL",
                  "PRIMARY KEY (k(2)), UNIQUE KEY (l)",
                  "k, l",
                  {"'abc', 0", "'xyz', 1", "'', 2"}});
  keys.push_back({"none", "k ENUM('','b')", "INDEX (k)", "k", {"0", "1", "2", "NULL", "0"}});
}

void AddKeysOfMysql(Keys& keys) {
  keys.push_back({"unique over a computed column",
                  "k INT NOT NULL, l INT GENERATED ALWAYS AS (k * 2) STORED NOT NULL",
                  "UNIQUE KEY (l)",
                  "k",
                  {"1", "-1", "0"}});
  keys.push_back({"unique over an expression",
                  "k INT NOT NULL",
                  "UNIQUE KEY ((k + 1)), PRIMARY KEY (k)",
                  "k",
                  {"1", "2", "3"}});
  keys.push_back({"unique over an expression alone",
                  "k INT NOT NULL",
                  "UNIQUE KEY ((k + 1))",
                  "k",
                  {"1", "2", "3"}});
}

void AddKeysOfMariadb(Keys& keys) {
  AddKey(keys, "UUID",
         {"'00112233-4455-6677-8899-aabbccddeeff'", "'00000000-0000-0000-0000-000000000000'",
          "'123e4567-e89b-12d3-a456-426655440000'", "'223e4567-e89b-12d3-a456-426655440000'",
          "'ffffffff-ffff-ffff-ffff-ffffffffff00'"});
  AddKey(keys, "INET6", {"'::'", "'::1'", "'2001:db8::ff00:42:8329'", "'::ffff:192.0.2.128'"});
  AddKey(keys, "INET4", {"'0.0.0.0'", "'127.0.0.1'", "'255.255.255.255'", "'10.0.0.0'"});
  keys.push_back({"unique over a whole TEXT, kept by a hash",
                  "k TEXT NOT NULL",
                  "UNIQUE KEY (k)",
                  "k",
                  {"'a'", "'A'", "''", "REPEAT('x', 4000)"}});
  keys.push_back({"primary key beside a hash",
                  "k INT NOT NULL, l BLOB",
                  "PRIMARY KEY (k), UNIQUE KEY (l)",
                  "k, l",
                  {"1, 'a'", "2, NULL", "3, X'00'"}});
}

std::string HexOf(const std::string& bytes) {
  std::string text = "X'";
  for (const char byte : bytes) {
    fmt::format_to(std::back_inserter(text), "{:02X}", static_cast<uint8_t>(byte));
  }
  return text + "'";
}

// Different codes of the same character, for a few characters.
std::vector<std::string> AliasesOf(const Charset& charset) {
  constexpr size_t kGroups = 2;
  std::vector<std::string> found;
  if (!charset.has_aliases()) return found;
  std::map<std::string, std::vector<std::string>> codes;
  const auto add = [&](const std::string& code) {
    std::string text;
    if (charset.AppendUtf8(code, text) && text.size() < 4) codes[text].push_back(code);
  };
  for (int a = 0x20; a < 0x100; ++a) {
    add({static_cast<char>(a)});
    for (int b = 0x40; a >= 0x80 && b < 0xff; ++b) {
      add({static_cast<char>(a), static_cast<char>(b)});
    }
  }
  size_t groups = 0;
  for (const auto& [text, same] : codes) {
    if (same.size() < 2) continue;
    for (const std::string& code : same) found.push_back(HexOf(code));
    if (++groups == kGroups) break;
  }
  return found;
}

// A key with one column per collation; all columns have the same value.
KeyCase KeyOf(const std::string& charset, const std::vector<std::string>& collations,
              const std::vector<std::string>& values) {
  KeyCase key;
  key.name = fmt::format("{}", fmt::join(collations, ", "));
  std::vector<std::string> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < collations.size(); ++i) {
    names.push_back(fmt::format("k{}", i));
    columns.push_back(fmt::format("{} VARCHAR(9) CHARACTER SET {} COLLATE {} NOT NULL",
                                  names.back(), charset, collations[i]));
  }
  key.columns = fmt::format("{}", fmt::join(columns, ", "));
  key.names = fmt::format("{}", fmt::join(names, ", "));
  key.key = fmt::format("PRIMARY KEY ({})", key.names);
  for (const std::string& value : values) {
    const std::vector<std::string> same(collations.size(), value);
    key.values.push_back(fmt::format("{}", fmt::join(same, ", ")));
  }
  return key;
}

}  // namespace

std::vector<KeyCase> TypeKeyCases(Flavour flavour) {
  Keys keys;
  AddNumberKeys(keys);
  AddTemporalKeys(keys);
  AddByteKeys(keys);
  AddLabelKeys(keys);
  AddTextKeys(keys);
  AddShapes(keys);
  flavour == Flavour::kMysql ? AddKeysOfMysql(keys) : AddKeysOfMariadb(keys);
  return keys;
}

std::vector<KeyCase> CollationKeyCases(SqlSession& sql) {
  // The servers have hundreds of collations.
  constexpr size_t kColumns = 16;
  std::map<std::string, std::vector<std::string>> collations;
  for (const SqlRow& row : sql.MustQuery("SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM "
                                         "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY "
                                         "WHERE CHARACTER_SET_NAME <> 'binary' ORDER BY 1, 2")) {
    collations[*row[0]].push_back(*row[1]);
  }
  Keys keys;
  for (const auto& [charset, names] : collations) {
    std::vector<std::string> values = {"'a'", "'A'", "'ss'", "''", "'a b'"};
    if (const Charset* known = FindCharset(charset); known != nullptr) {
      for (std::string& alias : AliasesOf(*known)) values.push_back(std::move(alias));
    }
    for (size_t first = 0; first < names.size(); first += kColumns) {
      const size_t count = std::min(kColumns, names.size() - first);
      keys.push_back(KeyOf(charset,
                           {names.begin() + static_cast<std::ptrdiff_t>(first),
                            names.begin() + static_cast<std::ptrdiff_t>(first + count)},
                           values));
    }
  }
  return keys;
}

std::string CreateStatement(const KeyCase& key, const std::string& table) {
  return fmt::format("CREATE TABLE {} (id INT NOT NULL, n INT NOT NULL, {}, {}) {}", table,
                     key.columns, key.key, key.options);
}

}  // namespace millrace::testing
