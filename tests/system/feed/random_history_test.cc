// SPDX-License-Identifier: Apache-2.0

// After random changes of definitions, keys, captured tables and retention: a start at SNAPSHOT
// equals the source, a token resumes without a gap, and a change reads the same forever.
//
// MILLRACE_RANDOM_RUNS: runs on each server. MILLRACE_RANDOM_SEED: the first seed, to continue or
// to repeat a run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "system/change_reader.h"
#include "system/feed/random_tables.h"
#include "system/feed_server.h"
#include "system/raw_feed.h"

namespace millrace::testing {
namespace {

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr int kSteps = 40;
constexpr char kExcluded[] = "secret";

// Rows of a reader, by their text and by the bytes of ambiguous text.
using ReaderRow = std::pair<PlainRow, std::vector<std::string>>;
using ReaderRows = std::multiset<ReaderRow>;

// JSON of a row as SELECT shows it.
PlainRow PlainRowOf(const std::string& json) {
  google::protobuf::Struct object;
  if (!google::protobuf::util::JsonStringToMessage(json, &object).ok()) return {{"no JSON", json}};
  PlainRow row;
  for (const auto& [name, value] : object.fields()) {
    if (value.has_null_value()) continue;
    row[name] =
        value.has_number_value() ? fmt::format("{}", value.number_value()) : value.string_value();
  }
  return row;
}

ReaderRow RowOf(const v1::Change& change, bool before) {
  ReaderRow row{PlainRowOf(before ? change.before_json() : change.after_json()), {}};
  for (const v1::AmbiguousText& text : change.ambiguous_text()) {
    if (text.in_before() == before) row.second.push_back(text.value());
  }
  return row;
}

std::multiset<PlainRow> TextsOf(const ReaderRows& rows) {
  std::multiset<PlainRow> texts;
  for (const auto& [text, bytes] : rows) texts.insert(text);
  return texts;
}

std::string Text(const PlainRow& row) { return fmt::format("{}", fmt::join(row, " ")); }

std::string Difference(const std::multiset<PlainRow>& ours, const std::multiset<PlainRow>& theirs) {
  std::string text;
  const auto add = [&text](const auto& from, const auto& without, const char* who) {
    for (const PlainRow& row : from) {
      if (without.count(row) != from.count(row)) text += fmt::format("{}: {}\n", who, Text(row));
    }
  };
  add(ours, theirs, "in the feed alone");
  add(theirs, ours, "in SELECT alone");
  return text;
}

// A reader that started at SNAPSHOT and stopped among or after the rows.
struct Reader {
  std::string table;
  int version = 0;  // of the table
  std::string token;
  ReaderRows rows;
};

class RandomHistory {
 public:
  RandomHistory(SourceServer& source, uint64_t seed)
      : source_(source), seed_(seed), tables_(source, seed) {
    // Pauses and restarts give a short retention time to trim.
    trims_ = seed % 3 == 0;
    tables_.Create();
    feed_ = FeedServer::MustStart(source_, Options());
  }

  void Run() {
    for (int i = 0; i < kSteps && !Failed(); ++i) Step();
    if (!Failed()) CheckAll();
    std::cout << fmt::format(
                     "seed {} {}: {} changes read again, {} tokens, {} starts at SNAPSHOT, "
                     "{} restarts; {}",
                     seed_, FlavourName(source_.flavour()), read_again_, resumed_, starts_,
                     restarts_, Failed() ? "WRONG" : "right")
              << std::endl;
    if (Failed()) std::cout << fmt::format("{}\n", fmt::join(tables_.statements(), "\n"));
  }

 private:
  static bool Failed() { return ::testing::Test::HasFailure(); }

  void Step() {
    switch (tables_.Below(12)) {
      case 0:
      case 1:
        return tables_.ChangeDefinition();
      case 2:
        return tables_.ChangeDefinitionUnlogged();
      case 3:
        return Restart();
      case 4:
        return CheckSnapshot(AnyCaptured());
      case 5:
        return CheckReaders();
      case 6:
        return CheckChanges();
      default:
        return tables_.ChangeRows();
    }
  }
  void CheckAll() {
    for (const std::string& table : tables_.names()) {
      if (IsCaptured(table)) CheckSnapshot(table);
    }
    CheckReaders();
    CheckChanges();
  }

  bool IsCaptured(const std::string& table) const { return table != uncaptured_; }
  std::string AnyCaptured() {
    std::string table;
    do {
      const auto names = tables_.names();
      table = names[tables_.Below(names.size())];
    } while (!IsCaptured(table));
    return table;
  }
  std::string excluded() const { return excludes_ ? kExcluded : ""; }

  FeedServerOptions Options() const {
    FeedServerOptions options{.tables = {"shop.*", kMarkerTables}};
    if (!uncaptured_.empty()) options.tables.push_back("!shop." + uncaptured_);
    if (excludes_) options.source = {fmt::format("exclude_columns: ['shop.*.{}']", kExcluded)};
    options.log = {"frame_bytes: 4KiB"};
    if (trims_) options.log.push_back("retention_age: 1s");
    options.snapshot = {"mode: initial", "chunk_rows_max: 5"};
    return options;
  }
  void Restart() {
    ++restarts_;
    if (tables_.Below(2) == 0) {
      feed_->Kill();
    } else {
      feed_->Stop();
    }
    if (tables_.Below(2) == 0) {
      const auto names = tables_.names();
      uncaptured_ = tables_.Below(2) == 0 ? names[tables_.Below(names.size())] : "";
      excludes_ = tables_.Below(2) == 0;
      // The readers' rows have other columns now, or are from a time that the log lacks.
      readers_.clear();
    }
    // Changes that the feed reads only after it was reconfigured.
    tables_.ChangeRows();
    feed_->Configure(source_, Options());
    feed_->Start();
    feed_->WaitForState(v1::SourceStatus::STATE_STREAMING);
  }

