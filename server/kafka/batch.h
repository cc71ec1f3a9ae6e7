// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/clock.h"
#include "config/kafka_options.h"
#include "kafka/change_view.h"
#include "kafka/producer.h"
#include "kafka/record.h"
#include "kafka/topics.h"
#include "mirror/sink.h"

namespace millrace::kafka {

// Sends the records of one Kafka transaction, which starts with the first record. Adds headers that
// identify the change to each of its records: `millrace.sequence`, `millrace.gtid` (if it has one),
// `millrace.operation`, and `millrace.part` from the second record on. Not thread-safe.
class Batch final : public RecordSink {
 public:
  // Both must outlive it.
  Batch(Producer& producer, Topics& topics) : producer_(producer), topics_(topics) {}

  // The records added next belong to `change`, which must stay valid until the next call of
  // SetChange or ClearChange.
  void SetChange(const ChangeView& change);
  // The records added next belong to no change.
  void ClearChange() { change_ = nullptr; }
  // Errors as Topics::Use and Producer::Produce.
  absl::Status Add(const RecordView& record) override;
  // Adds the record of the mirror's position, which is not counted.
  absl::Status AddPosition(const RecordView& record);

  // Whether any record was added.
  bool transaction_started() const { return transaction_started_; }
  uint64_t records() const { return records_; }
  uint64_t bytes() const { return bytes_; }
  const mirror::TopicCounts& counts() const { return counts_; }

 private:
  absl::Status Send(const RecordView& record, const Topic& topic);
  HeadersHandle HeadersOf(const RecordView& record) const;

  Producer& producer_;
  Topics& topics_;
  const ChangeView* change_ = nullptr;
  uint32_t part_ = 0;  // records added for the current change
  bool transaction_started_ = false;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
  mirror::TopicCounts counts_;

  // Topic of the previous record, cached since most records go to the same topic.
  std::string_view last_topic_name_;
  const Topic* last_topic_ = nullptr;
  mirror::TopicCount* last_count_ = nullptr;
};

}  // namespace millrace::kafka
