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

// A kind of source: each has its own means to compare histories.
struct HistorySource {
  std::string name;
  Flavour flavour;
  std::vector<std::string> options;
};
// MySQL with GTIDs, MySQL without, MariaDB.
const std::vector<HistorySource>& HistorySources();
void PrintTo(const HistorySource& source, std::ostream* stream);

// A source with a table shop.t and a feed of it, and the harm that can be done to the source's
// history. Aborts the test when something does not work.
class History {
 public:
  // With `keeps_copy` there is a copy of the source from before the first row, and it has been
  // restarted since: its first rows are in its second file.
  explicit History(const HistorySource& source, bool keeps_copy = true);

  SourceServer& source() { return *source_; }
  SqlSession& sql() { return sql_; }
  FeedServer& feed() { return *feed_; }
  bool mysql() const { return kind_.flavour == Flavour::kMysql; }
  bool gtids() const { return kind_.options.empty(); }

  // `count` transactions, each a row that says `text`.
  void Insert(int count, const std::string& text);
  // Waits until the feed has all that the source has.
  void AwaitFeed();
  // Newest sequence of the feed's log.
  uint64_t NewestSequence();
  // Waits until that is `sequence` or more.
  void AwaitSequence(uint64_t sequence);

  // RESET MASTER, by its name here.
  void Reset();
  // The copy comes back, with the binlogs that it had or without.
  void Restore(bool binlogs);
  // Another server answers in the source's place. What it does next it logs under the GTIDs that
  // the source gave its own transactions.
  void Swap();
  // The feed reads from `server` when it is started next.
  void PointFeedAt(const SourceServer& server);

  // The current binlog position of the source.
  std::string BinlogEnd();
  // How many times the feed started to stream.
  int StreamsStarted() const;
  // How often it lost the source or could not connect.
  int Retries() const;
  // Waits until the feed has stopped, or tried `retries` times more for one of these reasons.
  // Answers the reason.
  std::string AwaitRefusal(const std::set<std::string>& reasons, int retries);

 private:
  void ReplaceData(const std::filesystem::path& by, std::vector<std::string> options);

  HistorySource kind_;
  std::unique_ptr<SourceServer> source_;
  TempDirectory copies_;
  SqlSession sql_;
  std::unique_ptr<FeedServer> feed_;
  int next_id_ = 1;
  // MySQL after Swap: under whose name transactions are logged, and from which number on.
  std::string borrowed_uuid_;
  int borrowed_number_ = 0;
};

}  // namespace millrace::testing
