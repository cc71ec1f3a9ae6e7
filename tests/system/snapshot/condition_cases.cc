// SPDX-License-Identifier: Apache-2.0

#include "system/snapshot/condition_cases.h"

#include "fmt/format.h"

namespace millrace::testing {
namespace {

using Cases = std::vector<ConditionCase>;

void AddNumberCases(Cases& cases) {
  const std::vector<std::tuple<const char*, const char*, const char*>> integers = {
      {"TINYINT", "-128", "127"},
      {"SMALLINT", "-32768", "32767"},
      {"MEDIUMINT", "-8388608", "8388607"},
      {"INT", "-2147483648", "2147483647"},
      {"BIGINT", "-9223372036854775808", "9223372036854775807"},
      {"TINYINT UNSIGNED", "0", "255"},
      {"SMALLINT UNSIGNED", "0", "65535"},
      {"MEDIUMINT UNSIGNED", "0", "16777215"},
      {"INT UNSIGNED", "0", "4294967295"},
      {"BIGINT UNSIGNED", "0", "18446744073709551615"},
      {"INT(8) ZEROFILL", "0", "4294967295"}};
  for (const auto& [type, least, most] : integers) {
    cases.push_back({type, {least, "1", "7", most}, {"1", "7", least, most}});
  }
  cases.push_back({"BOOL", {"TRUE", "FALSE", "-2"}, {"FALSE", "TRUE", "-2"}});
  cases.push_back({"YEAR", {"0", "1901", "1999", "2155"}, {"1901", "2000", "0", "2155"}});
  cases.push_back({"BIT(1)", {"b'0'", "b'1'"}, {"0", "1"}});
  cases.push_back({"BIT(9)", {"b'0'", "b'101'", "511"}, {{"0x0005", "b'101'"}, "511"}});
  cases.push_back({"BIT(64)",
                   {"0", "9223372036854775808", "18446744073709551615"},
                   {"0", "9223372036854775808", "18446744073709551615"}});
  cases.push_back({"DECIMAL(5,2)",
                   {"-999.99", "-0.01", "0", "0.1", "999.99"},
                   {"-0.01", "0.10", "0", "999.99"}});
  cases.push_back({"DECIMAL(20,6) UNSIGNED",
                   {"0", "12345678901234.567891", "0.5"},
                   {"0.5", "12345678901234.567891"}});
  const std::string digits = std::string(35, '9') + "." + std::string(30, '9');
  cases.push_back({"DECIMAL(65,30)",
                   {digits, "-" + digits, "0", "0.000000000000000000000000000001"},
                   {"0.000000000000000000000000000001", digits.c_str()}});
  cases.push_back({"FLOAT",
                   {"0", "-0e0", "0.1", "1.5", "-3.4e38", "16777217", "1e-40"},
                   {"0.1", "1.5", "0", "16777217"}});
  cases.push_back({"DOUBLE",
                   {"0", "-0e0", "0.1", "-1.7976931348623157e308", "5e-324", "9007199254740993"},
                   {"0.1", "9007199254740993", "0", "5e-324"}});
}

void AddTextCases(Cases& cases) {
  const std::vector<std::string> texts = {"''",    "'a'",   "'A'",      "'á'",     "'b '",
                                          "'50%'", "'5_0'", "'a\\\\b'", "'zoë''s'"};
  const std::vector<ConditionPair> literals = {"'a'", "'b'", "''", "'zoë''s'"};
  const std::vector<std::string> patterns = {"'%'", "'a%'", R"('50\%')", R"('5\__')",
                                             R"('%\\\\%')"};
  for (const char* type :
       {"VARCHAR(20) CHARACTER SET utf8mb4", "CHAR(20) CHARACTER SET utf8mb4",
        "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
        "VARCHAR(20) CHARACTER SET utf8mb3", "VARCHAR(20) CHARACTER SET latin1",
        "VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin", "CHAR(20) CHARACTER SET ucs2",
        "VARCHAR(20) CHARACTER SET utf16", "VARCHAR(20) CHARACTER SET utf32",
        "TEXT CHARACTER SET utf8mb4", "TINYTEXT CHARACTER SET latin1",
        "MEDIUMTEXT CHARACTER SET utf8mb3", "LONGTEXT CHARACTER SET utf8mb4"}) {
    cases.push_back({type, texts, literals, true, patterns});
  }
  cases.push_back({"VARCHAR(20) CHARACTER SET cp1251",
                   {"'да'", "'ДА'", "'нет'", "''"},
                   {"'да'", "'нет'"},
                   true,
                   {"'д%'", "'_а'"}});
  cases.push_back({"VARCHAR(20) CHARACTER SET sjis",
                   {"'日本'", "'表'", "'ソ'", "'a'"},
                   {"'日本'", "'表'"},
                   true,
                   {"'日%'", "'_'"}});
  cases.push_back({"ENUM('small','Big','it''s','é') CHARACTER SET latin1",
                   {"'small'", "'Big'", "'it''s'", "'é'", "'nonsense'"},
                   {"'small'", "'it''s'", "'é'", "''"},
                   false,
                   {"'%i%'", "'_'"}});
  cases.push_back({"SET('a','b','é') CHARACTER SET utf8mb4",
                   {"''", "'a'", "'a,b'", "'b,é'", "7"},
                   {"'a'", "'a,b'", "'a,b,é'", "''"},
                   false,
                   {"'%b%'", "'a,%'"}});
}

void AddBytesCases(Cases& cases) {
  for (const char* type : {"VARBINARY(20)", "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"}) {
    cases.push_back({type,
                     {"''", "X'00'", "X'0001'", "X'61255C'", "X'FF'", "'A'"},
                     {"X'00'", {"0x61255c", "X'61255C'"}, "X''"},
                     true,
                     {"X'6125'", "X'5F'", "X'255C5C'"}});
  }
  cases.push_back({"BINARY(4)",
                   {"''", "X'00'", "X'61626364'", "X'61'"},
                   {"X'00000000'", "X'61626364'", "X'61'"},
                   true,
                   {"X'6125'", "X'5F5F5F5F'"}});
}

void AddTimeCases(Cases& cases) {
  cases.push_back({"DATE",
                   {"'0000-00-00'", "'2024-00-00'", "'2023-02-31'", "'2024-02-29'", "'9999-12-31'"},
                   {"'2024-02-29'", "'0000-00-00'", "DATE '2024-02-29'", "'2023-02-31'"}});
  for (const int digits : {0, 3, 6}) {
    const std::string fsp = fmt::format("({})", digits);
    const std::string fraction = digits == 0 ? "" : digits == 3 ? ".789" : ".789012";
    const std::string time = fmt::format("'-12:34:56{}'", fraction);
    const std::string moment = fmt::format("'2024-02-29 12:34:56{}'", fraction);
    const std::string typed = "TIMESTAMP " + moment;
    cases.push_back(
        {"TIME" + fsp,
         {"'00:00:00'", "'-00:00:01'", time, "'838:59:59'", "'-838:59:59'", "'23:59:58'"},
         {time.c_str(), "'23:59:58'", "TIME '00:00:00'", "'-838:59:59'"}});
    cases.push_back(
        {"DATETIME" + fsp,
         {"'0000-00-00'", "'2024-00-00 01:02:03'", moment, "'2024-02-29'", "'9999-12-31 23:59:59'"},
         {moment.c_str(), "'2024-02-29'", typed.c_str(), "'0000-00-00 00:00:00'"}});
    cases.push_back(
        {"TIMESTAMP" + fsp + " NULL",
         {"'0000-00-00'", "'1970-01-01 00:00:01'", moment, "'2024-02-29'", "'2038-01-19 03:14:07'"},
         {moment.c_str(), "'2024-02-29'", typed.c_str(), "'0000-00-00 00:00:00'"}});
  }
}

void AddOtherCases(Flavour flavour, Cases& cases) {
  cases.push_back({"INT GENERATED ALWAYS AS (id % 7) STORED", {"DEFAULT"}, {"3", "5"}});
  cases.push_back({"VARCHAR(20) GENERATED ALWAYS AS (CONCAT('n', id % 7)) VIRTUAL",
                   {"DEFAULT"},
                   {"'n3'", "'N5'"},
                   true,
                   {"'%3'"}});
  cases.push_back({"POINT", {"ST_GeomFromText('POINT(1 2)')"}, {}, false});
  if (flavour == Flavour::kMysql) {
    cases.push_back({"JSON", {"'{}'", "'null'"}, {}, false});
    cases.push_back({"VECTOR(2)", {"TO_VECTOR('[1,2]')"}, {}, false});
    return;
  }
  cases.push_back({"JSON", {"'{}'", "'[1]'"}, {"'{}'", "'[1]'"}, true, {"'[%'"}});
  cases.push_back(
      {"UUID",
       {"'00112233-4455-6677-8899-aabbccddeeff'", "'123e4567-e89b-12d3-a456-426655440000'"},
       {"'00112233-4455-6677-8899-AABBCCDDEEFF'", "'123e4567-e89b-12d3-a456-426655440000'"}});
  cases.push_back(
      {"INET4", {"'0.0.0.0'", "'127.0.0.1'", "'255.255.255.255'"}, {"'127.0.0.1'", "'128.0.0.0'"}});
  cases.push_back({"INET6", {"'::'", "'::1'", "'2001:db8::1'"}, {"'0:0:0:0:0:0:0:1'", "'fe80::'"}});
  cases.push_back({"VARCHAR(200) COMPRESSED CHARACTER SET utf8mb4",
                   {"''", "'a'", "REPEAT('b', 150)"},
                   {"'a'", "''"},
                   true,
                   {"'b%'"}});
  cases.push_back({"BLOB COMPRESSED",
                   {"''", "X'00'", "REPEAT('b', 150)"},
                   {"X'00'", "X'62'"},
                   true,
                   {"X'6225'"}});
}

// Adds a condition on column `c`: the operator and operand as in `ours` and in `sql`.
void AddCondition(std::vector<ConditionPair>& conditions, const std::string& c,
                  const std::string& ours, const std::string& sql) {
  conditions.emplace_back(c + " " + ours, c + " " + sql);
}

void AddComparisons(const ConditionCase& type, const std::string& c,
                    std::vector<ConditionPair>& conditions) {
  for (const ConditionPair& literal : type.literals) {
    for (const char* comparison : {"=", "<>", "!=", "<=>"}) {
      AddCondition(conditions, c, fmt::format("{} {}", comparison, literal.ours),
                   fmt::format("{} {}", comparison, literal.sql));
    }
    if (!type.has_order) continue;
    for (const char* comparison : {"<", "<=", ">", ">="}) {
      AddCondition(conditions, c, fmt::format("{} {}", comparison, literal.ours),
                   fmt::format("{} {}", comparison, literal.sql));
    }
  }
}

void AddLists(const ConditionCase& type, const std::string& c,
              std::vector<ConditionPair>& conditions) {
  const ConditionPair& a = type.literals.at(0);
  const ConditionPair& b = type.literals.at(1);
  for (const char* form : {"IN ({0}, {1})", "NOT IN ({0}, {1})", "IN ({1})", "NOT IN ({1})"}) {
    AddCondition(conditions, c, fmt::format(fmt::runtime(form), a.ours, b.ours),
                 fmt::format(fmt::runtime(form), a.sql, b.sql));
  }
  if (!type.has_order) return;
  for (const char* form : {"BETWEEN {0} AND {1}", "NOT BETWEEN {0} AND {1}", "BETWEEN {1} AND {0}",
                           "NOT BETWEEN {1} AND {0}"}) {
    AddCondition(conditions, c, fmt::format(fmt::runtime(form), a.ours, b.ours),
                 fmt::format(fmt::runtime(form), a.sql, b.sql));
  }
}

}  // namespace

std::vector<ConditionCase> ConditionCases(Flavour flavour) {
  Cases cases;
  AddNumberCases(cases);
  AddTextCases(cases);
  AddBytesCases(cases);
  AddTimeCases(cases);
  AddOtherCases(flavour, cases);
  return cases;
}

std::vector<ConditionPair> ConditionsOn(const ConditionCase& type, const std::string& c) {
  std::vector<ConditionPair> conditions;
  for (const char* form : {"IS NULL", "IS NOT NULL"}) AddCondition(conditions, c, form, form);
  // MySQL does not support <=> for a VECTOR.
  AddCondition(conditions, c, "<=> NULL", "IS NULL");
  for (const std::string& pattern : type.patterns) {
    AddCondition(conditions, c, "LIKE " + pattern, "LIKE " + pattern);
    AddCondition(conditions, c, "NOT LIKE " + pattern, "NOT LIKE " + pattern);
  }
  if (type.literals.empty()) return conditions;
  AddComparisons(type, c, conditions);
  AddLists(type, c, conditions);
  const ConditionPair& a = type.literals[0];
  const ConditionPair& b = type.literals[1];
  static constexpr char kMixed[] = "NOT ({0} = {1}) OR ({0} IS NULL AND NOT {0} IN ({2}))";
  conditions.emplace_back(fmt::format(kMixed, c, a.ours, b.ours),
                          fmt::format(kMixed, c, a.sql, b.sql));
  return conditions;
}

}  // namespace millrace::testing
