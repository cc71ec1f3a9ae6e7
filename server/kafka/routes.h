// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "config/kafka_options.h"
#include "model/name_glob.h"
#include "model/table_name.h"
#include "schema/registry.h"

namespace millrace::kafka {

// What Kafka admits.
inline constexpr size_t kTopicCharactersMax = 249;

// `name` with '_' for each UTF-16 unit that a topic's name may not have, as Debezium does it.
std::string TopicNameFrom(std::string_view name);

// The compacted topic with the positions of mirrors, `<prefix>.millrace.position`.
std::string PositionTopic(std::string_view topic_prefix);

// Which tables are mirrored, and to which topics. Thread-safe.
class Routes {
 public:
  // `registry` must outlive it. kInvalidArgument: 'kafka.tables' or 'kafka.routes' is malformed;
  // the message names the entry and what is wanted.
  static absl::StatusOr<std::unique_ptr<Routes>> Make(const KafkaOptions& options,
                                                      const schema::Registry& registry);

  // Whether changes of the table are mirrored. An empty `table` is the database as a whole: it is
  // mirrored unless tables were chosen.
  bool IsMirrored(std::string_view database, std::string_view table) const;

  // The topic of a table: that of the first route that fits, else `<prefix>.<database>.<table>`. To
  // be asked once a table version, not for each change. kFailedPrecondition TOPIC_NAME_TOO_LONG;
  // TOPIC_NAME_COLLISION: without a route two tables that the log knows, or a table and the
  // positions, would share a topic. Both messages name the table and the route to add.
  absl::StatusOr<std::string> TopicOf(const TableName& table) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Route {
    NameGlob database;
    NameGlob table;
    std::string topic;
  };
  Routes(std::string topic_prefix, const schema::Registry& registry);
  absl::Status AddRoute(const std::string& text);
  const Route* Find(const TableName& table) const;
  std::string DefaultTopicOf(const TableName& table) const;
  void ClaimTopic(const TableName& table) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ClaimKnownTables() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string topic_prefix_;
  const schema::Registry& registry_;
  TablePatterns tables_;
  std::vector<Route> routes_;

  mutable absl::Mutex mutex_;
  mutable uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable bool claimed_known_tables_ ABSL_GUARDED_BY(mutex_) = false;
  mutable std::set<TableName> claimed_tables_ ABSL_GUARDED_BY(mutex_);
  // Tables by the default topic that they go to.
  mutable std::map<std::string, std::set<TableName>> tables_by_topic_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::kafka