  std::string CurrentToken() { return ChangeReader(*feed_).CurrentToken(tables_.sql()); }
  RawRead Read(v1::SubscribeRequest request) {
    request.set_row_encoding(v1::ROW_ENCODING_JSON);
    request.set_until_token(CurrentToken());
    return RawFeed(feed_->address()).Read(request);
  }
  static void Apply(const RawChange& raw, ReaderRows& rows) {
    v1::Change change;
    change.ParseFromString(raw.bytes);
    if (raw.operation == v1::OPERATION_TRUNCATE) return rows.clear();
    if (!change.before_json().empty()) {
      const auto found = rows.find(RowOf(change, true));
      EXPECT_TRUE(found != rows.end()) << "not known: " << change.before_json();
      if (found != rows.end()) rows.erase(found);
    }
    if (change.after_json().empty()) return;
    ReaderRow after = RowOf(change, false);
    // The row was read again.
    if (raw.operation == v1::OPERATION_READ && rows.contains(after)) return;
    rows.insert(std::move(after));
  }

  void CheckSnapshot(const std::string& table) {
    ++starts_;
    SCOPED_TRACE("SNAPSHOT of " + table);
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_SNAPSHOT);
    request.add_tables("shop." + table);
    const RawRead read = Read(request);
    ASSERT_TRUE(read.status.ok()) << read.status.error_message() << read.error.ShortDebugString();
    const size_t kept = read.tokens[tables_.Below(read.tokens.size())].second;
    Reader reader{.table = table, .version = tables_.version(table), .token = {}, .rows = {}};
    ReaderRows rows;
    for (size_t i = 0; i <= read.changes.size(); ++i) {
      if (i == kept) reader.rows = rows;
      if (i < read.changes.size()) Apply(read.changes[i], rows);
    }
    for (const auto& [token, count] : read.tokens) {
      if (count == kept) reader.token = token;
    }
    EXPECT_EQ(Difference(TextsOf(rows), tables_.Select(table, excluded())), "") << feed_->LogText();
    readers_.push_back(std::move(reader));
  }

  // Readers of tables with an unchanged definition continue.
  void CheckReaders() {
    for (Reader& reader : std::exchange(readers_, {})) {
      SCOPED_TRACE("a reader of " + reader.table);
      const auto names = tables_.names();
      const bool same = std::find(names.begin(), names.end(), reader.table) != names.end() &&
                        tables_.version(reader.table) == reader.version;
      if (!same || !IsCaptured(reader.table)) continue;
      ++resumed_;
      v1::SubscribeRequest request = ChangeReader::FromToken(reader.token);
      request.add_tables("shop." + reader.table);
      const RawRead read = Read(request);
      if (!read.status.ok()) {
        EXPECT_TRUE(trims_) << read.error.ShortDebugString();
        EXPECT_THAT(read.error.reason(), ::testing::AnyOf("TOKEN_TRIMMED", "SNAPSHOT_EXPIRED"));
        continue;
      }
      for (const RawChange& change : read.changes) Apply(change, reader.rows);
      EXPECT_EQ(Difference(TextsOf(reader.rows), tables_.Select(reader.table, excluded())), "")
          << feed_->LogText();
    }
  }

  // All changes from the oldest one: sequences without a gap, and the same content as before.
  void CheckChanges() {
    const RawRead read = Read(ChangeReader::FromEarliest());
    ASSERT_TRUE(read.status.ok()) << read.status.error_message();
    for (size_t i = 0; i < read.changes.size(); ++i) {
      const RawChange& change = read.changes[i];
      EXPECT_EQ(change.sequence, read.changes.front().sequence + i);
      const auto [known, is_new] = changes_.emplace(change.sequence, change.bytes);
      if (is_new) continue;
      ++read_again_;
      if (known->second != change.bytes) {
        v1::Change first;
        first.ParseFromString(known->second);
        v1::Change second;
        second.ParseFromString(change.bytes);
        ADD_FAILURE() << "read first: " << first.ShortDebugString()
                      << "\nthen:       " << second.ShortDebugString();
        return;
      }
    }
  }

  SourceServer& source_;
  const uint64_t seed_;
  RandomTables tables_;
  bool trims_ = false;
  bool excludes_ = false;
  std::string uncaptured_;  // a table that is not captured
  std::unique_ptr<FeedServer> feed_;
  std::vector<Reader> readers_;
  std::map<uint64_t, std::string> changes_;  // as first read, by sequence
  uint64_t read_again_ = 0;
  uint64_t resumed_ = 0;
  uint64_t starts_ = 0;
  uint64_t restarts_ = 0;
};

class EveryHistory : public ::testing::TestWithParam<Flavour> {};

TEST_P(EveryHistory, EqualsTheSourceAndStaysTheSame) {
  const auto source = SourceServer::MustStart({.flavour = GetParam()});
  const uint64_t first = NumberFromEnvironment("MILLRACE_RANDOM_SEED", 1);
  const uint64_t runs = NumberFromEnvironment("MILLRACE_RANDOM_RUNS", 2);
  for (uint64_t seed = first; seed < first + runs && !HasFailure(); ++seed) {
    RandomHistory(*source, seed).Run();
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, EveryHistory,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
