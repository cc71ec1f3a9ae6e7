// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/message.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::client {

// A column of a made-up table.
struct FixtureColumn {
  std::string name;
  uint32_t number = 0;
  google::protobuf::FieldDescriptorProto::Type type =
      google::protobuf::FieldDescriptorProto::TYPE_STRING;
  uint32_t key_ordinal = 0;
  std::string message_type;  // `.google.protobuf.Timestamp`
  bool dropped = false;
};

// `database`.`table` as GetTable returns it, with descriptors and .proto text.
v1::Table MakeTable(const std::string& database, const std::string& table,
                    const std::vector<FixtureColumn>& columns, uint32_t version = 1);

// inventory.customers (id, name, email), the example in the documentation.
v1::Table Customers();

// A row of `table`, parsed from the text format: `id: 7 name: "Anna"`.
google::protobuf::Any MakeRow(const v1::Table& table, const std::string& text);

// A change with rows in text format; an empty text means no row.
v1::Change MakeChange(uint64_t sequence, v1::Operation operation, const v1::Table& table,
                      const std::string& before, const std::string& after);

// A response with one transaction of `changes`.
v1::SubscribeResponse MakeResponse(const std::string& token,
                                   const std::vector<v1::Change>& changes);

// A response with changes for tests that only look at the sequences.
v1::SubscribeResponse Numbered(const std::string& token, const std::vector<uint64_t>& sequences);

}  // namespace millrace::client
