// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "fmt/format.h"
#include "system/type_matrix_cases.h"

namespace millrace::testing {
namespace {

using Cases = std::vector<TypeCase>;
using Values = std::vector<std::string>;

std::string Quote(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

void AppendUtf8(uint32_t code, std::string& to) {
  const auto tail = [&](int shift) { to += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xe0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xf0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

// Every character of the basic plane, and some above it. Excludes U+FFFD, the replacement
// character: big5 and tis620 store it as bytes that are no character.
std::string EveryCharacter() {
  std::string text;
  for (uint32_t code = 1; code < 0x10000; ++code) {
    if ((code < 0xd800 || code > 0xdfff) && code != 0xfffd) AppendUtf8(code, text);
  }
  for (uint32_t code = 0x10000; code < 0x110000; code += 0xf1) AppendUtf8(code, text);
  return text;
}

void AddStrings(Cases& cases) {
  const Values short_texts = {"''", "'a'", "'trailing  '", "'Zoë 日本 🎉'", "'a\\0b'", "'\\'\"\\n'"};
  cases.push_back({"CHAR(20) CHARACTER SET utf8mb4", SelectAs::kText, short_texts});
  cases.push_back({"CHAR(255) CHARACTER SET utf8mb4",
                   SelectAs::kText,
                   {"''", "REPEAT('🎉', 255)", "REPEAT('x', 255)", "' '"}});
  cases.push_back({"CHAR(63) CHARACTER SET utf8mb4", SelectAs::kText, {"REPEAT('🎉', 63)", "'z'"}});
  cases.push_back({"CHAR(64) CHARACTER SET utf8mb4", SelectAs::kText, {"REPEAT('🎉', 64)", "'z'"}});
  cases.push_back({"CHAR(0)", SelectAs::kText, {"''"}});
  cases.push_back({"VARCHAR(20) CHARACTER SET utf8mb4", SelectAs::kText, short_texts});
  cases.push_back(
      {"VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", SelectAs::kText, short_texts});
  cases.push_back({"VARCHAR(63) CHARACTER SET utf8mb4", SelectAs::kText, {"REPEAT('🎉', 63)"}});
  cases.push_back(
      {"VARCHAR(64) CHARACTER SET utf8mb4", SelectAs::kText, {"REPEAT('🎉', 64)", "'z'"}});
  cases.push_back({"VARCHAR(300) CHARACTER SET latin1",
                   SelectAs::kText,
                   {"''", "REPEAT('é', 300)", "'€'", "_latin1 X'818D8F909D'"}});
  cases.push_back(
      {"VARCHAR(16000) CHARACTER SET utf8mb4", SelectAs::kText, {"REPEAT('é', 16000)"}});
  cases.push_back({"VARCHAR(9) DEFAULT 'dflt'", SelectAs::kText, {"DEFAULT", "''"}});
  cases.push_back(
      {"TINYTEXT CHARACTER SET utf8mb4", SelectAs::kText, {"''", "' x '", "REPEAT('a', 255)"}});
  cases.push_back(
      {"TEXT CHARACTER SET utf8mb4", SelectAs::kText, {"''", "'a\\0'", "REPEAT('я', 32767)"}});
  cases.push_back(
      {"MEDIUMTEXT CHARACTER SET utf8mb3", SelectAs::kText, {"''", "REPEAT('日本', 40000)"}});
  cases.push_back(
      {"LONGTEXT CHARACTER SET latin1", SelectAs::kText, {"''", "REPEAT('ÿ', 3000000)"}});
}

void AddLabels(Cases& cases) {
  cases.push_back(
      {"ENUM('small','medium','large')", SelectAs::kText, {"'small'", "3", "'nonsense'", "2"}});
  cases.push_back({"ENUM('é','a,b','it''s','\"q\"','') CHARACTER SET latin1",
                   SelectAs::kText,
                   {"'é'", "'a,b'", "'it''s'", "'\"q\"'", "5", "'nonsense'"}});
  cases.push_back({"ENUM('да','нет') CHARACTER SET cp1251 DEFAULT 'нет'",
                   SelectAs::kText,
                   {"DEFAULT", "'да'"}});
  cases.push_back({"ENUM('日','本') CHARACTER SET ucs2", SelectAs::kText, {"'日'", "'本'"}});
  std::string many;
  for (int i = 1; i <= 300; ++i) many += fmt::format("{}'label {}'", i == 1 ? "" : ",", i);
  cases.push_back({"ENUM(" + many + ")", SelectAs::kText, {"1", "255", "256", "300", "'?'"}});
  cases.push_back({"SET('a','b','é') CHARACTER SET latin1",
                   SelectAs::kText,
                   {"''", "'a'", "'é,a'", "7", "'b,nonsense'"}});
  for (const int members : {8, 9, 16, 17, 24, 25, 33, 64}) {
    std::string labels;
    for (int i = 1; i <= members; ++i) labels += fmt::format("{}'m{}'", i == 1 ? "" : ",", i);
    const std::string all =
        members == 64 ? "18446744073709551615" : std::to_string((uint64_t{1} << members) - 1);
    cases.push_back({fmt::format("SET({})", labels),
                     SelectAs::kText,
                     {"''", "'m1'", fmt::format("'m{}'", members), all}});
  }
  cases.push_back(
      {"SET('x','y') NOT NULL DEFAULT 'x,y'", SelectAs::kText, {"DEFAULT", "'y'"}, "", false});
}

// A JSON object so large that its offsets take four bytes.
std::string LargeObject() {
  std::string text = "{";
  for (int i = 0; i < 6000; ++i)
    text += fmt::format("{}\"key{}\": {}", i == 0 ? "" : ",", i, i * 7);
  return Quote(text + "}");
}

std::string Nested(int depth) { return Quote(std::string(depth, '[') + std::string(depth, ']')); }

const Values& PlainJson() {
  static const Values kPlain = {
      "'null'",
      "'true'",
      "'false'",
      "'0'",
      "'-1'",
      "'32767'",
      "'-32769'",
      "'2147483648'",
      "'-9223372036854775808'",
      "'18446744073709551615'",
      "'1.0'",
      "'-0.0'",
      "'1e100'",
      "'1.5e-10'",
      "'123456789.123456789'",
      "'1e15'",
      "'1e17'",
      "'0.1'",
      "'100000000000000000000000'",
      "'5e-324'",
      "'\"\"'",
      "'\"text\"'",
      "'{}'",
      "'[]'",
      "'[[], {}]'",
      "'{\"b\": 1, \"aa\": 2, \"a\": [true, null, \"x\"]}'",
      R"('"\\u0001 \\" \\\\ \\/ \\b\\f\\n\\r\\t é 🎉 \\u00e9 \\ud83c\\udf89"')",
      "'{\"\": {\"\": {\"deep\": [1, [2, [3]]]}}}'",
      "'{\"ключ\": \"значение\"}'"};
  return kPlain;
}

void AddMysqlJson(Cases& cases) {
  cases.push_back({"JSON", SelectAs::kText, PlainJson()});
  cases.push_back({"JSON",
                   SelectAs::kText,
                   {Nested(100), LargeObject(), "JSON_QUOTE(REPEAT('é', 40000))",
                    "CONCAT('[', REPEAT('123456,', 20000), '0]')",
                    "CONCAT('[', REPEAT('\"ab\",', 30000), '{}]')"}});
  cases.push_back(
      {"JSON",
       SelectAs::kText,
       {"JSON_ARRAY(CAST(1.50 AS DECIMAL(10,2)), CAST(-0.001 AS DECIMAL(65,30)))",
        "JSON_OBJECT('d', DATE'2024-02-29', 'z', CAST('0000-00-00' AS DATE))",
        "JSON_ARRAY(TIME'-12:34:56.789', TIME'838:59:59', CAST('00:00:00.000001' AS TIME(6)))",
        "JSON_ARRAY(TIMESTAMP'2024-01-02 03:04:05.678', CAST('9999-12-31' AS DATETIME(6)))",
        "CAST(CAST('2024-01-02 03:04:05' AS DATETIME) AS JSON)", "CAST(DATE'2024-01-02' AS JSON)",
        "CAST(TIME'10:11:12.5' AS JSON)", "CAST(1.25 AS JSON)", "CAST(CAST(1 AS UNSIGNED) AS JSON)",
        "CAST(3e0 AS JSON)", "CAST(CAST(2024 AS YEAR) AS JSON)", "JSON_ARRAY(X'00ff10', b'101')",
        "JSON_ARRAY(CAST('bytes' AS BINARY), CAST(REPEAT('x', 300) AS BINARY))",
        "JSON_OBJECT('g', ST_GeomFromText('POINT(1 2)'))", "JSON_ARRAY(TRUE, 1 = 2, NULL)",
        "JSON_ARRAY(CAST(1e-7 AS DOUBLE), 1e20, 1e21, 123456789012345680000e0, 0.00001e0)",
        "JSON_ARRAY(CAST(1.1 AS FLOAT), CAST(0 AS DECIMAL(5,0)), 12345678901234567890123.5)"}});
  // JSON stores decimals as the server computed them, wider than any column allows.
  const std::string nines = "CAST(REPEAT('9', 65) AS DECIMAL(65,0))";
  const std::string price = "CAST(CONCAT(REPEAT('8', 35), '.', REPEAT('7', 30)) AS DECIMAL(65,30))";
  cases.push_back({"JSON",
                   SelectAs::kText,
                   {"JSON_ARRAY(CAST(REPEAT(9, 64) AS DECIMAL(65,0)), -" + nines + ")",
                    "JSON_OBJECT('a', " + price + " * 1, 'b', -" + price + " / 3)",
                    "JSON_ARRAY(" + nines + " + " + nines + ", 1 / 7 / 7 / 7 / 7 / 7 / 7 / 7)",
                    "CAST(" + nines + " * 10 AS JSON)",
                    "JSON_ARRAY(-1 / CAST('1e40' AS DECIMAL(65,0)), CAST(0 AS DECIMAL(30,30)))",
                    "JSON_ARRAY(ROUND(" + nines + ", -3), TRUNCATE(" + price + ", 2))"}});
  cases.push_back({"JSON DEFAULT (JSON_ARRAY(1))", SelectAs::kText, {"DEFAULT", "'{}'"}});
}

}  // namespace

std::vector<TypeCase> TextCases(Flavour flavour) {
  Cases cases;
  AddStrings(cases);
  AddLabels(cases);
  if (flavour == Flavour::kMysql) {
    AddMysqlJson(cases);
  } else {
    cases.push_back({"JSON", SelectAs::kText, PlainJson()});
  }
  return cases;
}

std::vector<TypeCase> CharsetCases(const std::vector<std::string>& charsets) {
  const std::string everything = Quote(EveryCharacter());
  Cases cases;
  for (const std::string& charset : charsets) {
    cases.push_back({"VARCHAR(40) CHARACTER SET " + charset,
                     SelectAs::kText,
                     {"''", "'a '", "'Zoë Łódź Привет'", "'日本語 한국어 中文 ภาษา'", "'x\\0y'"}});
    cases.push_back({"CHAR(9) CHARACTER SET " + charset, SelectAs::kText, {"''", "'q'", "'é1 '"}});
    cases.push_back({"LONGTEXT CHARACTER SET " + charset, SelectAs::kText, {everything}});
  }
  return cases;
}

std::vector<std::string> TextCharsets(SqlSession& sql) {
  std::vector<std::string> names;
  for (const SqlRow& row : sql.MustQuery("SHOW CHARACTER SET")) {
    if (*row[0] != "binary") names.push_back(*row[0]);
  }
  return names;
}

}  // namespace millrace::testing
