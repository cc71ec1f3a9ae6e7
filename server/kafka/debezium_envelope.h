// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "kafka/change_view.h"

namespace millrace::kafka {

// Where the rows of a source block come from.
enum class SourceKind {
  kStream,
  kSnapshot,  // read beside the stream: Debezium's incremental snapshot
};

// Writes the parts of Debezium's envelope that describe the origin of a change. Not thread-safe.
class DebeziumEnvelope {
 public:
  DebeziumEnvelope(std::string_view connector, std::string_view topic_prefix);

  // Appends `"source":{…}`. `tables`: names without database, joined by commas; may be empty.
  void AppendSource(const ChangeView& change, SourceKind kind, std::string_view tables,
                    std::string& to) const;
  // Appends `"transaction":null`, or the block if `with_transaction`.
  void AppendTransaction(const ChangeView& change, bool with_transaction, std::string& to) const;
  // Appends `"ts_ms":…,"ts_us":…,"ts_ns":…`, of the commit.
  static void AppendTimes(Micros time, std::string& to);

 private:
  std::string source_head_;  // up to the time
};

// Appends Debezium's id of a transaction, as a JSON string.
void AppendTransactionId(const TransactionView& transaction, std::string& to);

}  // namespace millrace::kafka
