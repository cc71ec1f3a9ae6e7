// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "millrace/row_types.h"
#include "millrace/v1/change_feed.pb.h"
#include "support/sql_session.h"
#include "system/feed_server.h"

namespace millrace::testing {

// The tables of the marker, as a pattern for source.tables.
inline constexpr char kMarkerTables[] = "millrace_marker.*";

// A row by column name. Values are text: numbers in decimal, strings unchanged, bytes as `0x` and
// upper-case hex, TIMESTAMP as MySQL prints it in UTC with six digits, or `zero` for the zero date;
// GEOMETRY `srid:0xWKB`; VECTOR `[1,2]`. NULL is nullopt.
using SeenRow = std::map<std::string, std::optional<std::string>>;

// A change as a subscriber received it.
struct SeenChange {
  uint64_t sequence = 0;
  v1::Operation operation = v1::OPERATION_UNSPECIFIED;
  std::string table;  // `database.table`
  std::optional<SeenRow> before;
  std::optional<SeenRow> after;
  v1::Change raw;
  std::string gtid;
  // Token of the change's response. Resumes right after this change only if it is the response's
  // last one.
  std::string response_token;
  bool last_of_response = false;
  bool last_of_transaction = false;
};

// Reads a feed as a client would. Aborts the test with a message when the feed fails or nothing
// arrives for a minute.
class ChangeReader {
 public:
  explicit ChangeReader(FeedServer& server) : server_(server) {}

  // Reads everything from the start of `request` up to the source's current position, see
  // CurrentToken. Omits changes of the marker's database.
  std::vector<SeenChange> ReadAll(SqlSession& source,
                                  v1::SubscribeRequest request = FromEarliest());
  // Reads the first `count` changes.
  std::vector<SeenChange> ReadCount(v1::SubscribeRequest request, size_t count);
  // Reads until the stream ends by itself (until_token).
  std::vector<SeenChange> ReadToEnd(v1::SubscribeRequest request);

  // Waits until the log contains everything that the source has committed, and returns a token
  // after that. Writes a row into the table `millrace_marker.marker` of the source (created at
  // first use) and reads until it arrives. A server with `tables` must capture that table
  // (kMarkerTables).
  std::string CurrentToken(SqlSession& source);

  // Decodes a received row.
  SeenRow Row(const google::protobuf::Any& any);

  static v1::SubscribeRequest FromEarliest();
  static v1::SubscribeRequest FromToken(const std::string& token);

 private:
  template <typename Done>
  std::vector<SeenChange> Read(v1::SubscribeRequest request, const Done& done);

  FeedServer& server_;
  // Fetched through `types_of_`; a restarted server has a new client.
  const client::Client* types_of_ = nullptr;
  std::optional<client::RowTypes> types_;
};

}  // namespace millrace::testing
