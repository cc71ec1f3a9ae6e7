// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "support/kafka_record.h"

namespace millrace::testing {

// Checks the records of a mirror like a distrustful consumer: each change occurs once, with all its
// parts, and the changes of a partition, and so of a key, are in order.
class KafkaLedger {
 public:
  // Add the records of each partition in order.
  void Add(const KafkaRecord& record);

  // Describes the first few deviations from a log of changes 1 … `newest`, each with a record.
  std::vector<std::string> Violations(uint64_t newest) const;
  uint64_t records() const { return records_; }

 private:
  struct RecordId {
    uint64_t sequence = 0;
    uint64_t part = 0;
    friend auto operator<=>(const RecordId&, const RecordId&) = default;
  };
  void AddViolation(const KafkaRecord& record, const std::string& what);
  void CheckOrder(const KafkaRecord& record, RecordId id);
  void CheckPartition(const KafkaRecord& record);

  uint64_t records_ = 0;
  std::vector<uint32_t> parts_;  // by sequence, a bit for each part found
  std::map<std::pair<std::string, int32_t>, RecordId> last_;
  // By hash of topic and key; the tables are too small for collisions.
  absl::flat_hash_map<uint64_t, int32_t> partitions_;
  std::vector<std::string> violations_;
};

// The value of a header; empty if there is none.
std::string HeaderOf(const KafkaRecord& record, std::string_view name);

// Topics of the mirror without the topic of its position.
std::vector<std::string> TopicsOfMirror(const std::string& bootstrap, const std::string& prefix);

}  // namespace millrace::testing
