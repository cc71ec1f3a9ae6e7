// SPDX-License-Identifier: Apache-2.0

#include "support/kafka_reader.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/time/clock.h"
#include "base/error.h"
#include "fmt/format.h"
#include "support/kafka_client.h"
#include "support/value_or_abort.h"

namespace millrace::testing {
namespace {

constexpr absl::Duration kReaderPollInterval = absl::Milliseconds(20);

using Message = KafkaOwned<rd_kafka_message_t, rd_kafka_message_destroy>;
// Partitions to read, with the offset before which reading ends.
using Ends = std::map<std::pair<std::string, int32_t>, int64_t>;
using Records = std::vector<KafkaRecord>;
using Visitor = std::function<void(KafkaRecord)>;

KafkaHandle MustOpen(const std::string& bootstrap) {
  return ValueOrAbort(OpenKafka(RD_KAFKA_CONSUMER, {
                                                       {"bootstrap.servers", bootstrap},
                                                       {"group.id", "millrace-test-reader"},
                                                       {"isolation.level", "read_committed"},
                                                       {"auto.offset.reset", "earliest"},
                                                       {"enable.auto.commit", "false"},
                                                       {"enable.partition.eof", "true"},
                                                       {"check.crcs", "true"},
                                                       {"fetch.wait.max.ms", "10"},
                                                       {"reconnect.backoff.max.ms", "200"},
                                                   }));
}

std::optional<std::string> Bytes(const void* bytes, size_t size) {
  if (bytes == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(bytes), size);
}

KafkaHeaders HeadersOf(const rd_kafka_message_t& message) {
  KafkaHeaders headers;
  rd_kafka_headers_t* list = nullptr;
  if (rd_kafka_message_headers(&message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(list, i, &name, &value, &size) == 0; ++i) {
    headers.emplace_back(name, Bytes(value, size));
  }
  return headers;
}

KafkaRecord RecordOf(const rd_kafka_message_t& message) {
  KafkaRecord record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = message.partition;
  record.offset = message.offset;
  record.key = Bytes(message.key, message.key_len);
  record.value = Bytes(message.payload, message.len);
  record.headers = HeadersOf(message);
  record.timestamp = absl::FromUnixMillis(rd_kafka_message_timestamp(&message, nullptr));
  return record;
}

// Under read_committed the broker returns the last stable offset as the end.
absl::StatusOr<Ends> FindEnds(rd_kafka_t* kafka, const std::vector<std::string>& topics,
                              absl::Time deadline) {
  Ends ends;
  for (const std::string& topic : topics) {
    MILLRACE_ASSIGN_OR_RETURN(const KafkaMetadata metadata,
                              DescribeTopic(kafka, topic, deadline - absl::Now()));
    for (int32_t partition = 0; partition < metadata->topics[0].partition_cnt; ++partition) {
      const int wait = KafkaMilliseconds(deadline - absl::Now());
      int64_t oldest = 0;
      int64_t end = 0;
      const rd_kafka_resp_err_t code =
          rd_kafka_query_watermark_offsets(kafka, topic.c_str(), partition, &oldest, &end, wait);
      const std::string what = fmt::format("offsets of {}/{}", topic, partition);
      // The broker has just listed the partition. librdkafka calls it unknown while it refreshes
      // the topic's metadata.
      if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) return absl::UnavailableError(what);
      MILLRACE_RETURN_IF_ERROR(KafkaStatus(code, what));
      if (oldest < end) ends[{topic, partition}] = end;
    }
  }
  return ends;
}

// Retries until the broker is up and leads the partitions.
absl::StatusOr<Ends> AwaitEnds(rd_kafka_t* kafka, const std::vector<std::string>& topics,
                               absl::Time deadline) {
  while (true) {
    absl::StatusOr<Ends> ends = FindEnds(kafka, topics, deadline);
    if (!absl::IsUnavailable(ends.status())) return ends;
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError(std::string(ends.status().message()));
    }
    absl::SleepFor(kReaderPollInterval);
  }
}

absl::Status AssignFromBeginning(rd_kafka_t* kafka, const Ends& ends) {
  const KafkaPartitions partitions(
      rd_kafka_topic_partition_list_new(static_cast<int>(ends.size())));
  for (const auto& [place, end] : ends) {
    rd_kafka_topic_partition_list_add(partitions.get(), place.first.c_str(), place.second)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  return KafkaStatus(rd_kafka_assign(kafka, partitions.get()), "assignment of partitions");
}

// Passes a message's record to `visit`. Removes a partition that is read to its end from `ends`.
// The end may be an offset without a record: a transaction marker, or a record of an aborted
// transaction.
absl::Status Take(const rd_kafka_message_t& message, Ends& ends, const Visitor& visit) {
  const bool at_end = message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
  if (!at_end && message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const absl::Status status = KafkaStatus(message.err, "consumer");
    // The library continues by itself once the broker is up again.
    return absl::IsUnavailable(status) ? absl::OkStatus() : status;
  }
  const auto unread = ends.find({rd_kafka_topic_name(message.rkt), message.partition});
  if (unread == ends.end()) return absl::OkStatus();
  if (!at_end && message.offset < unread->second) visit(RecordOf(message));
  if (at_end || message.offset + 1 >= unread->second) ends.erase(unread);
  return absl::OkStatus();
}

absl::Status ReadTo(rd_kafka_t* kafka, Ends& ends, const Visitor& visit, absl::Time deadline) {
  while (!ends.empty()) {
    const Message message(rd_kafka_consumer_poll(kafka, KafkaMilliseconds(deadline - absl::Now())));
    if (message != nullptr) MILLRACE_RETURN_IF_ERROR(Take(*message, ends, visit));
    if (!ends.empty() && absl::Now() >= deadline) {
      const auto& [place, end] = *ends.begin();
      return absl::DeadlineExceededError(
          fmt::format("{}/{} was not read to offset {} in time", place.first, place.second, end));
    }
  }
  return absl::OkStatus();
}

void Sort(const std::vector<std::string>& topics, Records& records) {
  const auto key = [&topics](const KafkaRecord& record) {
    const auto topic = std::find(topics.begin(), topics.end(), record.topic);
    return std::tuple(topic - topics.begin(), record.partition, record.offset);
  };
  std::sort(records.begin(), records.end(),
            [&key](const auto& one, const auto& other) { return key(one) < key(other); });
}

}  // namespace

// Uses a new consumer each time. A consumer that gets the same partitions again may not report that
// it has reached their ends, if the end is a transaction marker.
absl::Status KafkaReader::Visit(const std::vector<std::string>& topics, const Visitor& visit,
                                absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  const KafkaHandle kafka = MustOpen(bootstrap_);
  MILLRACE_ASSIGN_OR_RETURN(Ends ends, AwaitEnds(kafka.get(), topics, deadline));
  if (ends.empty()) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(AssignFromBeginning(kafka.get(), ends));
  const absl::Status status = ReadTo(kafka.get(), ends, visit, deadline);
  MILLRACE_RETURN_IF_ERROR(
      KafkaStatus(rd_kafka_assign(kafka.get(), nullptr), "end of the assignment"));
  return status;
}

absl::StatusOr<Records> KafkaReader::ReadAll(const std::vector<std::string>& topics,
                                             absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    Records records;
    // A consumer that is silent is replaced by another one.
    const absl::Duration attempt = std::max(absl::Seconds(5), (deadline - absl::Now()) / 2);
    const absl::Status status = Visit(
        topics, [&records](KafkaRecord record) { records.push_back(std::move(record)); }, attempt);
    if (absl::IsDeadlineExceeded(status) && absl::Now() < deadline) continue;
    MILLRACE_RETURN_IF_ERROR(status);
    Sort(topics, records);
    return records;
  }
}

absl::StatusOr<Records> KafkaReader::ReadAtLeast(const std::vector<std::string>& topics,
                                                 size_t records_min, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    absl::StatusOr<Records> records = ReadAll(topics, deadline - absl::Now());
    if (!records.ok() && !absl::IsNotFound(records.status())) return records;
    if (records.ok() && records->size() >= records_min) return records;
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError(fmt::format("only {} of {} records arrived in time",
                                                     records.ok() ? records->size() : 0,
                                                     records_min));
    }
    absl::SleepFor(kReaderPollInterval);
  }
}

Records KafkaReader::MustReadAll(const std::vector<std::string>& topics) {
  return ValueOrAbort(ReadAll(topics));
}

Records KafkaReader::MustReadAtLeast(const std::vector<std::string>& topics, size_t records_min) {
  return ValueOrAbort(ReadAtLeast(topics, records_min));
}

}  // namespace millrace::testing
