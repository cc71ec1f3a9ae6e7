// SPDX-License-Identifier: Apache-2.0

// Every column type of every flavour, read by a query. The bytes of each row must equal those from
// the binlog, and information_schema must resolve to the same version as the binlog.

#include <iostream>

#include "fmt/format.h"
#include "system/type_matrix_cases.h"
#include "transcode/server/read_values_fixture.h"

namespace millrace {
namespace {

using testing::TypeCase;

constexpr size_t kPairsWanted = 400;
constexpr size_t kBytesShown = 200;

class ReadValuesMatrix : public ReadValues {
 protected:
  // Creates a table for each case, with a row for each value.
  void Write(const std::vector<TypeCase>& types) {
    for (const TypeCase& type : types) {
      const std::string table = fmt::format("t{}", described_.size());
      for (const std::string& statement : testing::RowStatements(type, table)) Execute(statement);
      described_[table] = Describe(table);
      columns_[table] = type.column.substr(0, kBytesShown);
    }
  }

  // Compares each table with the binlog.
  size_t Compare() {
    size_t pairs = 0;
    auto inserted = Inserted(described_);
    for (const auto& [table, version] : described_) {
      const EncodedRows selected = Select(version, "ORDER BY id");
      const EncodedRows& streamed = inserted[table];
      EXPECT_EQ(selected.size(), streamed.size()) << columns_[table];
      for (size_t i = 0; i < std::min(selected.size(), streamed.size()); ++i) {
        EXPECT_TRUE(selected[i] == streamed[i]) << columns_[table] << ", value " << i;
        ++pairs;
      }
    }
    std::cout << "compared " << pairs << " (type, value) pairs on " << FlavourName(flavour_)
              << std::endl;
    return pairs;
  }

  std::map<std::string, schema::TableVersionPtr> described_;
  std::map<std::string, std::string> columns_;
};

testing::Flavour KindOf(Flavour flavour) {
  return flavour == Flavour::kMysql ? testing::Flavour::kMysql : testing::Flavour::kMariadb;
}

TEST_P(ReadValuesMatrix, EveryTypeIsReadAsStreamed) {
  Write(testing::TypeCases(KindOf(flavour_)));
  Write(testing::TextCases(KindOf(flavour_)));
  EXPECT_GE(Compare(), kPairsWanted);
}

TEST_P(ReadValuesMatrix, EveryCharacterIsReadAsStreamed) {
  const std::vector<std::string> charsets = testing::TextCharsets(sql_);
  Write(testing::CharsetCases(charsets));
  EXPECT_GE(Compare(), charsets.size() * 10);
}

MILLRACE_BOTH_SERVERS(ReadValuesMatrix);

}  // namespace
}  // namespace millrace
