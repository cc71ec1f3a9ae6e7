// SPDX-License-Identifier: Apache-2.0

// Every column type of every flavour, from the source's rows to a subscriber. The delivered values
// before and after a change must equal what SELECT printed at that time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <iostream>

#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/type_matrix_cases.h"

namespace millrace::testing {
namespace {

using Value = std::optional<std::string>;

constexpr size_t kPairsMin = 400;
constexpr size_t kBytesShown = 200;

std::string SelectOf(SelectAs select_as) {
  switch (select_as) {
    case SelectAs::kText:
      return "c";
    case SelectAs::kNumber:
      return "c + 0";
    case SelectAs::kBytes:
      return "CONCAT('0x', HEX(c))";
    case SelectAs::kFloat:
    case SelectAs::kDouble:
      return "c * 1e0";
    case SelectAs::kTimestamp:
      return "IF(CAST(c AS CHAR) LIKE '0000%', 'zero', DATE_FORMAT(c, '%Y-%m-%d %H:%i:%s.%f'))";
    case SelectAs::kGeometry:
      return "CONCAT(ST_SRID(c), ':0x', SUBSTR(HEX(c), 9))";
    case SelectAs::kVector:
      return "HEX(c)";
  }
  std::abort();
}

// Converts the HEX of a VECTOR to the text of a ChangeReader.
std::string VectorText(const std::string& hex) {
  std::vector<float> components;
  for (size_t at = 0; at + 8 <= hex.size(); at += 8) {
    const auto little = static_cast<uint32_t>(std::stoul(hex.substr(at, 8), nullptr, 16));
    components.push_back(std::bit_cast<float>(__builtin_bswap32(little)));
  }
  return fmt::format("[{}]", fmt::join(components, ","));
}

bool SameValue(SelectAs select_as, const Value& selected, const Value& delivered) {
  if (!selected.has_value() || !delivered.has_value()) return selected == delivered;
  const double wide[] = {std::strtod(selected->c_str(), nullptr),
                         std::strtod(delivered->c_str(), nullptr)};
  if (select_as == SelectAs::kDouble) {
    return std::bit_cast<uint64_t>(wide[0]) == std::bit_cast<uint64_t>(wide[1]);
  }
  if (select_as == SelectAs::kFloat) {
    return std::bit_cast<uint32_t>(static_cast<float>(wide[0])) ==
           std::bit_cast<uint32_t>(std::strtof(delivered->c_str(), nullptr));
  }
  if (select_as == SelectAs::kVector) return VectorText(*selected) == *delivered;
  return selected == delivered;
}

// The part of a value around its first difference from another.
std::string Excerpt(const Value& value, const Value& other) {
  if (!value.has_value()) return "NULL";
  size_t at = 0;
  while (other.has_value() && at < value->size() && at < other->size() &&
         (*value)[at] == (*other)[at]) {
    ++at;
  }
  const size_t from = at < 20 ? 0 : at - 20;
  return fmt::format("{} bytes, differ at {}: …{}…", value->size(), at,
                     value->substr(from, kBytesShown));
}

class TypeMatrix : public ::testing::TestWithParam<Flavour> {
 protected:
  TypeMatrix() {
    // Only for speed.
    sql_.MustExecute("SET GLOBAL sync_binlog = 0");
    sql_.MustExecute("SET GLOBAL innodb_flush_log_at_trx_commit = 0");
    sql_.MustExecute("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
    sql_.MustExecute("CREATE DATABASE types");
    sql_.MustExecute("USE types");
  }

  static std::string TableOf(size_t i) { return fmt::format("t{}", i); }

  // Writes all values of the case to a row of a new table, and records what SELECT prints.
  void Write(size_t i, TypeCase type) {
    const std::string table = TableOf(i);
    if (type.nullable) type.values.push_back("NULL");
    const bool generated = type.column.find("GENERATED") != std::string::npos;
    if (generated) type.values.back() = "DEFAULT";
    if (!Execute(fmt::format("CREATE TABLE {} (id INT PRIMARY KEY, n INT, c {}{})", table,
                             type.column, type.more))) {
      return;
    }
    std::vector<Value>& printed = printed_.emplace_back();
    for (size_t step = 0; step < type.values.size(); ++step) {
      const std::string& value = type.values[step];
      const std::string insert = "INSERT INTO {} (id, n, c) VALUES (1, {}, {})";
      const std::string update = "UPDATE {} SET n = {}, c = {} WHERE id = 1";
      if (!Execute(fmt::format(fmt::runtime(step == 0 ? insert : update), table, step, value)))
        break;
      printed.push_back(
          *sql_.QueryValue(fmt::format("SELECT {} FROM {}", SelectOf(type.select_as), table)));
    }
    Execute("DELETE FROM " + table);
    cases_.push_back(std::move(type));
  }

  bool Execute(const std::string& sql) {
    const absl::Status status = sql_.Execute(sql);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return status.ok();
  }

  void WriteAll(const std::vector<TypeCase>& types) {
    for (const TypeCase& type : types) Write(cases_.size(), type);
  }

  // Reads the feed and compares all written values. Counts the (type, value) pairs.
  void Compare() {
    std::map<std::string, std::vector<SeenChange>> by_table;
    for (SeenChange& change : reader_.ReadAll(sql_)) {
      if (change.operation != v1::OPERATION_SCHEMA_CHANGE) {
        by_table[change.table].push_back(std::move(change));
      }
    }
    for (size_t i = 0; i < cases_.size(); ++i) {
      CompareCase(cases_[i], printed_[i], by_table["types." + TableOf(i)]);
    }
    std::cout << "compared " << pairs_ << " (type, value) pairs on " << FlavourName(GetParam())
              << std::endl;
  }

  void CompareCase(const TypeCase& type, const std::vector<Value>& printed,
                   const std::vector<SeenChange>& changes) {
    ASSERT_EQ(changes.size(), printed.size() + 1) << type.column.substr(0, kBytesShown);
    for (size_t step = 0; step < changes.size(); ++step) {
      const SeenChange& change = changes[step];
      EXPECT_EQ(change.before.has_value(), step > 0);
      EXPECT_EQ(change.after.has_value(), step < printed.size());
      EXPECT_TRUE(change.raw.invalid_text().empty()) << type.column.substr(0, kBytesShown);
      if (step > 0) CompareValue(type, step - 1, printed[step - 1], change.before->at("c"));
      if (step == printed.size()) break;
      CompareValue(type, step, printed[step], change.after->at("c"));
      ++pairs_;
    }
  }

  static void CompareValue(const TypeCase& type, size_t step, const Value& selected,
                           const Value& delivered) {
    EXPECT_TRUE(SameValue(type.select_as, selected, delivered))
        << type.column.substr(0, kBytesShown) << ", value "
        << type.values[step].substr(0, kBytesShown) << "\n  SELECT printed "
        << Excerpt(selected, delivered) << "\n  delivered was  " << Excerpt(delivered, selected);
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_);
  ChangeReader reader_{*feed_};
  std::vector<TypeCase> cases_;
  std::vector<std::vector<Value>> printed_;  // by case and step
  size_t pairs_ = 0;
};

TEST_P(TypeMatrix, DeliversEveryTypeAsSelectPrintsIt) {
  WriteAll(TypeCases(GetParam()));
  WriteAll(TextCases(GetParam()));
  Compare();
  EXPECT_GE(pairs_, kPairsMin);
}

TEST_P(TypeMatrix, DeliversEveryCharacterOfEveryCharset) {
  WriteAll(CharsetCases(TextCharsets(sql_)));
  Compare();
}

TEST_P(TypeMatrix, DeliversEveryTypeWithMinimalMetadata) {
  sql_.MustExecute("SET GLOBAL binlog_row_metadata = MINIMAL");
  WriteAll(TypeCasesWithoutMetadata(GetParam()));
  WriteAll(TextCases(GetParam()));
  Compare();
  EXPECT_GE(pairs_, kPairsMin);
}

INSTANTIATE_TEST_SUITE_P(Sources, TypeMatrix, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
