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

// `database`.`table` as GetTable gives it, with descriptors and .proto text.
v1::Table MakeTable(const std::string& database, const std::string& table,
                    const std::vector<FixtureColumn>& columns, uint32_t version = 1);

// inventory.customers (id, name, email): the example of the documentation.
v1::Table Customers();

// A row of `table` from the text form of its message: `id: 7 name: "Anna"`.
google::protobuf::Any MakeRow(const v1::Table& table, const std::string& text);

// A change with the row texts it has; an empty one is absent.
v1::Change MakeChange(uint64_t sequence, v1::Operation operation, const v1::Table& table,
                      const std::string& before, const std::string& after);

// A response with one transaction of `changes`.
v1::SubscribeResponse MakeResponse(const std::string& token,
                                   const std::vector<v1::Change>& changes);

// The same for changes of which only the sequence matters.
v1::SubscribeResponse Numbered(const std::string& token, const std::vector<uint64_t>& sequences);

}  // namespace millrace::client
