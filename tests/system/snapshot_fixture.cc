// SPDX-License-Identifier: Apache-2.0

#include "system/snapshot_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"

namespace millrace::testing {

SnapshotShop::SnapshotShop(Flavour flavour, std::vector<std::string> source_options)
    : source_(SourceServer::MustStart({.flavour = flavour, .options = std::move(source_options)})),
      sql_(WritingSession(*source_)) {
  sql_.MustExecute("CREATE DATABASE shop");
}

void SnapshotShop::StartFeed(std::vector<std::string> lines, std::vector<std::string> tables,
                             std::vector<std::string> source) {
  snapshot_lines_ = lines;
  feed_ = FeedServer::MustStart(
      *source_,
      {.tables = std::move(tables), .source = std::move(source), .snapshot = std::move(lines)});
  admin_.emplace(*feed_);
}

void SnapshotShop::RestartFeed(std::vector<std::string> tables, std::vector<std::string> source) {
  feed_->Stop();
  feed_->Configure(
      *source_,
      {.tables = std::move(tables), .source = std::move(source), .snapshot = snapshot_lines_});
  feed_->Start();
  feed_->WaitForState(v1::SourceStatus::STATE_STREAMING);
}

std::unique_ptr<SnapshotLoad> SnapshotShop::Write(const std::vector<std::string>& names,
                                                  uint64_t numbers,
                                                  std::chrono::milliseconds pause) {
  std::vector<SnapshotTableSpec> tables;
  for (const std::string& name : names) tables.push_back(Table(name));
  return std::make_unique<SnapshotLoad>(
      *source_, SnapshotLoad::Options{.tables = tables, .numbers = numbers, .pause = pause});
}

uint64_t SnapshotShop::ExpectFeedEqualsSource(const std::vector<std::string>& names) {
  std::vector<SnapshotTableSpec> tables;
  for (const std::string& name : names) tables.push_back(Table(name));
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.set_until_token(ChangeReader(*feed_).CurrentToken(sql_));
  SnapshotModel model = ModelOf(*feed_, tables);
  ReplayInto(model, *feed_, request);
  EXPECT_THAT(model.violations(), ::testing::IsEmpty()) << HistoryOfViolation(model, *feed_);
  for (const SnapshotTableSpec& table : tables) {
    EXPECT_THAT(Differences(model, *feed_, sql_, table), ::testing::IsEmpty()) << table.name;
  }
  return model.counts().reads;
}

void SnapshotShop::ExpectSnapshotEqualsSource(const std::vector<std::string>& names) {
  std::vector<SnapshotTableSpec> tables;
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_SNAPSHOT);
  for (const std::string& name : names) {
    tables.push_back(Table(name));
    request.add_tables(tables.back().FullName());
  }
  request.set_until_token(ChangeReader(*feed_).CurrentToken(sql_));
  SnapshotModel model = ModelOf(*feed_, tables);
  model.ExpectCatchUp();
  ReplayInto(model, *feed_, request);
  EXPECT_THAT(model.violations(), ::testing::IsEmpty()) << HistoryOfViolation(model, *feed_);
  for (const SnapshotTableSpec& table : tables) {
    EXPECT_THAT(Differences(model, *feed_, sql_, table), ::testing::IsEmpty()) << table.name;
  }
}

std::vector<SeenRow> SnapshotShop::RowsRead(const std::string& table) {
  std::vector<SeenRow> rows;
  for (const SeenChange& change : AllChanges()) {
    if (change.operation == v1::OPERATION_READ && change.table == "shop." + table) {
      rows.push_back(*change.after);
    }
  }
  return rows;
}

std::vector<std::string> SlowSnapshot(uint64_t rows_per_second, const std::string& mode) {
  return {"mode: " + mode, fmt::format("rows_per_second: {}", rows_per_second),
          fmt::format("chunk_rows_max: {}", std::max<uint64_t>(10, rows_per_second / 20))};
}

}  // namespace millrace::testing
