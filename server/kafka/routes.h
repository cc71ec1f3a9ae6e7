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

// Kafka's limit.
inline constexpr size_t kTopicCharactersMax = 249;

// Replaces each UTF-16 unit that topic names may not contain with '_', as Debezium does.
std::string TopicNameFrom(std::string_view name);

// The compacted topic with the positions of mirrors, `<prefix>.millrace.position`.
std::string PositionTopic(std::string_view topic_prefix);

// Decides which tables are mirrored, and to which topics. Thread-safe.
class Routes {
 public:
  // `registry` must outlive the result. kInvalidArgument: 'kafka.tables' or 'kafka.routes' is
  // malformed; the message names the entry and the expected form.
  static absl::StatusOr<std::unique_ptr<Routes>> Make(const KafkaOptions& options,
                                                      const schema::Registry& registry);

  // Whether changes of the table are mirrored. An empty `table` stands for the whole database,
  // which is mirrored only if 'kafka.tables' is empty.
  bool IsMirrored(std::string_view database, std::string_view table) const;

  // The topic of a table: that of the first matching route, else `<prefix>.<database>.<table>`.
  // Slow: call it once for each table version, not for each change. kFailedPrecondition
  // TOPIC_NAME_TOO_LONG; TOPIC_NAME_COLLISION: without a route, two tables in the log, or a table
  // and the positions, would share a topic. Both messages name the table and the route to add.
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
  // Adds the table to tables_by_topic_, to detect collisions.
  void ClaimTopic(const TableName& table) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ClaimKnownTables() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string topic_prefix_;
  const schema::Registry& registry_;
  TablePatterns tables_;
  std::vector<Route> routes_;

  mutable absl::Mutex mutex_;
  // The registry's generation at the last ClaimKnownTables.
  mutable uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable bool claimed_known_tables_ ABSL_GUARDED_BY(mutex_) = false;
  mutable std::set<TableName> claimed_tables_ ABSL_GUARDED_BY(mutex_);
  // Tables without a route, by their default topic.
  mutable std::map<std::string, std::set<TableName>> tables_by_topic_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::kafka
