// SPDX-License-Identifier: Apache-2.0

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/malformed.h"

// https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Query__event.html
namespace millrace::binlog {
namespace {

// Status variables: session settings that a replica has to adopt. MariaDB's own start at 128.
enum StatusCode : uint8_t {
  kFlags2 = 0,
  kSqlMode = 1,
  kCatalogOld = 2,
  kAutoIncrement = 3,
  kCharset = 4,
  kTimeZone = 5,
  kCatalog = 6,
  kMonthNames = 7,
  kCharsetDatabase = 8,
  kTableMapForUpdate = 9,
  kMasterDataWritten = 10,
  kInvoker = 11,
  kUpdatedDatabases = 12,
  kMicroseconds = 13,
  kExplicitDefaultsForTimestamp = 16,
  kDdlXid = 17,
  kDefaultCollationForUtf8mb4 = 18,
  kSqlRequirePrimaryKey = 19,
  kDefaultTableEncryption = 20,
  kMariadbMicroseconds = 128,
  kMariadbXid = 129,
  kMariadbGtidFlags = 130,
};

// kTooMany: there are too many databases to list, or foreign keys refer to one of the tables.
void ReadUpdatedDatabases(ByteReader& reader, Query& query) {
  constexpr uint8_t kTooMany = 254;
  const uint8_t count = reader.Little8();
  if (count == kTooMany) return;
  const std::string_view all = reader.rest();
  for (unsigned i = 0; i < count && reader.ok(); ++i) {
    const size_t size = reader.rest().find('\0');
    if (size == std::string_view::npos) return reader.Fail();
    reader.Skip(size + 1);
  }
  query.databases = all.substr(0, all.size() - reader.rest().size());
}

void SkipMariadbGtidFlags(ByteReader& reader) {
  constexpr uint8_t kCommitOrRollbackAlter = 4 | 8;
  if ((reader.Little8() & kCommitOrRollbackAlter) != 0) reader.Skip(8);
}

// Reads one variable. False: `code` is unknown, and so is its length. The caller has to stop.
bool ReadStatusVariable(uint8_t code, ByteReader& reader, Query& query) {
  switch (code) {
    case kSqlMode:
      query.sql_mode = reader.Little64();
      return true;
    case kCharset:
      query.client_charset = reader.Little16();
      reader.Skip(4);  // collations of the connection and the server
      return true;
    case kMicroseconds:
    case kMariadbMicroseconds:
      query.microseconds = reader.Little24();
      return true;
    case kExplicitDefaultsForTimestamp:
    case kSqlRequirePrimaryKey:
    case kDefaultTableEncryption:
      reader.Skip(1);
      return true;
    case kMonthNames:
    case kCharsetDatabase:
    case kDefaultCollationForUtf8mb4:
      reader.Skip(2);
      return true;
    case kFlags2:
    case kAutoIncrement:
    case kMasterDataWritten:
      reader.Skip(4);
      return true;
    case kTableMapForUpdate:
    case kDdlXid:
    case kMariadbXid:
      reader.Skip(8);
      return true;
    case kCatalogOld:
      reader.Skip(size_t{reader.Little8()} + 1);
      return true;
    case kTimeZone:
    case kCatalog:
      reader.Skip(reader.Little8());
      return true;
    case kInvoker:
      reader.Skip(reader.Little8());
      reader.Skip(reader.Little8());
      return true;
    case kUpdatedDatabases:
      ReadUpdatedDatabases(reader, query);
      return true;
    case kMariadbGtidFlags:
      SkipMariadbGtidFlags(reader);
      return true;
    default:
      return false;
  }
}

bool ReadStatusVariables(ByteReader reader, Query& query) {
  while (reader.ok() && !reader.empty()) {
    if (!ReadStatusVariable(reader.Little8(), reader, query)) break;
  }
  return reader.ok();
}

// `extra`: bytes between the fixed part and the status variables.
absl::StatusOr<Query> Parse(const Event& event, size_t extra) {
  ByteReader reader(event.body);
  Query query;
  query.thread_id = reader.Little32();
  reader.Skip(4);  // seconds the statement took
  const uint8_t database_size = reader.Little8();
  reader.Skip(2);  // error of the statement
  const uint16_t status_size = reader.Little16();
  reader.Skip(extra);
  const std::string_view status_variables = reader.Bytes(status_size);
  query.database = reader.Bytes(database_size);
  if (reader.Little8() != 0) reader.Fail();  // the NUL after the database's name
  query.statement = reader.rest();
  if (!reader.ok()) return EventTruncated(event.header, "ends before its statement");
  if (!ReadStatusVariables(ByteReader(status_variables), query)) {
    return EventTruncated(event.header, "has truncated status variables");
  }
  return query;
}

}  // namespace

absl::StatusOr<Query> ParseQuery(const Event& event) { return Parse(event, 0); }

absl::StatusOr<Query> ParseLoadQuery(const Event& event) {
  // Number of the file, two offsets, how to handle duplicates.
  constexpr size_t kFileFieldsSize = 4 + 4 + 4 + 1;
  return Parse(event, kFileFieldsSize);
}

std::string_view StatementOf(const Event& event) {
  constexpr size_t kDatabaseSizeAt = 8;
  constexpr size_t kStatusSizeAt = 11;
  constexpr size_t kFixedSize = 13;
  const std::string_view body = event.body;
  if (body.size() < kFixedSize) return {};
  const size_t nul = kFixedSize + LoadLittle16(body.data() + kStatusSizeAt) +
                     static_cast<uint8_t>(body[kDatabaseSizeAt]);
  if (nul >= body.size() || body[nul] != '\0') return {};
  return body.substr(nul + 1);
}

}  // namespace millrace::binlog
