// SPDX-License-Identifier: Apache-2.0

#include "system/type_matrix_cases.h"

#include <utility>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

using Cases = std::vector<TypeCase>;
using Values = std::vector<std::string>;

void AddIntegers(Cases& cases) {
  struct Integer {
    std::string name, lowest, highest, unsigned_highest;
  };
  const Integer integers[] = {
      {"TINYINT", "-128", "127", "255"},
      {"SMALLINT", "-32768", "32767", "65535"},
      {"MEDIUMINT", "-8388608", "8388607", "16777215"},
      {"INT", "-2147483648", "2147483647", "4294967295"},
      {"BIGINT", "-9223372036854775808", "9223372036854775807", "18446744073709551615"},
  };
  for (const Integer& integer : integers) {
    cases.push_back(
        {integer.name, SelectAs::kNumber, {integer.lowest, "-1", "0", integer.highest}});
    cases.push_back({integer.name + " UNSIGNED",
                     SelectAs::kNumber,
                     {"0", integer.highest, "CAST(" + integer.highest + " AS UNSIGNED) + 1",
                      integer.unsigned_highest}});
    cases.push_back(
        {integer.name + "(6) ZEROFILL", SelectAs::kNumber, {"0", "7", integer.unsigned_highest}});
  }
  cases.push_back({"BOOL", SelectAs::kNumber, {"TRUE", "FALSE", "-2"}});
  cases.push_back({"INT DEFAULT -7", SelectAs::kNumber, {"DEFAULT", "0"}});
  cases.push_back({"BIGINT UNSIGNED NOT NULL DEFAULT 18446744073709551615",
                   SelectAs::kNumber,
                   {"DEFAULT", "0"},
                   "",
                   false});
}

void AddDecimals(Cases& cases) {
  cases.push_back({"DECIMAL(1,0)", SelectAs::kText, {"-9", "0", "9"}});
  cases.push_back({"DECIMAL(5,2)", SelectAs::kText, {"-999.99", "0", "-0.01", "0.1", "999.99"}});
  cases.push_back({"DECIMAL(9,9)", SelectAs::kText, {"0.123456789", "-0.000000001", "0"}});
  cases.push_back({"DECIMAL(10,0)", SelectAs::kText, {"9999999999", "-1000000000", "1"}});
  cases.push_back(
      {"DECIMAL(18,9)", SelectAs::kText, {"123456789.987654321", "-1.000000010", "10"}});
  cases.push_back(
      {"DECIMAL(20,6) UNSIGNED", SelectAs::kText, {"0", "12345678901234.567891", "0.5"}});
  cases.push_back(
      {"DECIMAL(65,0)", SelectAs::kText, {std::string(65, '9'), "-" + std::string(65, '9')}});
  const std::string widest = std::string(35, '9') + "." + std::string(30, '9');
  cases.push_back({"DECIMAL(65,30)",
                   SelectAs::kText,
                   {widest, "-" + widest, "0", "0.000000000000000000000000000001", "-1"}});
  cases.push_back({"DECIMAL(12,4) DEFAULT 3.14", SelectAs::kText, {"DEFAULT", "-3.1"}});
}

void AddFloats(Cases& cases) {
  const Values floats = {"0e0",    "-0e0",           "1.5",   "-3.4028234663852886e38",
                         "3.4e38", "1.17549435e-38", "1e-45", "-1e-40",
                         "0.1",    "16777217",       "1e10",  "123456.789"};
  const Values doubles = {"0e0",
                          "-0e0",
                          "0.1",
                          "-1.7976931348623157e308",
                          "1.7976931348623157e308",
                          "2.2250738585072014e-308",
                          "1e-310",
                          "5e-324",
                          "9007199254740993e0",
                          "1e15",
                          "123456789.123456789e0"};
  cases.push_back({"FLOAT", SelectAs::kFloat, floats});
  cases.push_back({"FLOAT(10)", SelectAs::kFloat, {"0.2", "-1e30"}});
  cases.push_back({"FLOAT(24)", SelectAs::kFloat, {"0.3", "-1e-30"}});
  cases.push_back({"FLOAT(25)", SelectAs::kDouble, {"0.3", "-1e-300"}});
  cases.push_back({"FLOAT(7,3)", SelectAs::kFloat, {"1234.567", "-0.001"}});
  cases.push_back({"FLOAT UNSIGNED", SelectAs::kFloat, {"0", "2.5"}});
  cases.push_back({"DOUBLE", SelectAs::kDouble, doubles});
  cases.push_back({"DOUBLE(20,4)", SelectAs::kDouble, {"1234567890.1234", "-0.0001"}});
  cases.push_back({"DOUBLE DEFAULT 2.5", SelectAs::kDouble, {"DEFAULT", "-2.5"}});
}

