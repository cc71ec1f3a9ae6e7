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

// The records of one Kafka transaction. Begins it with the first of them, and gives those of a
// change the headers that tell which one: `millrace.sequence`, `millrace.gtid` (if there is one),
// `millrace.operation`, and `millrace.part` from its second record on. Not thread-safe.
class Batch final : public RecordSink {
 public:
  // Both must outlive it.
  Batch(Producer& producer, Topics& topics) : producer_(producer), topics_(topics) {}

  // What is added from now on is about `change`, which must outlive that.
  void SetChange(const ChangeView& change);
  // What is added from now on is about no change.
  void ClearChange() { change_ = nullptr; }
  // Errors as Topics::Use and Producer::Produce.
  absl::Status Add(const RecordView& record) override;
  // Adds the mirror's own position, which no count is told of.
  absl::Status AddPosition(const RecordView& record);

  // Whether anything was added.
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
  uint32_t part_ = 0;  // records of the change so far
  bool transaction_started_ = false;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
  mirror::TopicCounts counts_;

  // Of the record before: most go where it went.
  std::string_view last_topic_name_;
  const Topic* last_topic_ = nullptr;
  mirror::TopicCount* last_count_ = nullptr;
};

}  // namespace millrace::kafka
