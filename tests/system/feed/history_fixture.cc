// SPDX-License-Identifier: Apache-2.0

#include "system/feed/history_fixture.h"

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "support/installed.h"

namespace millrace::testing {
namespace {

constexpr absl::Duration kHistoryDeadline = absl::Seconds(30);

[[noreturn]] void EndTest(const std::string& what, const FeedServer& feed) {
  std::cerr << "History: " << what << "\nthe feed's log:\n" << feed.LogText() << std::endl;
  std::abort();
}

void MustBeOk(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << std::endl;
  std::abort();
}

// Polls, because another process offers nothing to wait on.
template <typename Condition>
bool BecomesTrue(const Condition& condition) {
  const absl::Time deadline = absl::Now() + kHistoryDeadline;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool IsBinlog(const std::filesystem::path& file) {
  const std::string name = file.filename();
  return name.rfind("binlog.", 0) == 0;
}

}  // namespace

const std::vector<HistorySource>& HistorySources() {
  static const std::vector<HistorySource> sources = {
      {"mysql", Flavour::kMysql, {}},
      {"mysql_without_gtids",
       Flavour::kMysql,
       {"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"}},
      {"mariadb", Flavour::kMariadb, {}}};
  return sources;
}

void PrintTo(const HistorySource& source, std::ostream* stream) { *stream << source.name; }

History::History(const HistorySource& source, bool keeps_copy)
    : kind_(source),
      source_(SourceServer::MustStart({.flavour = source.flavour, .options = source.options})),
      sql_(source_->MustConnect()) {
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, s TEXT)");
  if (keeps_copy) {
    MustBeOk(source_->Stop());
    MustBeOk(CopyTemplate(source_->data_directory(), copies_.path() / "data"));
    MustBeOk(source_->Restart());
    sql_ = source_->MustConnect();
  }
  feed_ = FeedServer::MustStart(*source_, {.source = {"heartbeat_period: 200ms"}});
}

void History::Insert(int count, const std::string& text) {
  for (int i = 0; i < count; ++i) {
    if (!borrowed_uuid_.empty()) {
      sql_.MustExecute(fmt::format("SET gtid_next = '{}:{}'", borrowed_uuid_, ++borrowed_number_));
    }
    sql_.MustExecute(fmt::format("INSERT INTO shop.t VALUES ({}, '{}')", next_id_++, text));
  }
}

std::string History::BinlogEnd() {
  const SqlRows rows = sql_.MustQuery(mysql() ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
  return *rows[0][0] + ":" + *rows[0][1];
}

void History::AwaitFeed() {
  std::string end;
  std::string at;
  const bool there = BecomesTrue([&] {
    // MariaDB writes a checkpoint shortly after it starts a file.
    end = BinlogEnd();
    const auto status = feed_->client().GetStatus({});
    if (!status.ok()) return false;
    at = fmt::format("{}:{}", status->source().file(), status->source().position());
    return at == end && status->source().state() == v1::SourceStatus::STATE_STREAMING;
  });
  if (!there) EndTest(fmt::format("the feed is at {}, the source at {}", at, end), *feed_);
}

uint64_t History::NewestSequence() {
  return feed_->client().GetStatus({})->log().newest_sequence();
}

void History::AwaitSequence(uint64_t sequence) {
  if (BecomesTrue([&] { return NewestSequence() >= sequence; })) return;
  EndTest(fmt::format("the feed has not reached sequence {}", sequence), *feed_);
}

void History::Reset() {
  sql_.MustExecute(mysql() ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER");
}

void History::ReplaceData(const std::filesystem::path& by, std::vector<std::string> options) {
  // MySQL takes seconds to stop while a dump runs.
  source_->Kill();
  std::filesystem::remove_all(source_->data_directory());
  MustBeOk(CopyTemplate(by, source_->data_directory()));
  options.insert(options.end(), kind_.options.begin(), kind_.options.end());
  MustBeOk(source_->RestartWith(options));
  sql_ = source_->MustConnect();
}

void History::Restore(bool binlogs) {
  if (!binlogs) {
    for (const auto& entry : std::filesystem::directory_iterator(copies_.path() / "data")) {
      if (IsBinlog(entry.path())) std::filesystem::remove(entry.path());
    }
  }
  ReplaceData(copies_.path() / "data", {});
}

void History::Swap() {
  if (mysql()) borrowed_uuid_ = sql_.MustQueryValue("SELECT @@server_uuid");
  ReplaceData(mysql() ? MysqlTemplatePath() : MariadbTemplatePath(), {"--server-id=2"});
  if (!gtids()) borrowed_uuid_.clear();
  const auto borrow = [this] {
    if (borrowed_uuid_.empty()) return;
    sql_.MustExecute(fmt::format("SET gtid_next = '{}:{}'", borrowed_uuid_, ++borrowed_number_));
  };
  if (!mysql()) sql_.MustExecute("SET SESSION server_id = 1");
  borrow();
  sql_.MustExecute("CREATE DATABASE shop");
  borrow();
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, s TEXT)");
}

void History::PointFeedAt(const SourceServer& server) {
  std::ostringstream text;
  text << std::ifstream(feed_->config_file()).rdbuf();
  std::string config = text.str();
  const std::string key = "socket: ";
  const size_t at = config.find(key) + key.size();
  config.replace(at, config.find('\n', at) - at, server.socket());
  std::ofstream(feed_->config_file()) << config;
}

int History::StreamsStarted() const { return CountOf(feed_->LogText(), "streaming from "); }

int History::Retries() const { return CountOf(feed_->LogText(), "source lost, reconnecting"); }

std::string History::AwaitRefusal(const std::set<std::string>& reasons, int retries) {
  const int before = Retries();
  std::string reason;
  const bool refused = BecomesTrue([&] {
    const auto status = feed_->client().GetStatus({});
    if (!status.ok()) return false;
    reason = status->source().error_reason();
    if (status->source().state() == v1::SourceStatus::STATE_FAILED) return true;
    return reasons.count(reason) > 0 && Retries() >= before + retries;
  });
  if (!refused) EndTest("the feed continues: " + reason, *feed_);
  return reason;
}

}  // namespace millrace::testing
