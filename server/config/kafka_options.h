// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace millrace {

// The format of records.
enum class KafkaFormat {
  kDebeziumJson,  // Debezium's envelope as JSON
  kProtobuf,      // millrace.v1.Change
};

// Where a mirror without a position in Kafka starts.
enum class KafkaStart { kEarliest, kLatest };

// These four enums and DebeziumOptions use the names, values and defaults of Debezium.
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
  // Whether each key and value contains its schema beside its payload.
  bool schemas_enable = true;
  DecimalHandling decimal_handling_mode = DecimalHandling::kPrecise;
  TimePrecision time_precision_mode = TimePrecision::kAdaptiveTimeMicroseconds;
  BinaryHandling binary_handling_mode = BinaryHandling::kBytes;
  BigintUnsignedHandling bigint_unsigned_handling_mode = BigintUnsignedHandling::kLong;
  // Whether a record without a value follows each DELETE, so that compaction removes the key.
  bool tombstones_on_delete = true;
  // Whether a topic receives BEGIN and END of transactions, and each value has a transaction block.
  bool provide_transaction_metadata = false;
  // Whether a topic, named like the prefix, receives each statement that changes a table
  // definition.
  bool include_schema_changes = true;
  // Operations that are not sent: c (create), u, d, t (truncate). `none`: all are sent.
  std::vector<std::string> skipped_operations = {"t"};
  // 0: no heartbeats.
  Micros heartbeat_interval = 0;
  std::string topic_heartbeat_prefix = "__debezium-heartbeat";

  friend bool operator==(const DebeziumOptions&, const DebeziumOptions&) = default;
};

// How to create topics that do not exist. A number of 0 means the broker's default.
struct KafkaTopicOptions {
  // False: the mirror waits until somebody else creates the topic.
  bool create = true;
  uint32_t partitions = 1;
  uint32_t replication_factor = 0;
  Micros retention = 0;
  uint64_t retention_bytes = 0;
  // delete, compact, or compact,delete; empty: the broker's default.
  std::string cleanup_policy;

  friend bool operator==(const KafkaTopicOptions&, const KafkaTopicOptions&) = default;
};

// When to commit a Kafka transaction: at the first of these limits. Consumers that read only
// committed records see none of it earlier.
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
  // First part of topic names, and the mirror's name: at most one mirror per prefix can run.
  std::string topic_prefix = "millrace";
  KafkaFormat format = KafkaFormat::kDebeziumJson;
  KafkaStart start = KafkaStart::kEarliest;
  // Patterns of the tables to mirror, see TablePatterns; empty: all tables in the log.
  std::vector<std::string> tables;
  // `database.table-pattern -> topic`; the first match applies. Other tables go to
  // `<prefix>.<database>.<table>`.
  std::vector<std::string> routes;
  // `database.table-pattern: column, column`: the record key, instead of the primary key.
  std::vector<std::string> keys;
  KafkaTopicOptions topics;
  KafkaTransactionOptions transaction;
  DebeziumOptions debezium;
  // Settings of librdkafka by its own names, for compression, batches, TLS and SASL.
  std::map<std::string, std::string> client;
  // File or environment variable with the SASL password. At most one is set.
  std::string sasl_password_file;
  std::string sasl_password_env;

  friend bool operator==(const KafkaOptions&, const KafkaOptions&) = default;
};

}  // namespace millrace
