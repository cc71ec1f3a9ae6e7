// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kafka/debezium_values.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// Schemas of Kafka Connect in JSON, as its JsonConverter writes them beside a payload.

struct SchemaField {
  const schema::Column* column = nullptr;
  const ColumnForm* form = nullptr;
};

// Of the key of a table's records, whose topic is `topic`.
std::string KeySchema(const std::vector<SchemaField>& fields, std::string_view topic);
// Of their values: Debezium's envelope. `connector`: name of Debezium's connector.
std::string EnvelopeSchema(const std::vector<SchemaField>& fields, std::string_view topic,
                           std::string_view connector);

// Of records that are of no table.
std::string SchemaChangeKeySchema(std::string_view connector);
std::string SchemaChangeValueSchema(std::string_view connector);
std::string TransactionKeySchema();
std::string TransactionValueSchema();
std::string HeartbeatKeySchema();
std::string HeartbeatValueSchema();

}  // namespace millrace::kafka
