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

// The marker's tables as a pattern for source.tables.
inline constexpr char kMarkerTables[] = "millrace_marker.*";

// A row by column name. A value is text: numbers in decimal, strings as they are, bytes as `0x` and
// upper-case hex, TIMESTAMP as MySQL prints it in UTC with six digits, or `zero` for the zero date;
// GEOMETRY `srid:0xWKB`; VECTOR `[1,2]`. NULL is nullopt.
using SeenRow = std::map<std::string, std::optional<std::string>>;

// A change as a subscriber saw it.
struct SeenChange {
  uint64_t sequence = 0;
  v1::Operation operation = v1::OPERATION_UNSPECIFIED;
  std::string table;  // `database.table`
  std::optional<SeenRow> before;
  std::optional<SeenRow> after;
  v1::Change raw;
  std::string gtid;
  // Token of the response it came in; resumes after it only if it is the response's last change.
  std::string response_token;
  bool last_of_response = false;
  bool last_of_transaction = false;
};

// Reads a feed as a client would. Aborts the test with a message when the feed fails or nothing
// arrives for a minute.
class ChangeReader {
 public:
  explicit ChangeReader(FeedServer& server) : server_(server) {}

  // Everything from the place of `request` on, up to the place that the source has reached now: see
  // CurrentToken. Changes of the marker's database are left out.
  std::vector<SeenChange> ReadAll(SqlSession& source,
                                  v1::SubscribeRequest request = FromEarliest());
  // The first `count` changes.
  std::vector<SeenChange> ReadCount(v1::SubscribeRequest request, size_t count);
  // Until the stream ends by itself (until_token).
  std::vector<SeenChange> ReadToEnd(v1::SubscribeRequest request);

  // Waits until the log holds all that the source has committed and answers a token after it.
  // Writes a row into the table `millrace_marker.marker` of the source (made at first use), which a
  // server with `tables` must capture (kMarkerTables), and reads until it arrives.
  std::string CurrentToken(SqlSession& source);

  // A row as it came.
  SeenRow Row(const google::protobuf::Any& any);

  static v1::SubscribeRequest FromEarliest();
  static v1::SubscribeRequest FromToken(const std::string& token);

 private:
  template <typename Done>
  std::vector<SeenChange> Read(v1::SubscribeRequest request, const Done& done);

  FeedServer& server_;
  // Learnt through `types_of_`; a server that was started again has a new client.
  const client::Client* types_of_ = nullptr;
  std::optional<client::RowTypes> types_;
};

}  // namespace millrace::testing
