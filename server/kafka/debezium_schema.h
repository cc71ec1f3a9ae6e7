// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kafka/debezium_values.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// Kafka Connect's schemas in JSON, as its JsonConverter writes them beside a payload.

struct SchemaField {
  const schema::Column* column = nullptr;
  const ColumnForm* form = nullptr;
};

// Schema of the keys of a table's records, which go to `topic`.
std::string KeySchema(const std::vector<SchemaField>& fields, std::string_view topic);
// Schema of their values, Debezium's envelope. `connector`: name of Debezium's connector.
std::string EnvelopeSchema(const std::vector<SchemaField>& fields, std::string_view topic,
                           std::string_view connector);

// Schemas of the records without rows.
std::string SchemaChangeKeySchema(std::string_view connector);
std::string SchemaChangeValueSchema(std::string_view connector);
std::string TransactionKeySchema();
std::string TransactionValueSchema();
std::string HeartbeatKeySchema();
std::string HeartbeatValueSchema();

}  // namespace millrace::kafka
