// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/source_server.h"
#include "support/sql_session.h"
#include "support/temp_directory.h"
#include "system/feed_server.h"

namespace millrace::testing {

// A kind of source; each compares histories in its own way.
struct HistorySource {
  std::string name;
  Flavour flavour;
  std::vector<std::string> options;
};
// MySQL with GTIDs, MySQL without, MariaDB.
const std::vector<HistorySource>& HistorySources();
void PrintTo(const HistorySource& source, std::ostream* stream);

// A source with a table shop.t, a feed of it, and ways to damage the source's history. Aborts the
// test when a step fails.
class History {
 public:
  // With `keeps_copy`, copies the source before the first row and restarts it, so that the first
  // rows are in the second file.
  explicit History(const HistorySource& source, bool keeps_copy = true);

  SourceServer& source() { return *source_; }
  SqlSession& sql() { return sql_; }
  FeedServer& feed() { return *feed_; }
  bool mysql() const { return kind_.flavour == Flavour::kMysql; }
  bool gtids() const { return kind_.options.empty(); }

  // Commits `count` transactions, each inserting a row with `text`.
  void Insert(int count, const std::string& text);
  // Waits until the feed has read everything of the source.
  void AwaitFeed();
  // The newest sequence of the feed's log.
  uint64_t NewestSequence();
  // Waits until the newest sequence is `sequence` or more.
  void AwaitSequence(uint64_t sequence);

  // RESET MASTER, or the server's newer name for it.
  void Reset();
  // Restores the copy, with or without the binlogs that it had.
  void Restore(bool binlogs);
  // Replaces the source by another server, which reuses the source's GTIDs for its own
  // transactions.
  void Swap();
  // The feed reads from `server` from its next start on.
  void PointFeedAt(const SourceServer& server);

  // The current binlog position of the source.
  std::string BinlogEnd();
  // How many times the feed started to stream.
  int StreamsStarted() const;
  // How many times the feed lost the source or could not connect.
  int Retries() const;
  // Waits until the feed has stopped, or has retried `retries` more times for one of these reasons.
  // Returns the reason.
  std::string AwaitRefusal(const std::set<std::string>& reasons, int retries);

 private:
  void ReplaceData(const std::filesystem::path& by, std::vector<std::string> options);

  HistorySource kind_;
  std::unique_ptr<SourceServer> source_;
  TempDirectory copies_;
  SqlSession sql_;
  std::unique_ptr<FeedServer> feed_;
  int next_id_ = 1;
  // MySQL after Swap: the UUID and the last number used for logging transactions.
  std::string borrowed_uuid_;
  int borrowed_number_ = 0;
};

}  // namespace millrace::testing
