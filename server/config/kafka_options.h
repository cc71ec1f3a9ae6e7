// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace millrace {

// How records look.
enum class KafkaFormat {
  kDebeziumJson,  // Debezium's envelope as JSON
  kProtobuf,      // millrace.v1.Change
};

// Where the mirror begins that has no position in Kafka yet.
enum class KafkaStart { kEarliest, kLatest };

// In what follows names, values and defaults are Debezium's.
enum class DecimalHandling { kPrecise, kString, kDouble };
enum class TimePrecision {
  kAdaptiveTimeMicroseconds,
  kConnect,
  kIsostring,
  kMicroseconds,
  kNanoseconds
};
enum class BinaryHandling { kBytes, kBase64, kBase64UrlSafe, kHex };
enum class BigintUnsignedHandling { kLong, kPrecise };

struct DebeziumOptions {
  // Whether each key and value says its schema beside its payload.
  bool schemas_enable = true;
  DecimalHandling decimal_handling_mode = DecimalHandling::kPrecise;
  TimePrecision time_precision_mode = TimePrecision::kAdaptiveTimeMicroseconds;
  BinaryHandling binary_handling_mode = BinaryHandling::kBytes;
  BigintUnsignedHandling bigint_unsigned_handling_mode = BigintUnsignedHandling::kLong;
  // A DELETE is followed by a record without value, so that compaction forgets the key.
  bool tombstones_on_delete = true;
  // Topic with the borders of transactions, and a transaction block in each value.
  bool provide_transaction_metadata = false;
  // Topic named as the prefix, with every statement that changed a definition.
  bool include_schema_changes = true;
  // Operations that are left out: c, u, d, t, or none.
  std::vector<std::string> skipped_operations = {"t"};
  // 0: no heartbeats.
  Micros heartbeat_interval = 0;
  std::string topic_heartbeat_prefix = "__debezium-heartbeat";

  friend bool operator==(const DebeziumOptions&, const DebeziumOptions&) = default;
};

// How topics are made that do not exist yet. 0: as the broker's defaults have it.
struct KafkaTopicOptions {
  // False: the mirror waits for a topic that somebody else makes.
  bool create = true;
  uint32_t partitions = 1;
  uint32_t replication_factor = 0;
  Micros retention = 0;
  uint64_t retention_bytes = 0;
  // delete, compact, or compact,delete; empty: the broker's default.
  std::string cleanup_policy;

  friend bool operator==(const KafkaTopicOptions&, const KafkaTopicOptions&) = default;
};

// When a Kafka transaction is committed: what comes first. Consumers that read committed records
// alone see nothing of it before.
struct KafkaTransactionOptions {
  uint32_t records_max = 20'000;
  uint64_t bytes_max = uint64_t{16} << 20;
  Micros time_max = 50'000;

  friend bool operator==(const KafkaTransactionOptions&, const KafkaTransactionOptions&) = default;
};

// The mirror of the log in Kafka.
struct KafkaOptions {
  bool enabled = false;
  // bootstrap.servers: host:port, separated by commas.
  std::string brokers;
  // First part of the names of topics, and the name of the mirror: two mirrors of one prefix shut
  // each other out.
  std::string topic_prefix = "millrace";
  KafkaFormat format = KafkaFormat::kDebeziumJson;
  KafkaStart start = KafkaStart::kEarliest;
  // Patterns of the tables that are mirrored, see TablePatterns; empty: all in the log.
  std::vector<std::string> tables;
  // `database.table-pattern -> topic`, the first that fits; other tables go to
  // `<prefix>.<database>.<table>`.
  std::vector<std::string> routes;
  // `database.table-pattern: column, column`: key of the records instead of the primary key.
  std::vector<std::string> keys;
  KafkaTopicOptions topics;
  KafkaTransactionOptions transaction;
  DebeziumOptions debezium;
  // Settings of librdkafka by their own names, for compression, batches, TLS and SASL.
  std::map<std::string, std::string> client;
  // SASL password, from a file or the environment. At most one.
  std::string sasl_password_file;
  std::string sasl_password_env;

  friend bool operator==(const KafkaOptions&, const KafkaOptions&) = default;
};

}  // namespace millrace