void AddBits(Cases& cases) {
  cases.push_back({"BIT(1)", SelectAs::kNumber, {"b'0'", "b'1'"}});
  cases.push_back({"BIT(8)", SelectAs::kNumber, {"0", "b'10000001'", "255"}});
  cases.push_back({"BIT(9)", SelectAs::kNumber, {"0", "b'100000001'", "511"}});
  cases.push_back({"BIT(33)", SelectAs::kNumber, {"1", "b'100000000000000000000000000000001'"}});
  cases.push_back(
      {"BIT(64)", SelectAs::kNumber, {"0", "18446744073709551615", "9223372036854775808"}});
  cases.push_back({"BIT(4) DEFAULT b'101'", SelectAs::kNumber, {"DEFAULT", "b'0'"}});
  // In memory, BIT columns share bytes with the NULL bits; in a binlog they do not.
  cases.push_back({"BIT(3)", SelectAs::kNumber, {"5", "2"}, ", d BIT(5) DEFAULT 9, e BIT(1)"});
}

void AddBytes(Cases& cases) {
  cases.push_back({"BINARY(1)", SelectAs::kBytes, {"''", "X'00'", "X'FF'"}});
  cases.push_back({"BINARY(16)",
                   SelectAs::kBytes,
                   {"X'00112233445566778899AABBCCDDEEFF'", "X'00112233445566778899AABBCCDDEE00'",
                    "X'AA'", "''", "X'20'", "X'0020'"}});
  cases.push_back({"BINARY(255)", SelectAs::kBytes, {"REPEAT(X'01', 255)", "X'0100'"}});
  cases.push_back({"BINARY(4) DEFAULT 'ab'", SelectAs::kBytes, {"DEFAULT", "X'6100'"}});
  cases.push_back(
      {"VARBINARY(255)", SelectAs::kBytes, {"''", "X'00'", "X'0100'", "REPEAT('x', 255)"}});
  cases.push_back({"VARBINARY(256)", SelectAs::kBytes, {"X'2000'", "REPEAT(X'00', 256)"}});
  cases.push_back({"VARBINARY(60000)", SelectAs::kBytes, {"X'FF'", "REPEAT(X'FE', 60000)"}});
  cases.push_back({"TINYBLOB", SelectAs::kBytes, {"''", "X'00FF'", "REPEAT(X'FF', 255)"}});
  cases.push_back({"BLOB", SelectAs::kBytes, {"''", "X'00'", "REPEAT(X'80', 65535)"}});
  cases.push_back({"MEDIUMBLOB", SelectAs::kBytes, {"X'01'", "REPEAT(X'00FF7F', 70000)"}});
  cases.push_back({"LONGBLOB", SelectAs::kBytes, {"''", "REPEAT(X'DEADBEEF', 1000000)", "X'00'"}});
}

void AddDates(Cases& cases) {
  cases.push_back({"YEAR", SelectAs::kNumber, {"0", "1901", "1999", "2155"}});
  cases.push_back({"YEAR DEFAULT 1970", SelectAs::kNumber, {"DEFAULT", "2000"}});
  cases.push_back({"DATE",
                   SelectAs::kText,
                   {"'0000-00-00'", "'2024-00-00'", "'2024-05-00'", "'0000-01-01'", "'1000-01-01'",
                    "'1969-12-31'", "'2024-02-29'", "'2023-02-31'", "'9999-12-31'"}});
  cases.push_back({"DATE DEFAULT '2001-02-03'", SelectAs::kText, {"DEFAULT", "'0001-01-01'"}});
  for (int digits = 0; digits <= 6; ++digits) {
    const std::string fsp = "(" + std::to_string(digits) + ")";
    cases.push_back({"TIME" + fsp,
                     SelectAs::kText,
                     {"'00:00:00'", "'-00:00:00.5'", "'-00:00:01.000001'", "'23:59:59.999999'",
                      "'-12:34:56.789012'", "'838:59:59.999999'", "'-838:59:59.999999'",
                      "'838:59:58.123456'", "'-838:59:58.123456'", "'-01:00:00'"}});
    cases.push_back(
        {"DATETIME" + fsp,
         SelectAs::kText,
         {"'0000-00-00'", "'2024-00-00 01:02:03.04'", "'2024-12-00 23:59:58.9'",
          "'0001-01-01 00:00:00'", "'1970-01-01 00:00:00.000001'", "'2024-02-29 12:34:56.123456'",
          "'9999-12-31 23:59:59'", "'2023-02-30 11:11:11.5'"}});
    cases.push_back({"TIMESTAMP" + fsp + " NULL",
                     SelectAs::kTimestamp,
                     {"'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'", "'1970-01-01 00:00:01.9'",
                      "'2024-03-31 02:30:00.123456'", "'2038-01-19 03:14:07'"}});
  }
  cases.push_back(
      {"DATETIME(6)", SelectAs::kText, {"'9999-12-31 23:59:59.999999'", "'0000-00-00'"}});
  cases.push_back({"TIMESTAMP(6) NULL", SelectAs::kTimestamp, {"'2038-01-19 03:14:07.999999'"}});
  cases.push_back({"TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)",
                   SelectAs::kTimestamp,
                   {"DEFAULT", "'2000-01-01'", "DEFAULT"},
                   "",
                   false});
  cases.push_back({"DATETIME(2) DEFAULT CURRENT_TIMESTAMP(2) ON UPDATE CURRENT_TIMESTAMP(2)",
                   SelectAs::kText,
                   {"DEFAULT", "c", "'2000-01-01'"}});
}

