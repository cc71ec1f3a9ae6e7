// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {

// A source with a feed, and work on its rows that can be done in any session, so that what arrives
// of two sessions with different settings can be compared.
class Variants {
 public:
  explicit Variants(Flavour flavour, std::vector<std::string> source_options = {},
                    FeedServerOptions feed_options = {});

  SourceServer& source() { return *source_; }
  SqlSession& sql() { return sql_; }
  FeedServer& feed() { return *feed_; }
  ChangeReader& reader() { return reader_; }
  // Restarting the source ends its sessions.
  void Reconnect() { sql_ = source_->MustConnect(); }

  // CREATE TABLE shop.<table>, of many types.
  void CreateTable(const std::string& table, const std::string& options = "");
  // Inserts, updates and deletes rows of shop.<table>, in transactions of one and many statements.
  // Each `round` has rows of its own.
  static void RunWorkload(SqlSession& session, const std::string& table, int round);
  // Does work in a session as it is and in one after `setting`, in turns, and expects that the same
  // rows arrive of both.
  void ExpectSameRows(const std::string& setting, const std::string& table_options = "");

  // The changes of the rows of a table as text, one line a change.
  static std::vector<std::string> RowsOf(const std::vector<SeenChange>& changes,
                                         const std::string& table);
  // True if the source's binlogs hold an event of the type, as SHOW BINLOG EVENTS names it.
  bool BinlogContains(const std::string& event_type);

 private:
  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  std::unique_ptr<FeedServer> feed_;
  ChangeReader reader_;
};

}  // namespace millrace::testing
