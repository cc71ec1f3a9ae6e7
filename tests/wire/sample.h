// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/change_writer.h"
#include "wire/transaction.h"

namespace millrace::wire::testing {

// Numbers of millrace.v1.Operation.
enum Operation : uint8_t { kInsert = 1, kUpdate = 2, kDelete = 3, kRead = 4, kSchemaChanged = 6 };

inline std::string TypeUrl() {
  Buffer url;
  PutTypeUrl(url, "t/db.shop.orders");
  return std::string(url.view());
}

// A list of changes, Transaction.changes, with every field that a log stores.
inline std::string SampleChanges() {
  const TableName table{"shop", "orders"};
  const std::string url = TypeUrl();
  Buffer to;
  size_t begin = BeginChange(to, {1});
  PutNames(to, kInsert, table);
  const OpenImage image = BeginImage(to, Image::kAfter, url);
  to.Append("\x08\x05\x12\x03row");
  EndImage(to, image);
  EndChange(to, begin);

  begin = BeginChange(to, {300});
  PutNames(to, kUpdate, table);
  PutImage(to, Image::kBefore, url, "\x08\x05");
  PutImage(to, Image::kAfter, url, std::string(200, 'r'));
  PutUnknownFields(to, Image::kBefore, {2, 300});
  PutUnknownFields(to, Image::kAfter, {4'000'000'000});
  PutText(to, {.field_number = 3, .in_before = true, .charset = "latin1", .value = "\xff"});
  PutText(to, {.field_number = 400, .charset = "sjis", .value = "\x81"});
  PutText(to, {.field_number = 4, .in_before = true, .ambiguous = true, .value = "0"});
  PutText(to, {.field_number = 5, .ambiguous = true, .value = "12"});
  EndChange(to, begin);

  begin = BeginChange(to, {301});
  PutNames(to, kDelete, table);
  PutImage(to, Image::kBefore, url, "\x08\x07");
  EndChange(to, begin);

  begin = BeginChange(to, {uint64_t{1} << 63});
  PutNames(to, kSchemaChanged, {"shop", ""});
  const std::vector<TableName> tables = {{"shop", "a"}, {"shop", "b"}};
  PutSchemaChange(to,
                  {.statement = "DROP TABLE a, b", .default_database = "shop", .tables = tables});
  EndChange(to, begin);
  return std::string(to.view());
}

inline std::string SampleHeader() {
  Buffer to;
  PutHeader({.gtid = "3e11fa47-71ca-11e1-9e33-c80aa9429562:77",
             .commit_time = 1'700'000'000'123'456,
             .server_id = 4'000'000'000,
             .file = "binlog.000042",
             .position = 1377},
            to);
  return std::string(to.view());
}

// SubscribeResponse.transactions: two parts of one transaction.
inline std::string SamplePayload() {
  const std::string changes = SampleChanges();
  std::string payload = TransactionPrefix(SampleHeader(), changes.size(), true) + changes;
  return payload + TransactionPrefix(SampleHeader(), changes.size(), false) + changes;
}

}  // namespace millrace::wire::testing
