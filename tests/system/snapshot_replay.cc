// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iostream>

#include "fmt/format.h"
#include "google/protobuf/any.pb.h"
#include "millrace/subscription.h"
#include "system/snapshot_harness.h"

namespace millrace::testing {
namespace {

constexpr size_t kDifferencesMax = 5;
constexpr size_t kHistoryLinesMax = 200;

[[noreturn]] void DieInReplay(const std::string& what, const FeedServer& feed) {
  std::cerr << "SnapshotHarness: " << what << "\nthe server's log:\n"
            << feed.LogText() << std::endl;
  std::abort();
}

void AppendValue(std::string& text, const std::optional<std::string>& value) {
  text += value.has_value() ? "'" + *value + "' " : "NULL ";
}

std::vector<std::string> SourceRows(SqlSession& sql, const SnapshotTableSpec& table) {
  std::vector<std::string> rows;
  for (const SqlRow& row : sql.MustQuery(table.SelectStatement())) {
    std::string text;
    for (const auto& value : row) AppendValue(text, value);
    rows.push_back(std::move(text));
  }
  return rows;
}

std::vector<std::string> ModelRows(const SnapshotModel& model, FeedServer& feed,
                                   const SnapshotTableSpec& table) {
  ChangeReader reader(feed);
  google::protobuf::Any any;
  any.set_type_url(model.TypeUrl(table.FullName()));
  std::vector<std::string> rows;
  for (std::string& row : model.Rows(table.FullName())) {
    any.set_value(std::move(row));
    std::string text;
    for (const auto& [column, value] : reader.Row(any)) AppendValue(text, value);
    rows.push_back(std::move(text));
  }
  return rows;
}

void AppendRows(const std::vector<std::string>& rows, const std::string& where,
                std::vector<std::string>& differences) {
  if (rows.empty()) return;
  differences.push_back(fmt::format("{} rows are only in {}:", rows.size(), where));
  for (size_t i = 0; i < std::min(rows.size(), kDifferencesMax); ++i) {
    differences.push_back("  " + rows[i]);
  }
}

// Calls `act` for each change until the stream ends or `act` returns false.
template <typename Act>
void ForEachChange(FeedServer& feed, v1::SubscribeRequest request, const Act& act) {
  request.mutable_progress_interval()->set_nanos(500'000'000);
  const auto subscription = feed.client().Subscribe({.request = std::move(request), .retry = {}});
  while (true) {
    const auto batch = subscription->Next();
    if (!batch.ok()) DieInReplay(batch.status().ToString(), feed);
    if (!batch->has_value()) return;
    for (const v1::Transaction& transaction : (*batch)->transactions()) {
      for (const v1::Change& change : transaction.changes()) {
        if (!act(change, transaction)) return;
      }
    }
  }
}

}  // namespace

SnapshotModel ModelOf(FeedServer& feed, const std::vector<SnapshotTableSpec>& tables) {
  SnapshotModel model;
  for (const SnapshotTableSpec& table : tables) {
    v1::GetTableRequest request;
    request.set_database("shop");
    request.set_table(table.name);
    const auto table_response = feed.client().GetTable(request);
    if (!table_response.ok()) DieInReplay(table_response.status().ToString(), feed);
    std::vector<uint32_t> numbers;
    for (const std::string& name : table.key) {
      for (const v1::Column& column : table_response->table().columns()) {
        if (column.column() == name) numbers.push_back(column.field_number());
      }
    }
    if (numbers.size() != table.key.size()) DieInReplay(table.name + " has no such key", feed);
    model.AddTable(table.FullName(), std::move(numbers));
  }
  return model;
}

void ReplayInto(SnapshotModel& model, FeedServer& feed, v1::SubscribeRequest request,
                std::optional<uint64_t> complete) {
  ForEachChange(feed, std::move(request), [&](const v1::Change& change, const v1::Transaction&) {
    if (complete.has_value() && change.sequence() > *complete) {
      model.ExpectAllKnown();
    }
    model.Apply(change);
    return model.violations().empty();
  });
}

std::vector<std::string> Differences(const SnapshotModel& model, FeedServer& feed, SqlSession& sql,
                                     const SnapshotTableSpec& table) {
  std::vector<std::string> here = ModelRows(model, feed, table);
  std::vector<std::string> there = SourceRows(sql, table);
  std::sort(here.begin(), here.end());
  std::sort(there.begin(), there.end());
  std::vector<std::string> only_here;
  std::vector<std::string> only_there;
  std::set_difference(here.begin(), here.end(), there.begin(), there.end(),
                      std::back_inserter(only_here));
  std::set_difference(there.begin(), there.end(), here.begin(), here.end(),
                      std::back_inserter(only_there));
  std::vector<std::string> differences;
  AppendRows(only_here, fmt::format("the feed's rows of {}", table.name), differences);
  AppendRows(only_there, fmt::format("{} of the source", table.name), differences);
  return differences;
}

std::string HistoryOfViolation(const SnapshotModel& model, FeedServer& feed) {
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.add_tables(model.first_table());
  v1::GetPositionRequest latest;
  latest.set_at(v1::START_POINT_LATEST);
  const auto end = feed.client().GetPosition(latest);
  if (!end.ok() || model.first_table().empty()) return "";
  request.set_until_token(end->resume_token());
  std::string history;
  size_t lines = 0;
  const auto is_it = [&model](const google::protobuf::Any& row) {
    return model.KeyOf(model.first_table(), row.value()) == model.first_key();
  };
  ForEachChange(feed, request, [&](const v1::Change& change, const v1::Transaction& transaction) {
    if ((change.has_before() && is_it(change.before())) ||
        (change.has_after() && is_it(change.after()))) {
      history += fmt::format("{} {} in {} {}:{}\n  before {}\n  after  {}\n", change.sequence(),
                             v1::Operation_Name(change.operation()), transaction.gtid(),
                             transaction.source().file(), transaction.source().position(),
                             HexText(change.before().value()), HexText(change.after().value()));
      ++lines;
    }
    return lines < kHistoryLinesMax;
  });
  return history;
}

}  // namespace millrace::testing
