// SPDX-License-Identifier: Apache-2.0

// Compares what the encoder writes for a row with what Debezium wrote for the same row.
#include <fstream>
#include <regex>

#include "kafka/debezium_encoder.h"
#include "kafka/encoder_fixture.h"

namespace millrace::kafka {
namespace {

using ::testing::SizeIs;

// Returns the text between the first `begin` and the next `end`.
std::string TextBetween(const std::string& text, const std::string& begin, const std::string& end) {
  const size_t from = text.find(begin);
  if (from == std::string::npos) return "no " + begin;
  const size_t at = from + begin.size();
  return text.substr(at, text.find(end, at) - at);
}

// Normalises like the recordings, and replaces values that the log does not contain.
std::string Normalised(std::string text) {
  const std::pair<std::regex, const char*> rules[] = {
      {std::regex(R"re("(ts_ms|ts_us|ts_ns)":[0-9]+)re"), "\"$1\":\"<$1>\""},
      {std::regex(R"re("(file|gtid|thread|pos)":("[^"]*"|[0-9]+|null))re"), "\"$1\":\"<$1>\""},
      {std::regex(R"re("version":"[0-9][^"]*")re"), "\"version\":\"<version>\""},
  };
  for (const auto& [pattern, to] : rules) text = std::regex_replace(text, pattern, to);
  return text;
}

class DebeziumRecordedTest : public EncoderTest {
 protected:
  DebeziumRecordedTest() { options_.topic_prefix = "mill"; }

  // Lines of one topic from a scenario's stream, without its snapshot.
  static std::vector<std::string> Lines(const std::string& scenario, const std::string& topic) {
    std::ifstream file(std::string(MILLRACE_DEBEZIUM_RECORDINGS) + "/" + scenario + ".jsonl");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      const bool in_snapshot = line.find("\"op\":\"r\"") != std::string::npos;
      if (!in_snapshot && line.starts_with("{\"topic\":\"" + topic + "\",")) lines.push_back(line);
    }
    return lines;
  }
  std::vector<CollectedRecord> Encode(const ChangeView& change) {
    auto encoder = MakeDebeziumEncoder(Parts()).value();
    CollectingSink sink;
    EXPECT_EQ(ErrorReason(encoder->Encode(change, sink)), "");
    return sink.records;
  }
  // The records of `changes`, formatted like lines of a recording without headers.
  std::vector<std::string> EncodedLines(const std::vector<ChangeView>& changes) {
    std::vector<std::string> lines;
    for (const ChangeView& change : changes) {
      for (const CollectedRecord& record : Encode(change)) {
        lines.push_back(Normalised("{\"topic\":\"" + record.topic +
                                   "\",\"key\":" + record.key.value_or("null") +
                                   ",\"value\":" + record.value.value_or("null")));
      }
    }
    return lines;
  }
  // The after images of the scenario's INSERTs into a table of database `types`.
  static std::vector<std::string> Recorded(const std::string& scenario, const std::string& table) {
    std::vector<std::string> rows;
    for (const std::string& line : Lines(scenario, "mill.types." + table)) {
      if (line.find("\"op\":\"c\"") == std::string::npos) continue;
      rows.push_back(TextBetween(line, "\"after\":", ",\"source\""));
    }
    return rows;
  }
  // The schema block of a table's values.
  std::string SchemaOf(const std::string& table, const std::vector<Column>& columns) {
    const auto version = MakeVersion({"types", table}, columns);
    const ChangeView change = Insert(version, {int64_t{1}});
    return TextBetween(*Encode(change).at(0).value, "\"schema\":", ",\"payload\"");
  }
  static std::string RecordedSchema(const std::string& scenario, const std::string& table) {
    const std::string line = Lines(scenario, "mill.types." + table).at(0);
    return TextBetween(line.substr(line.find("\"value\":")), "\"schema\":", ",\"payload\"");
  }
  std::vector<std::string> Rows(const std::string& table, const std::vector<Column>& columns,
                                const std::vector<std::vector<Cell>>& rows) {
    const auto version = MakeVersion({"types", table}, columns);
    std::vector<std::string> written;
    for (const std::vector<Cell>& row : rows) {
      const std::string value = *Encode(Insert(version, row)).at(0).value;
      written.push_back(TextBetween(value, "\"after\":", ",\"source\""));
    }
    return written;
  }
};

std::string WithoutHeaders(const std::string& line) {
  return Normalised(line.substr(0, line.find(",\"headers\":")));
}

Column Field(std::string name, ColumnType type, FieldType field, uint16_t metadata = 0) {
  return MakeColumn(std::move(name), type, field, metadata);
}
Column Unsigned(Column column) {
  column.is_unsigned = true;
  return column;
}
Column NotNull(Column column) {
  column.nullable = false;
  return column;
}
Column Named(Column column, std::string mysql_type) {
  column.mysql_type = std::move(mysql_type);
  return column;
}
// A column whose values are strings in a row message: dates, times, DECIMAL, ENUM, JSON.
Column StringField(std::string name, ColumnType type, uint16_t metadata = 0) {
  return MakeColumn(std::move(name), type, FieldType::kString, metadata);
}

TEST_F(DebeziumRecordedTest, WholeRecordsAreEqual) {
  Column name = NotNull(TextColumn("name"));
  const auto customers =
      MakeVersion({"shop", "customers"}, {KeyColumn("id"), name, TextColumn("email")});
  const auto change = [&](v1::Operation operation) {
    ChangeView view = Change(operation);
    view.version = customers;
    view.table = "customers";
    view.transaction.server_id = 1;
    return view;
  };
  ChangeView insert = change(v1::OPERATION_INSERT);
  insert.after = Row(customers, {int64_t{3}, "Grace", "grace@example.org"});
  ChangeView update = change(v1::OPERATION_UPDATE);
  update.before = Row(customers, {int64_t{1}, "Ada", "ada@example.org"});
  update.after = Row(customers, {int64_t{1}, "Ada", kNullCell});
  ChangeView gone = change(v1::OPERATION_DELETE);
  gone.before = Row(customers, {int64_t{2}, "Zoë 🎉", kNullCell});
  ChangeView moved = change(v1::OPERATION_UPDATE);
  moved.before = insert.after;
  moved.after = Row(customers, {int64_t{30}, "Grace", "grace@example.org"});
  std::vector<std::string> recorded;
  for (const std::string& line : Lines("basic", "mill.shop.customers")) {
    recorded.push_back(WithoutHeaders(line));
  }
  ASSERT_THAT(recorded, SizeIs(7));
  EXPECT_EQ(EncodedLines({insert, update, gone, moved}), recorded);
}

TEST_F(DebeziumRecordedTest, IntegersAreEqual) {
  std::vector<Column> columns = {KeyColumn("id")};
  const auto add = [&](const char* name, ColumnType type, bool is_unsigned) {
    const bool wide = type == ColumnType::kLongLong;
    Column column = Field(name, type, wide ? FieldType::kInt64 : FieldType::kInt32);
    column.is_unsigned = is_unsigned;
    columns.push_back(column);
  };
  add("tiny", ColumnType::kTiny, false);
  add("tiny_unsigned", ColumnType::kTiny, true);
  add("tiny_one", ColumnType::kTiny, false);
  add("truth", ColumnType::kTiny, false);
  add("tiny_one_unsigned", ColumnType::kTiny, true);
  add("small", ColumnType::kShort, false);
  add("small_unsigned", ColumnType::kShort, true);
  add("medium", ColumnType::kInt24, false);
  add("medium_unsigned", ColumnType::kInt24, true);
  add("plain", ColumnType::kLong, false);
  add("plain_unsigned", ColumnType::kLong, true);
  add("plain_zerofill", ColumnType::kLong, true);
  add("big", ColumnType::kLongLong, false);
  add("big_unsigned", ColumnType::kLongLong, true);
  add("big_zerofill", ColumnType::kLongLong, true);
  std::vector<Cell> nulls(16, kNullCell);
  nulls[0] = int64_t{101};
  const auto row = [](std::vector<int64_t> values) {
    return std::vector<Cell>(values.begin(), values.end());
  };
  constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Rows("integers", columns,
                 {nulls,
                  row({102, -128, 0, -128, 0, 0, -32768, 0, -8388608, 0, -2147483648, 0, 0, kLowest,
                       0, 0}),
                  row({103, 127, 255, 127, 1, 255, 32767, 65535, 8388607, 16777215, 2147483647,
                       4294967295, 4294967295, kHighest, -1, -1}),
                  row({104, -1, 128, 1, -2, 1, -1, 32768, -1, 8388608, -1, 2147483648, 7, -1,
                       kLowest, 7})}),
            Recorded("numbers", "integers"));
}

TEST_F(DebeziumRecordedTest, BitsAreEqual) {
  std::vector<Column> columns = {KeyColumn("id")};
  for (const uint16_t bits : {1, 2, 8, 9, 16, 17, 33, 63, 64}) {
    columns.push_back(
        Field("bit" + std::to_string(bits), ColumnType::kBit, FieldType::kUint64, bits));
  }
  std::vector<Cell> nulls(10, kNullCell);
  nulls[0] = int64_t{101};
  const auto row = [](std::vector<int64_t> values) {
    return std::vector<Cell>(values.begin(), values.end());
  };
  EXPECT_EQ(Rows("bits", columns,
                 {nulls, row({102, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                  row({103, 1, 3, 255, 511, 65535, 131071, 8589934591, 9223372036854775807, -1}),
                  row({104, 1, 2, 0x81, 0x102, 0x0102, 0x010203, 0x0102030405, 0x0102030405060708,
                       static_cast<int64_t>(0x8102030405060708)})}),
            Recorded("numbers", "bits"));
}

TEST_F(DebeziumRecordedTest, DecimalsAreEqual) {
  std::vector<Column> columns = {KeyColumn("id")};
  const std::pair<const char*, uint16_t> shapes[] = {
      {"d1", 1 << 8},   {"d5_2", 5 << 8 | 2},    {"d9_9", 9 << 8 | 9},
      {"d10", 10 << 8}, {"d18_9", 18 << 8 | 9},  {"d20_6", 20 << 8 | 6},
      {"d65", 65 << 8}, {"d65_30", 65 << 8 | 30}};
  for (const auto& [name, shape] : shapes) {
    columns.push_back(StringField(name, ColumnType::kNewDecimal, shape));
  }
  const std::string nines(65, '9');
  const std::string point = std::string(35, '9') + "." + std::string(30, '9');
  const std::string zeros(30, '0');
  std::vector<Cell> nulls(9, kNullCell);
  nulls[0] = int64_t{101};
  const std::vector<std::vector<Cell>> rows = {
      nulls,
      {int64_t{102}, "-9", "-999.99", "-0.999999999", "-9999999999", "-123456789.987654321",
       "0.000000", "-" + nines, "-" + point},
      {int64_t{103}, "9", "999.99", "0.999999999", "9999999999", "123456789.987654321",
       "12345678901234.567891", nines, point},
      {int64_t{104}, "0", "0.00", "0.000000000", "0", "0.000000000", "0.000000", "0", "0." + zeros},
      {int64_t{105}, "1", "0.10", "0.000000001", "128", "10.000000000", "0.500000", "127",
       "0." + zeros.substr(1) + "1"},
      {int64_t{106}, "-1", "-1.28", "-0.500000000", "-129", "-1.000000010", "255.000000", "-128",
       "-1." + zeros}};
  EXPECT_EQ(Rows("decimals", columns, rows), Recorded("numbers", "decimals"));
  options_.debezium.decimal_handling_mode = DecimalHandling::kString;
  EXPECT_EQ(Rows("decimals", columns, rows), Recorded("numbers_string", "decimals"));
  options_.debezium.decimal_handling_mode = DecimalHandling::kDouble;
  EXPECT_EQ(Rows("decimals", columns, rows), Recorded("numbers_double", "decimals"));
}

TEST_F(DebeziumRecordedTest, FloatsAreEqual) {
  const std::vector<Column> columns = {
      KeyColumn("id"),
      Field("single", ColumnType::kFloat, FieldType::kFloat),
      Field("single_10", ColumnType::kFloat, FieldType::kFloat),
      Field("double_25", ColumnType::kDouble, FieldType::kDouble),
      Named(Field("single_7_3", ColumnType::kFloat, FieldType::kFloat), "float(7,3)"),
      Unsigned(Field("single_unsigned", ColumnType::kFloat, FieldType::kFloat)),
      Field("twice", ColumnType::kDouble, FieldType::kDouble),
      Field("twice_20_4", ColumnType::kDouble, FieldType::kDouble),
      Field("actual", ColumnType::kDouble, FieldType::kDouble),
      Unsigned(Field("twice_unsigned", ColumnType::kDouble, FieldType::kDouble))};
  const auto row = [](int64_t id, float a, float b, double c, float d, float e, double f, double g,
                      double h,
                      double i) { return std::vector<Cell>{id, a, b, c, d, e, f, g, h, i}; };
  std::vector<Cell> nulls(10, kNullCell);
  nulls[0] = int64_t{101};
  std::vector<std::string> recorded = Recorded("numbers", "floats");
  // Before version 19, Java prints some numbers with an unnecessary digit.
  recorded.at(3) = std::regex_replace(recorded[3], std::regex("1.17549435E-38"), "1.1754944E-38");
  EXPECT_EQ(
      Rows("floats", columns,
           {nulls,
            row(102, -3.4028235e38f, -1e30f, -1e-300, -0.001f, 0, -1.7976931348623157e308,
                -9.999999999998899e-5, -0.0, 0),
            row(103, 3.4e38f, 0.2f, 0.3, 1234.567f, 2.5f, 1.7976931348623157e308, 1234567890.1234,
                2.2250738585072014e-308, 5e-324),
            row(104, 1.17549435e-38f, 16777217, 9007199254740993e0, 0.5f, 1e10f, 1e-310, 1, 0.1,
                1e15),
            row(105, 0.1f, 1e10f, 1e7, 100, 123456.789f, 123456789.123456789, 0.5, 1e-5, 1e22),
            row(106, 1e-45f, 1e7f, 12345678, 1e3f, 9999999, 1e7, 100, 9999999.5, 0.001),
            row(107, -0.0f, 1e-3f, 1e-3, 0, 1e-4f, 1e21, 0, 2e-3, 9.999e22)}),
      recorded);
}

TEST_F(DebeziumRecordedTest, TimesAreEqualInEveryMode) {
  std::vector<Column> columns = {KeyColumn("id")};
  for (uint16_t digits = 0; digits <= 6; ++digits) {
    const std::string name = digits == 0 ? "t" : "t" + std::to_string(digits);
    columns.push_back(StringField(name, ColumnType::kTime2, digits));
  }
  std::vector<Cell> nulls(8, kNullCell);
  nulls[0] = int64_t{101};
  const std::vector<std::vector<Cell>> rows = {
      nulls,
      {int64_t{102}, "00:00:00", "00:00:00.0", "00:00:00.00", "00:00:00.000", "00:00:00.0000",
       "00:00:00.00000", "00:00:00.000000"},
      {int64_t{103}, "12:34:57", "12:34:56.8", "12:34:56.79", "12:34:56.789", "12:34:56.7890",
       "12:34:56.78901", "12:34:56.789012"},
      {int64_t{104}, "-12:34:57", "-12:34:56.8", "-12:34:56.79", "-12:34:56.789", "-12:34:56.7890",
       "-12:34:56.78901", "-12:34:56.789012"},
      {int64_t{105}, "838:59:59", "838:59:59.0", "838:59:59.00", "838:59:59.000", "838:59:59.0000",
       "838:59:59.00000", "838:59:59.000000"},
      {int64_t{106}, "-838:59:59", "-838:59:59.0", "-838:59:59.00", "-838:59:59.000",
       "-838:59:59.0000", "-838:59:59.00000", "-838:59:59.000000"},
      {int64_t{107}, "-00:00:01", "-00:00:00.5", "-00:00:00.50", "-00:00:00.500", "-00:00:00.5000",
       "-00:00:00.50000", "-00:00:00.500000"},
      {int64_t{108}, "24:00:00", "24:00:00.0", "24:00:00.00", "24:00:00.000", "24:00:00.0000",
       "24:00:00.00000", "24:00:00.000001"}};
  EXPECT_EQ(Rows("times", columns, rows), Recorded("times", "times"));
  options_.debezium.time_precision_mode = TimePrecision::kMicroseconds;
  EXPECT_EQ(Rows("times", columns, rows), Recorded("times_microseconds", "times"));
  options_.debezium.time_precision_mode = TimePrecision::kNanoseconds;
  EXPECT_EQ(Rows("times", columns, rows), Recorded("times_nanoseconds", "times"));
  // The other modes only allow times of day.
  const std::vector<std::vector<Cell>> of_day(rows.begin(), rows.begin() + 3);
  const auto first_three = [](std::vector<std::string> recorded) {
    recorded.resize(3);
    return recorded;
  };
  options_.debezium.time_precision_mode = TimePrecision::kConnect;
  EXPECT_EQ(Rows("times", columns, of_day), first_three(Recorded("times_connect", "times")));
  options_.debezium.time_precision_mode = TimePrecision::kIsostring;
  EXPECT_EQ(Rows("times", columns, of_day), first_three(Recorded("times_isostring", "times")));
}

TEST_F(DebeziumRecordedTest, DateTimesAreEqualInEveryMode) {
  std::vector<Column> columns = {KeyColumn("id")};
  for (uint16_t digits = 0; digits <= 6; ++digits) {
    const std::string name = digits == 0 ? "d" : "d" + std::to_string(digits);
    columns.push_back(StringField(name, ColumnType::kDateTime2, digits));
  }
  const auto row = [](int64_t id, const std::string& seconds, const std::string& fraction) {
    std::vector<Cell> cells = {id, seconds};
    for (size_t digits = 1; digits <= 6; ++digits) {
      cells.emplace_back(seconds + "." + fraction.substr(0, digits));
    }
    return cells;
  };
  // The values as MySQL rounds them.
  std::vector<std::vector<Cell>> rows = {
      row(103, "9999-12-31 23:59:59", "000000"),
      row(104, "1970-01-01 00:00:00", "000001"),
      {int64_t{105}, "1969-12-31 23:59:59", "1969-12-31 23:59:59.1", "1969-12-31 23:59:59.12",
       "1969-12-31 23:59:59.123", "1969-12-31 23:59:59.1235", "1969-12-31 23:59:59.12346",
       "1969-12-31 23:59:59.123456"},
      {int64_t{106}, "2024-02-29 12:34:56", "2024-02-29 12:34:56.1", "2024-02-29 12:34:56.12",
       "2024-02-29 12:34:56.123", "2024-02-29 12:34:56.1235", "2024-02-29 12:34:56.12346",
       "2024-02-29 12:34:56.123456"},
      row(107, "1582-10-04 01:02:03", "500000"),
      row(108, "2024-02-29 12:30:00", "000000")};
  rows[4][1] = "1582-10-04 01:02:04";
  // Skips the first rows: NULL, and a year that Debezium treats as a two-digit year.
  const auto later = [](std::vector<std::string> recorded, ptrdiff_t first) {
    return std::vector<std::string>(recorded.begin() + first, recorded.end());
  };
  EXPECT_EQ(Rows("datetimes", columns, rows), later(Recorded("times", "datetimes"), 2));
  options_.debezium.time_precision_mode = TimePrecision::kMicroseconds;
  EXPECT_EQ(Rows("datetimes", columns, rows),
            later(Recorded("times_microseconds", "datetimes"), 2));
  options_.debezium.time_precision_mode = TimePrecision::kConnect;
  EXPECT_EQ(Rows("datetimes", columns, rows), later(Recorded("times_connect", "datetimes"), 2));
  options_.debezium.time_precision_mode = TimePrecision::kIsostring;
  EXPECT_EQ(Rows("datetimes", columns, rows), later(Recorded("times_isostring", "datetimes"), 2));
  options_.debezium.time_precision_mode = TimePrecision::kNanoseconds;
  rows.erase(rows.begin());
  std::vector<std::string> recorded = later(Recorded("times_nanoseconds", "datetimes"), 3);
  rows.erase(rows.begin() + 3);  // before 1677 Debezium's number overflows
  recorded.erase(recorded.begin() + 3);
  EXPECT_EQ(Rows("datetimes", columns, rows), recorded);
}

TEST_F(DebeziumRecordedTest, YearsBelow100AreKept) {
  const std::vector<Column> columns = {KeyColumn("id"), StringField("day", ColumnType::kDate),
                                       Field("years", ColumnType::kYear, FieldType::kUint32)};
  std::vector<std::string> recorded = Recorded("times_unadjusted", "dates");
  ASSERT_THAT(recorded, SizeIs(9));
  recorded.erase(recorded.begin() + 3);  // YEAR 0, which Debezium writes as 1900
  EXPECT_EQ(Rows("dates", columns,
                 {{int64_t{101}, kNullCell, kNullCell},
                  {int64_t{102}, "0001-01-01", int64_t{1901}},
                  {int64_t{103}, "9999-12-31", int64_t{2155}},
                  {int64_t{105}, "1970-01-01", int64_t{1970}},
                  {int64_t{106}, "2024-02-29", int64_t{1999}},
                  {int64_t{107}, "1582-10-04", int64_t{2024}},
                  {int64_t{108}, "1582-10-15", int64_t{2069}},
                  {int64_t{109}, "0000-01-01", int64_t{2001}}}),
            recorded);
}

TEST_F(DebeziumRecordedTest, TimestampsAreEqual) {
  std::vector<Column> columns = {KeyColumn("id")};
  for (uint16_t digits = 0; digits <= 6; ++digits) {
    const std::string name = digits == 0 ? "s" : "s" + std::to_string(digits);
    columns.push_back(Field(name, ColumnType::kTimestamp2, FieldType::kTimestamp, digits));
  }
  const auto row = [](int64_t id, int64_t seconds, std::vector<int32_t> micros) {
    std::vector<Cell> cells = {id};
    for (const int32_t fraction : micros) cells.push_back(TimestampCell(seconds, fraction * 1000));
    return cells;
  };
  std::vector<Cell> nulls(8, kNullCell);
  nulls[0] = int64_t{101};
  std::vector<std::vector<Cell>> rows = {
      nulls,
      row(102, 1, {0, 0, 0, 0, 0, 0, 0}),
      row(103, 2147483647, {0, 0, 0, 0, 0, 0, 0}),
      row(104, 1711852200, {0, 100000, 120000, 123000, 123500, 123460, 123456}),
      row(105, 1709209800, {0, 0, 0, 0, 0, 0, 0}),
      row(106, 1, {0, 900000, 900000, 900000, 900000, 900000, 900000}),
      nulls};
  rows[5][1] = TimestampCell(2);
  rows[6] = {
      int64_t{200}, TimestampCell(1709190000),      kNullCell, kNullCell, kNullCell, kNullCell,
      kNullCell,    TimestampCell(1709190000, 1000)};
  EXPECT_EQ(Rows("timestamps", columns, rows), Recorded("times", "timestamps"));
}

TEST_F(DebeziumRecordedTest, ZeroDatesAreEqual) {
  const auto stamp = [](std::string name, uint16_t digits) {
    return Field(std::move(name), ColumnType::kTimestamp2, FieldType::kTimestamp, digits);
  };
  // The last column has a default, which Debezium writes instead of zero.
  const std::vector<Column> columns = {
      KeyColumn("id"),
      StringField("day", ColumnType::kDate),
      NotNull(StringField("day_needed", ColumnType::kDate)),
      StringField("moment", ColumnType::kDateTime2),
      NotNull(StringField("moment_needed", ColumnType::kDateTime2)),
      StringField("moment6", ColumnType::kDateTime2, 6),
      NotNull(StringField("moment6_needed", ColumnType::kDateTime2, 6)),
      stamp("stamp", 0),
      NotNull(stamp("stamp_needed", 0)),
      NotNull(stamp("stamp6_needed", 6))};
  const std::string zero = "0000-00-00 00:00:00";
  const Cell default_value = TimestampCell(981173106, 789'000'000);
  const auto partial = [&](int64_t id, const std::string& day) {
    const std::string moment = day + " 01:02:03";
    return std::vector<Cell>{id,
                             day,
                             day,
                             moment,
                             moment,
                             moment + ".040000",
                             moment + ".040000",
                             kNullCell,
                             TimestampCell(0),
                             default_value};
  };
  EXPECT_EQ(Rows("zero_dates", columns,
                 {{int64_t{11}, "0000-00-00", "0000-00-00", zero, zero, zero + ".000000",
                   zero + ".000000", TimestampCell(0), TimestampCell(0), default_value},
                  partial(12, "2024-00-00"),
                  partial(13, "2024-12-00")}),
            Recorded("zero_dates", "zero_dates"));
}

TEST_F(DebeziumRecordedTest, BytesAreEqualInEveryMode) {
  std::vector<Column> columns = {KeyColumn("id")};
  for (const char* name : {"b1", "b16", "vb", "tiny", "plain", "medium", "large"}) {
    columns.push_back(Field(name, ColumnType::kBlob, FieldType::kBytes, 2));
  }
  const auto bytes = [](std::string_view text, size_t padded = 0) {
    std::string cell(text);
    cell.resize(std::max(padded, text.size()));
    return Cell(cell);
  };
  std::vector<Cell> nulls(8, kNullCell);
  nulls[0] = int64_t{101};
  std::string long_bytes;
  for (int i = 0; i < 50; ++i) long_bytes += "\xde\xad\xbe\xef";
  const std::vector<std::vector<Cell>> rows = {
      nulls,
      {int64_t{102}, bytes("", 1), bytes("", 16), "", "", "", "", ""},
      {int64_t{103}, bytes("", 1), bytes("\xaa", 16), bytes("", 1), bytes({"\0\xff", 2}), "\x80",
       bytes("\1", 2), "\xfb\xef\xbe"},
      {int64_t{104}, "\xff",
       bytes({"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\x00", 16}),
       bytes("\1", 2), "\xff\xff\xfe", "\xfb\xff", bytes("", 1), " "},
      {int64_t{105}, " ", bytes(" ", 16), std::string(300, '\1'), "text", "\n\r", "\xff",
       long_bytes}};
  EXPECT_EQ(Rows("bytes", columns, rows), Recorded("bytes", "bytes"));
  options_.debezium.binary_handling_mode = BinaryHandling::kBase64;
  EXPECT_EQ(Rows("bytes", columns, rows), Recorded("bytes_base64", "bytes"));
  options_.debezium.binary_handling_mode = BinaryHandling::kBase64UrlSafe;
  EXPECT_EQ(Rows("bytes", columns, rows), Recorded("bytes_base64_url", "bytes"));
  options_.debezium.binary_handling_mode = BinaryHandling::kHex;
  EXPECT_EQ(Rows("bytes", columns, rows), Recorded("bytes_hex", "bytes"));
}

TEST_F(DebeziumRecordedTest, PointsAndVectorsAreEqual) {
  const auto point = [](double x, double y) {
    std::string wkb("\1\1\0\0\0", 5);
    AppendLittle64(wkb, std::bit_cast<uint64_t>(x));
    AppendLittle64(wkb, std::bit_cast<uint64_t>(y));
    return wkb;
  };
  const std::vector<Column> shapes = {
      KeyColumn("id"), Named(Field("p", ColumnType::kGeometry, FieldType::kGeometry, 4), "point"),
      Named(Field("p_placed", ColumnType::kGeometry, FieldType::kGeometry, 4), "point")};
  const std::string row =
      Rows("shapes", shapes,
           {{int64_t{102}, GeometryCell(point(1, -2.5)), GeometryCell(point(13.4, 52.5), 4326)}})
          .at(0);
  EXPECT_THAT(Recorded("documents", "shapes").at(1),
              ::testing::StartsWith(row.substr(0, row.size() - 1)));
  EXPECT_EQ(Rows("geometries",
                 {KeyColumn("id"), Field("shape", ColumnType::kGeometry, FieldType::kGeometry, 4)},
                 {{int64_t{12}, GeometryCell(point(1, -2.5))},
                  {int64_t{20}, GeometryCell(point(13.4, 52.5), 4326)}}),
            (std::vector<std::string>{Recorded("documents", "geometries").at(1),
                                      Recorded("documents", "geometries").at(9)}));
  EXPECT_EQ(
      Rows("vectors",
           {KeyColumn("id"), Field("v3", ColumnType::kVector, FieldType::kVector, 4),
            Field("v", ColumnType::kVector, FieldType::kVector, 4)},
           {{int64_t{101}, kNullCell, kNullCell},
            {int64_t{102}, VectorCell({1, -2.5f, 0.1f}), VectorCell({0.25f})},
            {int64_t{103}, VectorCell({0}), VectorCell({3e38f, -1e-30f, -0.0f, 1e10f, 16777216})}}),
      Recorded("documents", "vectors"));
}

TEST_F(DebeziumRecordedTest, DocumentsAreEqualExceptSqlNumbersAndTypes) {
  const std::vector<Column> columns = {KeyColumn("id"), StringField("doc", ColumnType::kJson, 4)};
  const auto row = [](int64_t id, const char* text) { return std::vector<Cell>{id, text}; };
  const std::vector<std::string> recorded = Recorded("documents", "documents");
  const std::vector<std::vector<Cell>> rows = {
      row(57, "-9223372036854775808"),
      row(58, "18446744073709551615"),
      row(59, "1.0"),
      row(73, "[[], {}]"),
      row(74, R"({"a": [true, null, "x"], "b": 1, "aa": 2})"),
      row(75, R"("\u0001 \" \\ / \b\f\n\r\t é 🎉 é")"),
      row(76, R"({"": {"": {"deep": [1, [2, [3]]]}}})"),
      row(77, R"({"ключ": "значение"})"),
      row(78, "[1.50, -0.001000000000000000000000000000]"),
      row(79, R"({"d": "2024-02-29"})")};
  for (const std::vector<Cell>& cells : rows) {
    const auto place = static_cast<size_t>(std::get<int64_t>(cells[0]) - 48);
    EXPECT_EQ(Rows("documents", columns, {cells}).at(0), recorded.at(place));
  }
}

std::vector<Column> NumberColumns() {
  return {KeyColumn("id"),
          Field("tiny", ColumnType::kTiny, FieldType::kInt32),
          Unsigned(Field("tiny_unsigned", ColumnType::kTiny, FieldType::kUint32)),
          Field("truth", ColumnType::kTiny, FieldType::kInt32),
          Field("small", ColumnType::kShort, FieldType::kInt32),
          Unsigned(Field("small_unsigned", ColumnType::kShort, FieldType::kUint32)),
          Field("medium", ColumnType::kInt24, FieldType::kInt32),
          Unsigned(Field("medium_unsigned", ColumnType::kInt24, FieldType::kUint32)),
          Field("plain", ColumnType::kLong, FieldType::kInt32),
          Unsigned(Field("plain_unsigned", ColumnType::kLong, FieldType::kUint32)),
          Field("big", ColumnType::kLongLong, FieldType::kInt64),
          Unsigned(Field("big_unsigned", ColumnType::kLongLong, FieldType::kUint64)),
          Field("bit1", ColumnType::kBit, FieldType::kUint64, 1),
          Field("bit9", ColumnType::kBit, FieldType::kUint64, 9),
          StringField("d", ColumnType::kNewDecimal, 10 << 8 | 2),
          StringField("d_whole", ColumnType::kNewDecimal, 5 << 8),
          StringField("d_wide", ColumnType::kNewDecimal, 65 << 8 | 30),
          Unsigned(StringField("n", ColumnType::kNewDecimal, 8 << 8 | 3)),
          Field("single", ColumnType::kFloat, FieldType::kFloat),
          Named(Field("single_7_3", ColumnType::kFloat, FieldType::kFloat), "float(7,3)"),
          Field("float_53", ColumnType::kDouble, FieldType::kDouble),
          Field("twice", ColumnType::kDouble, FieldType::kDouble),
          Field("twice_20_4", ColumnType::kDouble, FieldType::kDouble)};
}

std::vector<Column> TimeColumns() {
  const auto stamp = [](std::string name, uint16_t digits) {
    return Field(std::move(name), ColumnType::kTimestamp2, FieldType::kTimestamp, digits);
  };
  return {KeyColumn("id"),
          StringField("day", ColumnType::kDate),
          Field("years", ColumnType::kYear, FieldType::kUint32),
          StringField("t", ColumnType::kTime2),
          StringField("t3", ColumnType::kTime2, 3),
          StringField("t6", ColumnType::kTime2, 6),
          StringField("d", ColumnType::kDateTime2),
          StringField("d3", ColumnType::kDateTime2, 3),
          StringField("d4", ColumnType::kDateTime2, 4),
          StringField("d6", ColumnType::kDateTime2, 6),
          stamp("s", 0),
          stamp("s3", 3),
          stamp("s6", 6)};
}

std::vector<Column> StringColumns() {
  Column size = StringField("size", ColumnType::kEnum);
  size.labels = {"small", "a,b"};
  Column some = StringField("some", ColumnType::kSet);
  some.labels = {"a", "b"};
  const auto blob = [](std::string name) {
    return Field(std::move(name), ColumnType::kBlob, FieldType::kBytes);
  };
  return {KeyColumn("id"),
          TextColumn("c"),
          TextColumn("v"),
          TextColumn("small"),
          TextColumn("large"),
          TextColumn("latin"),
          size,
          some,
          StringField("doc", ColumnType::kJson),
          blob("b"),
          blob("vb"),
          blob("bl")};
}

std::vector<Column> ShapeColumns() {
  const auto shape = [](std::string name) {
    return Field(std::move(name), ColumnType::kGeometry, FieldType::kGeometry, 4);
  };
  return {KeyColumn("id"),
          shape("g"),
          Named(shape("p"), "point"),
          shape("l"),
          shape("y"),
          shape("mp"),
          shape("ml"),
          shape("my"),
          shape("gc"),
          Field("v", ColumnType::kVector, FieldType::kVector, 4)};
}

TEST_F(DebeziumRecordedTest, ColumnSchemasAreEqual) {
  options_.debezium.schemas_enable = true;
  EXPECT_EQ(SchemaOf("numbers", NumberColumns()), RecordedSchema("schemas_columns", "numbers"));
  EXPECT_EQ(SchemaOf("times", TimeColumns()), RecordedSchema("schemas_columns", "times"));
  EXPECT_EQ(SchemaOf("strings", StringColumns()), RecordedSchema("schemas_columns", "strings"));
  EXPECT_EQ(SchemaOf("shapes", ShapeColumns()), RecordedSchema("schemas_columns", "shapes"));
}

TEST_F(DebeziumRecordedTest, SchemasFollowModes) {
  options_.debezium.schemas_enable = true;
  options_.debezium.decimal_handling_mode = DecimalHandling::kString;
  options_.debezium.time_precision_mode = TimePrecision::kIsostring;
  options_.debezium.binary_handling_mode = BinaryHandling::kBase64;
  options_.debezium.bigint_unsigned_handling_mode = BigintUnsignedHandling::kPrecise;
  EXPECT_EQ(SchemaOf("numbers", NumberColumns()), RecordedSchema("schemas_string", "numbers"));
  EXPECT_EQ(SchemaOf("times", TimeColumns()), RecordedSchema("schemas_string", "times"));
  EXPECT_EQ(SchemaOf("strings", StringColumns()), RecordedSchema("schemas_string", "strings"));
  options_.debezium.decimal_handling_mode = DecimalHandling::kDouble;
  options_.debezium.time_precision_mode = TimePrecision::kConnect;
  options_.debezium.bigint_unsigned_handling_mode = BigintUnsignedHandling::kLong;
  EXPECT_EQ(SchemaOf("numbers", NumberColumns()), RecordedSchema("schemas_double", "numbers"));
  EXPECT_EQ(SchemaOf("times", TimeColumns()), RecordedSchema("schemas_double", "times"));
}

TEST_F(DebeziumRecordedTest, MetadataSchemasAreEqual) {
  options_.debezium.schemas_enable = true;
  options_.debezium.provide_transaction_metadata = true;
  ChangeView statement = Change(v1::OPERATION_SCHEMA_CHANGE);
  const CollectedRecord change = Encode(statement).at(0);
  const std::string recorded = Lines("schemas", "mill").back();
  EXPECT_EQ(TextBetween(*change.key, "", ",\"payload\""),
            TextBetween(recorded, "\"key\":", ",\"payload\""));
  EXPECT_EQ(TextBetween(*change.value, "", ",\"payload\""),
            TextBetween(recorded, "\"value\":", ",\"payload\""));
  const CollectedRecord begin = Encode(Insert(orders_, {int64_t{1}, "Ada"})).at(0);
  const std::string boundary = Lines("schemas", "mill.transaction").at(0);
  EXPECT_EQ(TextBetween(*begin.key, "", ",\"payload\""),
            TextBetween(boundary, "\"key\":", ",\"payload\""));
  EXPECT_EQ(TextBetween(*begin.value, "", ",\"payload\""),
            TextBetween(boundary, "\"value\":", ",\"payload\""));
  CollectingSink sink;
  ASSERT_TRUE(MakeDebeziumEncoder(Parts()).value()->Heartbeat(1'000, sink).ok());
  const std::string beat = Lines("schemas", "__debezium-heartbeat.mill").at(0);
  EXPECT_EQ(Normalised("{\"topic\":\"" + sink.records[0].topic + "\",\"key\":" +
                       *sink.records[0].key + ",\"value\":" + *sink.records[0].value),
            WithoutHeaders(beat));
}

}  // namespace
}  // namespace millrace::kafka