std::string Geometry(const std::string& text) { return "ST_GeomFromText('" + text + "')"; }

void AddGeometries(Flavour flavour, Cases& cases) {
  const std::string point = Geometry("POINT(1 -2.5)");
  const std::string line = Geometry("LINESTRING(0 0,1 1,2 -2)");
  const std::string polygon = Geometry("POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1))");
  const std::string points = Geometry("MULTIPOINT(0 0,1 1)");
  const std::string lines = Geometry("MULTILINESTRING((0 0,1 1),(2 2,3 3))");
  const std::string polygons = Geometry("MULTIPOLYGON(((0 0,4 0,4 4,0 0)))");
  const std::string collection = Geometry("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))");
  const std::string empty = Geometry("GEOMETRYCOLLECTION EMPTY");
  const std::string placed = flavour == Flavour::kMysql
                                 ? "ST_GeomFromText('POINT(52.5 13.4)', 4326)"
                                 : "ST_GeomFromText('POINT(13.4 52.5)', 4326)";
  cases.push_back({"GEOMETRY",
                   SelectAs::kGeometry,
                   {point, line, polygon, points, lines, polygons, collection, empty, placed}});
  cases.push_back({"POINT", SelectAs::kGeometry, {point, placed}});
  cases.push_back({"LINESTRING", SelectAs::kGeometry, {line}});
  cases.push_back({"POLYGON", SelectAs::kGeometry, {polygon}});
  cases.push_back({"MULTIPOINT", SelectAs::kGeometry, {points}});
  cases.push_back({"MULTILINESTRING", SelectAs::kGeometry, {lines}});
  cases.push_back({"MULTIPOLYGON", SelectAs::kGeometry, {polygons}});
  cases.push_back({"GEOMETRYCOLLECTION", SelectAs::kGeometry, {collection, empty}});
}

void AddGenerated(Cases& cases) {
  cases.push_back(
      {"INT GENERATED ALWAYS AS (n * 2) STORED", SelectAs::kNumber, {"DEFAULT", "DEFAULT"}});
  cases.push_back(
      {"INT GENERATED ALWAYS AS (n - 9) VIRTUAL", SelectAs::kNumber, {"DEFAULT", "DEFAULT"}});
  cases.push_back({"VARCHAR(20) GENERATED ALWAYS AS (CONCAT('n', n)) VIRTUAL",
                   SelectAs::kText,
                   {"DEFAULT", "DEFAULT"},
                   ", INDEX by_c (c)"});
  cases.push_back({"INT INVISIBLE", SelectAs::kNumber, {"1", "2"}});
}

