// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_envelope.h"

#include "base/version.h"
#include "kafka/debezium_json.h"

namespace millrace::kafka {

DebeziumEnvelope::DebeziumEnvelope(std::string_view connector, std::string_view topic_prefix) {
  source_head_ = "\"source\":{\"version\":";
  AppendJsonString(source_head_, kVersion);
  source_head_ += ",\"connector\":";
  AppendJsonString(source_head_, connector);
  source_head_ += ",\"name\":";
  AppendJsonString(source_head_, topic_prefix);
  source_head_ += ",\"ts_ms\":";
}

void DebeziumEnvelope::AppendSource(const ChangeView& change, SourceKind kind,
                                    std::string_view tables, std::string& to) const {
  const TransactionView& transaction = change.transaction;
  const Micros time = transaction.commit_time;
  to.append(source_head_);
  AppendSigned(to, time / 1000);
  to.append(kind == SourceKind::kSnapshot ? ",\"snapshot\":\"incremental\",\"db\":"
                                          : ",\"snapshot\":\"false\",\"db\":");
  AppendJsonString(to, change.database);
  to.append(",\"sequence\":null,\"ts_us\":");
  AppendSigned(to, time);
  to.append(",\"ts_ns\":");
  AppendSigned(to, time * 1000);
  to.append(",\"table\":");
  if (tables.empty()) {
    to.append("null");
  } else {
    AppendJsonString(to, tables);
  }
  to.append(",\"server_id\":");
  AppendUnsigned(to, transaction.server_id);
  to.append(",\"gtid\":");
  if (transaction.gtid.empty()) {
    to.append("null");
  } else {
    AppendJsonString(to, transaction.gtid);
  }
  to.append(",\"file\":");
  AppendJsonString(to, transaction.file);
  to.append(",\"pos\":");
  AppendUnsigned(to, transaction.position);
  to.append(",\"row\":0,\"thread\":null,\"query\":null}");
}

void DebeziumEnvelope::AppendTransaction(const ChangeView& change, bool with_transaction,
                                         std::string& to) const {
  to.append("\"transaction\":");
  if (!with_transaction) {
    to.append("null");
    return;
  }
  const uint64_t order = change.sequence.value - change.transaction.first.value + 1;
  to.append("{\"id\":");
  AppendTransactionId(change.transaction, to);
  to.append(",\"total_order\":");
  AppendUnsigned(to, order);
  to.append(",\"data_collection_order\":");
  AppendUnsigned(to, order);
  to.push_back('}');
}

void DebeziumEnvelope::AppendTimes(Micros time, std::string& to) {
  to.append("\"ts_ms\":");
  AppendSigned(to, time / 1000);
  to.append(",\"ts_us\":");
  AppendSigned(to, time);
  to.append(",\"ts_ns\":");
  AppendSigned(to, time * 1000);
}

void AppendTransactionId(const TransactionView& transaction, std::string& to) {
  if (!transaction.gtid.empty()) return AppendJsonString(to, transaction.gtid);
  to.append("\"file=");
  AppendEscaped(to, transaction.file);
  to.append(",pos=");
  AppendUnsigned(to, transaction.position);
  to.push_back('"');
}

}  // namespace millrace::kafka
