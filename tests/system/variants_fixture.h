// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {

// A source with a feed, and a workload that can run in any session, so that a test can compare the
// changes from two sessions with different settings.
class Variants {
 public:
  explicit Variants(Flavour flavour, std::vector<std::string> source_options = {},
                    FeedServerOptions feed_options = {});

  SourceServer& source() { return *source_; }
  SqlSession& sql() { return sql_; }
  FeedServer& feed() { return *feed_; }
  ChangeReader& reader() { return reader_; }
  // Call it after a restart of the source, which ends its sessions.
  void Reconnect() { sql_ = source_->MustConnect(); }

  // Runs CREATE TABLE shop.<table> with columns of many types.
  void CreateTable(const std::string& table, const std::string& options = "");
  // Inserts, updates and deletes rows of shop.<table>, in transactions of one and many statements.
  // Each `round` uses different rows.
  static void RunWorkload(SqlSession& session, const std::string& table, int round);
  // Runs the workload alternately in a default session and in one with `setting`. Expects the same
  // changes from both.
  void ExpectSameRows(const std::string& setting, const std::string& table_options = "");

  // The row changes of a table as text, one line for each.
  static std::vector<std::string> RowsOf(const std::vector<SeenChange>& changes,
                                         const std::string& table);
  // True if the source's binlogs contain an event of this type, named as in SHOW BINLOG EVENTS.
  bool BinlogContains(const std::string& event_type);

 private:
  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  std::unique_ptr<FeedServer> feed_;
  ChangeReader reader_;
};

}  // namespace millrace::testing
