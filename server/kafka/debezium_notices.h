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

// Debezium's records that are of no row: changed definitions, borders of transactions, heartbeats.
// Keeps scratch memory; not thread-safe.
class DebeziumNotices {
 public:
  // `envelope` must outlive it.
  DebeziumNotices(const KafkaOptions& options, std::string_view connector,
                  const DebeziumEnvelope& envelope);

  absl::Status AddSchemaChange(const ChangeView& change, RecordSink& sink);
  // BEGIN, to be added before what the first change of a transaction has; END after the last one.
  enum class Border { kBegin, kEnd };
  absl::Status AddBorder(const ChangeView& change, Border border, RecordSink& sink);
  absl::Status AddHeartbeat(Micros now, RecordSink& sink);

 private:
  // What stands around the payloads of a topic's keys and values.
  struct Frame {
    std::string topic;
    std::string key_head;
    std::string value_head;
    std::string tail;
  };
  static Frame MakeFrame(std::string topic, bool with_schemas, std::string_view key_schema,
                         std::string_view value_schema);
  void Start(const Frame& frame);
  absl::Status Finish(const Frame& frame, Micros time, RecordSink& sink);

  const DebeziumEnvelope& envelope_;
  std::string topic_prefix_;
  Frame schema_changes_;
  Frame transactions_;
  Frame heartbeats_;
  std::string key_;
  std::string value_;
  std::string tables_;
};

}  // namespace millrace::kafka