void AddMysqlOnly(Cases& cases) {
  cases.push_back({"POINT SRID 4326", SelectAs::kGeometry, {"ST_SRID(POINT(13.4, 52.5), 4326)"}});
  cases.push_back({"GEOMETRY SRID 0", SelectAs::kGeometry, {Geometry("POINT(3 4)")}});
  cases.push_back(
      {"VECTOR(3)",
       SelectAs::kVector,
       {"TO_VECTOR('[1, -2.5, 0.1]')", "TO_VECTOR('[0]')", "TO_VECTOR('[3e38,-1e-30]')"}});
  cases.push_back({"VECTOR", SelectAs::kVector, {"TO_VECTOR('[0.25]')"}});
  cases.push_back({"BLOB DEFAULT (X'00FF')", SelectAs::kBytes, {"DEFAULT", "''"}});
  cases.push_back({"INT", SelectAs::kNumber, {"4", "5"}, ", INDEX by_sum ((c + n))"});
  cases.push_back({"VARCHAR(9)", SelectAs::kText, {"'Ab'", "'é'"}, ", INDEX by_l ((LOWER(c)))"});
  cases.push_back({"JSON",
                   SelectAs::kText,
                   {"'[1,2]'", "'[]'", "'[3]'"},
                   ", INDEX by_members ((CAST(c AS UNSIGNED ARRAY)))"});
}

void AddMariadbOnly(Cases& cases) {
  cases.push_back(
      {"UUID",
       SelectAs::kText,
       {"'00112233-4455-6677-8899-aabbccddeeff'", "'ffffffff-ffff-ffff-ffff-ffffffffff00'",
        "'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-12d3-a456-426655440000'",
        "'a0000000-0000-0000-0000-000000000000'"}});
  cases.push_back(
      {"INET4", SelectAs::kText, {"'0.0.0.0'", "'127.0.0.1'", "'255.255.255.255'", "'10.0.0.0'"}});
  cases.push_back({"INET6",
                   SelectAs::kText,
                   {"'::'", "'::1'", "'2001:db8::ff00:42:8329'", "'::ffff:192.0.2.128'", "'fe80::'",
                    "'1:2:3:4:5:6:7:8'", "'1:0:0:4:0:0:0:8'", "'::1.2.3.4'", "'1:0:3:4:5:6:7:0'",
                    "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"}});
  cases.push_back({"BINARY(16)", SelectAs::kBytes, {"X'123E4567E89B12D3A456426655440000'", "''"}});
  cases.push_back({"BLOB COMPRESSED", SelectAs::kBytes, {"''", "X'00'", "REPEAT(X'00FF', 30000)"}});
  cases.push_back(
      {"VARBINARY(1000) COMPRESSED", SelectAs::kBytes, {"''", "REPEAT(X'01', 900)", "X'AA'"}});
  cases.push_back({"VARCHAR(500) COMPRESSED CHARACTER SET utf8mb4",
                   SelectAs::kText,
                   {"''", "'short 🎉'", "REPEAT('длинно ', 70)"}});
  cases.push_back({"TEXT COMPRESSED CHARACTER SET latin1",
                   SelectAs::kText,
                   {"''", "'é'", "REPEAT('déjà ', 9000)"}});
  cases.push_back({"LONGTEXT COMPRESSED CHARACTER SET utf8mb4",
                   SelectAs::kText,
                   {"''", "REPEAT('0123456789', 50000)"}});
}

}  // namespace

std::vector<std::string> RowStatements(const TypeCase& type, const std::string& table,
                                       const std::string& key) {
  Values values = type.values;
  const bool generated = type.column.find("GENERATED") != std::string::npos;
  if (type.nullable) values.push_back(generated ? "DEFAULT" : "NULL");
  Values statements = {fmt::format("CREATE TABLE {} (id INT {}, n INT, c {}{})", table, key,
                                   type.column, type.more)};
  for (size_t i = 0; i < values.size(); ++i) {
    // Some values are updates that refer to the column's old value.
    const std::string value = values[i] == "c" ? "DEFAULT" : values[i];
    statements.push_back(
        fmt::format("INSERT INTO {} (id, n, c) VALUES ({}, {}, {})", table, i, i, value));
  }
  return statements;
}

std::vector<TypeCase> TypeCases(Flavour flavour) {
  Cases cases;
  AddIntegers(cases);
  AddDecimals(cases);
  AddFloats(cases);
  AddBits(cases);
  AddBytes(cases);
  AddDates(cases);
  AddGeometries(flavour, cases);
  AddGenerated(cases);
  if (flavour == Flavour::kMysql) AddMysqlOnly(cases);
  if (flavour == Flavour::kMariadb) AddMariadbOnly(cases);
  return cases;
}

std::vector<TypeCase> TypeCasesWithoutMetadata(Flavour flavour) {
  Cases cases = TypeCases(flavour);
  std::erase_if(cases,
                [](const TypeCase& type) { return type.more.find("((") != std::string::npos; });
  return cases;
}

}  // namespace millrace::testing
