// SPDX-License-Identifier: Apache-2.0

// Every column type of every flavour, delivered twice: as INSERT by the stream and as READ by a
// snapshot. Both messages of a row have the same bytes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/snapshot_admin.h"
#include "system/type_matrix_cases.h"

namespace millrace::testing {
namespace {

using ::testing::SizeIs;

constexpr size_t kSnapshotPairsWanted = 400;
constexpr size_t kSnapshotBytesShown = 200;

// The bytes of a change without the parts that may differ: place and operation.
std::string BytesOf(const SeenChange& change) {
  v1::Change bare = change.raw;
  bare.clear_sequence();
  bare.clear_operation();
  return bare.SerializeAsString();
}

// A readable form of the change, to show differences.
std::string TextOf(const SeenChange& change) {
  v1::Change bare = change.raw;
  bare.clear_after();
  const auto& value = change.after->at("c");
  return fmt::format("{} of {} bytes, c is {}",
                     bare.ShortDebugString().substr(0, 2 * kSnapshotBytesShown),
                     change.raw.after().value().size(),
                     value.has_value() ? value->substr(0, kSnapshotBytesShown) : "NULL");
}

// The changes of one row.
struct Delivered {
  std::vector<SeenChange> inserts;
  std::vector<SeenChange> reads;
};
// By table and row id.
using DeliveredRows = std::map<std::string, std::map<int, Delivered>>;

// Bytes that are not valid text in their charset.
std::vector<TypeCase> InvalidTextCases() {
  const auto text = [](const std::string& column, const std::vector<std::string>& values) {
    return TypeCase{column, SelectAs::kBytes, values};
  };
  return {text("VARCHAR(9) CHARACTER SET cp1251", {"X'6198'", "X'98'"}),
          text("CHAR(9) CHARACTER SET gbk", {"X'FEFE'", "X'41FEFE42'"}),
          text("TEXT CHARACTER SET sjis", {"X'8540'"}),
          text("VARCHAR(300) CHARACTER SET euckr", {"X'C9A1'"}),
          text("VARCHAR(9) CHARACTER SET tis620", {"X'FF'"})};
}

class TypeMatrixSnapshot : public ::testing::TestWithParam<Flavour> {
 protected:
  TypeMatrixSnapshot() {
    // Only for speed.
    sql_.MustExecute("SET GLOBAL sync_binlog = 0");
    sql_.MustExecute("SET GLOBAL innodb_flush_log_at_trx_commit = 0");
    sql_.MustExecute("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
    sql_.MustExecute("CREATE DATABASE types");
    sql_.MustExecute("USE types");
  }

  // With the feed running, creates a table per case and inserts a row per value.
  void Write(const std::vector<TypeCase>& types, const std::string& key = "PRIMARY KEY") {
    for (const TypeCase& type : types) {
      const std::string table = fmt::format("t{}", columns_.size());
      for (const std::string& statement : RowStatements(type, table, key)) Execute(statement);
      columns_["types." + table] = type.column.substr(0, kSnapshotBytesShown);
    }
  }

  void Execute(const std::string& sql) {
    const absl::Status status = sql_.Execute(sql);
    EXPECT_TRUE(status.ok()) << status.ToString().substr(0, 500);
  }

  void Snapshot() {
    SnapshotAdmin admin(*feed_);
    const auto started = admin.Start({"types.*"});
    ASSERT_TRUE(started.ok()) << started.status();
    const v1::Snapshot over = admin.WaitUntilOver(started->snapshot(), absl::Minutes(5));
    EXPECT_THAT(over.tables(), SizeIs(columns_.size()));
    for (const v1::SnapshotTable& table : over.tables()) {
      EXPECT_EQ(table.state(), v1::SnapshotTable::STATE_DONE)
          << columns_[table.table()] << ": " << table.ShortDebugString();
    }
  }

  DeliveredRows ReadRows() {
    DeliveredRows rows;
    for (SeenChange& change : ChangeReader(*feed_).ReadAll(sql_)) {
      if (change.operation == v1::OPERATION_SCHEMA_CHANGE) continue;
      Delivered& row = rows[change.table][std::stoi(*change.after->at("id"))];
      const bool read = change.operation == v1::OPERATION_READ;
      (read ? row.reads : row.inserts).push_back(std::move(change));
    }
    return rows;
  }

  // Compares the two messages of each row. Returns the number of rows.
  size_t Compare(const DeliveredRows& all) {
    size_t pairs = 0;
    for (const auto& [table, rows] : all) {
      for (const auto& [id, row] : rows) {
        EXPECT_THAT(row.inserts, SizeIs(1)) << columns_[table] << ", value " << id;
        EXPECT_THAT(row.reads, SizeIs(1)) << columns_[table] << ", value " << id;
        if (row.inserts.size() != 1 || row.reads.size() != 1) continue;
        EXPECT_TRUE(BytesOf(row.inserts[0]) == BytesOf(row.reads[0]))
            << columns_[table] << ", value " << id << "\n  streamed " << TextOf(row.inserts[0])
            << "\n  read     " << TextOf(row.reads[0]);
        ++pairs;
      }
    }
    return pairs;
  }

  // Takes a snapshot and compares it with the stream. Returns the rows.
  DeliveredRows ExpectSame(size_t pairs_wanted) {
    Snapshot();
    DeliveredRows rows = ReadRows();
    const size_t pairs = Compare(rows);
    std::cout << "compared " << pairs << " (type, value) pairs on " << FlavourName(GetParam())
              << std::endl;
    EXPECT_GE(pairs, pairs_wanted);
    return rows;
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_);
  std::map<std::string, std::string> columns_;  // by table
};

TEST_P(TypeMatrixSnapshot, EveryTypeIsReadAsStreamed) {
  Write(TypeCases(GetParam()));
  Write(TextCases(GetParam()));
  ExpectSame(kSnapshotPairsWanted);
}

TEST_P(TypeMatrixSnapshot, TypesAreReadAsStreamedWithoutKey) {
  Write(TypeCases(GetParam()), "");
  Write(TextCases(GetParam()), "");
  ExpectSame(kSnapshotPairsWanted);
}

TEST_P(TypeMatrixSnapshot, TypesAreReadAsStreamedWithoutBinlogMetadata) {
  sql_.MustExecute("SET GLOBAL binlog_row_metadata = MINIMAL");
  Write(TypeCasesWithoutMetadata(GetParam()));
  Write(TextCases(GetParam()));
  ExpectSame(kSnapshotPairsWanted);
}

TEST_P(TypeMatrixSnapshot, EveryCharacterIsReadAsStreamed) {
  const std::vector<std::string> charsets = TextCharsets(sql_);
  Write(CharsetCases(charsets));
  ExpectSame(charsets.size() * 10);
}

TEST_P(TypeMatrixSnapshot, InvalidTextIsReadAsStreamed) {
  Write(InvalidTextCases());
  size_t invalid_texts = 0;
  for (const auto& [table, rows] : ExpectSame(12)) {
    for (const auto& [id, row] : rows) invalid_texts += row.reads.at(0).raw.invalid_text_size();
  }
  EXPECT_EQ(invalid_texts, 7u);
}

INSTANTIATE_TEST_SUITE_P(Sources, TypeMatrixSnapshot,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
