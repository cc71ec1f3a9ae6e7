// SPDX-License-Identifier: Apache-2.0

#include "system/kafka/kafka_ledger.h"

#include <functional>

#include "fmt/format.h"
#include "support/kafka_admin.h"
#include "support/value_or_abort.h"

namespace millrace::testing {
namespace {

constexpr size_t kViolationsMax = 10;
constexpr uint64_t kPartsMax = 32;
// Far more changes than any test writes.
constexpr uint64_t kSequenceMax = 1'000'000'000;

uint64_t NumberOf(const KafkaRecord& record, std::string_view name) {
  return std::strtoull(HeaderOf(record, name).c_str(), nullptr, 10);
}

}  // namespace

void KafkaLedger::AddViolation(const KafkaRecord& record, const std::string& what) {
  if (violations_.size() >= kViolationsMax) return;
  violations_.push_back(fmt::format(
      "{}/{} offset {}: change {} part {}: {}", record.topic, record.partition, record.offset,
      HeaderOf(record, "millrace.sequence"), HeaderOf(record, "millrace.part"), what));
}

void KafkaLedger::Add(const KafkaRecord& record) {
  ++records_;
  const RecordId id{NumberOf(record, "millrace.sequence"), NumberOf(record, "millrace.part")};
  if (id.sequence == 0 || id.sequence > kSequenceMax || id.part >= kPartsMax) {
    return AddViolation(record, "the headers name no change");
  }
  if (parts_.size() <= id.sequence) parts_.resize(id.sequence * 3 / 2 + 1);
  const uint32_t bit = uint32_t{1} << id.part;
  if ((parts_[id.sequence] & bit) != 0) AddViolation(record, "is a duplicate");
  parts_[id.sequence] |= bit;
  CheckOrder(record, id);
  CheckPartition(record);
}

void KafkaLedger::CheckOrder(const KafkaRecord& record, RecordId id) {
  RecordId& last = last_[{record.topic, record.partition}];
  if (id <= last) AddViolation(record, fmt::format("comes after change {}", last.sequence));
  last = id;
}

void KafkaLedger::CheckPartition(const KafkaRecord& record) {
  if (!record.key.has_value()) return;
  const uint64_t hash = std::hash<std::string>()(record.topic + '\n' + *record.key);
  const auto [known, is_new] = partitions_.try_emplace(hash, record.partition);
  if (known->second != record.partition) AddViolation(record, "its key was in another partition");
}

std::vector<std::string> KafkaLedger::Violations(uint64_t newest) const {
  std::vector<std::string> violations = violations_;
  for (uint64_t sequence = 1; sequence < std::max(parts_.size(), newest + 1); ++sequence) {
    if (violations.size() >= kViolationsMax) break;
    const uint32_t parts = sequence < parts_.size() ? parts_[sequence] : 0;
    if (sequence > newest && parts != 0) {
      violations.push_back(fmt::format("change {} is not in the log", sequence));
    }
    if (sequence <= newest && (parts == 0 || (parts & (parts + 1)) != 0)) {
      violations.push_back(
          fmt::format("change {} or a part of it is missing, parts: {:b}", sequence, parts));
    }
  }
  return violations;
}

std::string HeaderOf(const KafkaRecord& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return value.value_or("");
  }
  return "";
}

std::vector<std::string> TopicsOfMirror(const std::string& bootstrap, const std::string& prefix) {
  std::vector<std::string> names;
  for (const KafkaTopic& topic : ValueOrAbort(KafkaAdmin(bootstrap).ListTopics())) {
    const bool is_ours = topic.name == prefix || topic.name.starts_with(prefix + ".");
    if (is_ours && topic.name != prefix + ".millrace.position") names.push_back(topic.name);
  }
  return names;
}

}  // namespace millrace::testing
