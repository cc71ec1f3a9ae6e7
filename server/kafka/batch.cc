// SPDX-License-Identifier: Apache-2.0

#include "kafka/batch.h"

#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::kafka {
namespace {

std::string_view OperationText(uint8_t operation) {
  switch (operation) {
    case v1::OPERATION_INSERT:
      return "INSERT";
    case v1::OPERATION_UPDATE:
      return "UPDATE";
    case v1::OPERATION_DELETE:
      return "DELETE";
    case v1::OPERATION_READ:
      return "READ";
    case v1::OPERATION_TRUNCATE:
      return "TRUNCATE";
    case v1::OPERATION_SCHEMA_CHANGE:
      return "SCHEMA_CHANGE";
    default:
      return "UNKNOWN";
  }
}

void AddHeader(rd_kafka_headers_t* headers, std::string_view name, std::string_view value) {
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

int32_t PartitionOf(const RecordView& record, const Topic& topic) {
  if (record.key.has_value()) return RD_KAFKA_PARTITION_UA;
  if (!record.partition_key.has_value() || topic.partitions <= 0) return 0;
  return rd_kafka_msg_partitioner_murmur2(topic.handle.get(), record.partition_key->data(),
                                          record.partition_key->size(), topic.partitions, nullptr,
                                          nullptr);
}

}  // namespace

void Batch::SetChange(const ChangeView& change) {
  change_ = &change;
  part_ = 0;
}

absl::Status Batch::Add(const RecordView& record) {
  if (last_topic_ == nullptr || record.topic != last_topic_name_) {
    MILLRACE_ASSIGN_OR_RETURN(last_topic_, topics_.Use(record.topic));
    const auto count = counts_.try_emplace(std::string(record.topic)).first;
    last_topic_name_ = count->first;
    last_count_ = &count->second;
  }
  MILLRACE_RETURN_IF_ERROR(Send(record, *last_topic_));
  const uint64_t size = record.key.value_or("").size() + record.value.value_or("").size();
  ++records_;
  bytes_ += size;
  ++last_count_->records;
  last_count_->bytes += size;
  ++part_;
  return absl::OkStatus();
}

absl::Status Batch::AddPosition(const RecordView& record) {
  change_ = nullptr;
  MILLRACE_ASSIGN_OR_RETURN(const Topic* topic, topics_.Use(record.topic));
  return Send(record, *topic);
}

absl::Status Batch::Send(const RecordView& record, const Topic& topic) {
  if (!transaction_started_) {
    MILLRACE_RETURN_IF_ERROR(producer_.Begin());
    transaction_started_ = true;
  }
  return producer_.Produce({.topic = topic.handle.get(),
                            .partition = PartitionOf(record, topic),
                            .key = record.key,
                            .value = record.value,
                            .headers = HeadersOf(record),
                            .time = record.time,
                            .sequence = change_ != nullptr ? change_->sequence : Sequence{}});
}

HeadersHandle Batch::HeadersOf(const RecordView& record) const {
  if (change_ == nullptr && record.headers.empty()) return nullptr;
  HeadersHandle headers(rd_kafka_headers_new(record.headers.size() + 4));
  if (change_ != nullptr) {
    const fmt::format_int sequence(change_->sequence.value);
    AddHeader(headers.get(), "millrace.sequence", {sequence.data(), sequence.size()});
    if (!change_->transaction.gtid.empty()) {
      AddHeader(headers.get(), "millrace.gtid", change_->transaction.gtid);
    }
    AddHeader(headers.get(), "millrace.operation", OperationText(change_->operation));
    if (part_ > 0) {
      const fmt::format_int part(part_);
      AddHeader(headers.get(), "millrace.part", {part.data(), part.size()});
    }
  }
  for (const auto& [name, value] : record.headers) AddHeader(headers.get(), name, value);
  return headers;
}

}  // namespace millrace::kafka
