// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "kafka/change_view.h"

namespace millrace::kafka {

// Which rows a source block speaks of.
enum class SourceKind {
  kStream,
  kSnapshot,  // read while changes went on: Debezium's incremental snapshot
};

// The parts of Debezium's envelope that tell where a change comes from. Not thread-safe.
class DebeziumEnvelope {
 public:
  DebeziumEnvelope(std::string_view connector, std::string_view topic_prefix);

  // Appends `"source":{…}`. `tables`: names without database, joined by commas; empty: of none.
  void AppendSource(const ChangeView& change, SourceKind kind, std::string_view tables,
                    std::string& to) const;
  // Appends `"transaction":null`, or the block if `with_transaction`.
  void AppendTransaction(const ChangeView& change, bool with_transaction, std::string& to) const;
  // Appends `"ts_ms":…,"ts_us":…,"ts_ns":…`, of the commit.
  static void AppendTimes(Micros time, std::string& to);

 private:
  std::string source_head_;  // up to the time
};

// Appends what Debezium calls the id of a transaction, as a JSON string.
void AppendTransactionId(const TransactionView& transaction, std::string& to);

}  // namespace millrace::kafka
