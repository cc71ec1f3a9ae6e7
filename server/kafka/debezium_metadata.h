// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "config/kafka_options.h"
#include "kafka/change_view.h"
#include "kafka/debezium_envelope.h"
#include "kafka/record.h"

namespace millrace::kafka {

// Writes Debezium's records without rows: schema changes, transaction boundaries, heartbeats. Keeps
// scratch memory; not thread-safe.
class DebeziumMetadata {
 public:
  // `envelope` must outlive this object.
  DebeziumMetadata(const KafkaOptions& options, std::string_view connector,
                   const DebeziumEnvelope& envelope);

  absl::Status AddSchemaChange(const ChangeView& change, RecordSink& sink);
  // Add kBegin before the records of a transaction's first change, kEnd after those of its last.
  enum class Boundary { kBegin, kEnd };
  absl::Status AddBoundary(const ChangeView& change, Boundary boundary, RecordSink& sink);
  absl::Status AddHeartbeat(Micros now, RecordSink& sink);

 private:
  // The text around the payloads of a topic's keys and values.
  struct RecordTemplate {
    std::string topic;
    std::string key_head;
    std::string value_head;
    std::string tail;
  };
  static RecordTemplate MakeTemplate(std::string topic, bool with_schemas,
                                     std::string_view key_schema, std::string_view value_schema);
  void Start(const RecordTemplate& layout);
  absl::Status Finish(const RecordTemplate& layout, Micros time, RecordSink& sink);

  const DebeziumEnvelope& envelope_;
  std::string topic_prefix_;
  RecordTemplate schema_changes_;
  RecordTemplate transactions_;
  RecordTemplate heartbeats_;
  std::string key_;
  std::string value_;
  std::string tables_;
};

}  // namespace millrace::kafka
