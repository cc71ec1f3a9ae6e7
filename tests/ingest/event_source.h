// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/crc32.h"
#include "binlog/sample.h"

namespace millrace::ingest {

using binlog::EventType;

// Writes events as a source sends them: each ends where the next one starts, with a checksum.
class EventSource {
 public:
  // For the next event.
  uint32_t timestamp = 1'700'000'000;
  uint16_t flags = 0;

  // An event with `body`; moves the position.
  std::string Event(EventType type, std::string_view body) {
    position_ += Size(body);
    return EventAt(type, body, static_cast<uint32_t>(position_));
  }
  // An event that states this end position; does not move the position.
  std::string EventAt(EventType type, std::string_view body, uint32_t end_position) const {
    std::string bytes;
    AppendLittle32(bytes, timestamp);
    bytes.push_back(static_cast<char>(type));
    AppendLittle32(bytes, 11);
    AppendLittle32(bytes, static_cast<uint32_t>(Size(body)));
    AppendLittle32(bytes, end_position);
    AppendLittle16(bytes, flags);
    bytes.append(body);
    AppendLittle32(bytes, Crc32(bytes));
    return bytes;
  }
  uint64_t position() const { return position_; }
  void set_position(uint64_t position) { position_ = position; }

  // The bytes between header and checksum of a captured event.
  static std::string BodyOf(std::string_view hex) {
    const std::string bytes = binlog::FromHex(hex);
    return bytes.substr(19, bytes.size() - 19 - 4);
  }
  static std::string Query(std::string_view statement, std::string_view database = "b",
                           uint16_t client_charset = 255, uint64_t sql_mode = 0,
                           std::string_view more_status = {}) {
    std::string body;
    AppendLittle32(body, 9);
    AppendLittle32(body, 0);
    body.push_back(static_cast<char>(database.size()));
    AppendLittle16(body, 0);
    AppendLittle16(body, static_cast<uint16_t>(9 + 7 + more_status.size()));
    body.push_back(4);  // Q_CHARSET_CODE
    for (int i = 0; i < 3; ++i) AppendLittle16(body, client_charset);
    body.push_back(1);  // Q_SQL_MODE_CODE
    AppendLittle64(body, sql_mode);
    body.append(more_status);
    body.append(database);
    body.push_back('\0');
    body.append(statement);
    return body;
  }
  // MySQL's Q_UPDATED_DB_NAMES.
  static std::string Databases(const std::vector<std::string>& names) {
    std::string variable(1, '\x0c');
    variable.push_back(static_cast<char>(names.size()));
    for (const std::string& name : names) variable.append(name).push_back('\0');
    return variable;
  }
  // Turns a QUERY into an EXECUTE_LOAD_QUERY.
  static std::string LoadQuery(std::string query) { return query.insert(13, 13, '\0'); }
  static std::string Rotate(std::string_view file, uint64_t position) {
    std::string body;
    AppendLittle64(body, position);
    body.append(file);
    return body;
  }
  // A row of b.small, whose TABLE_MAP was captured with table number 0x58.
  static std::string SmallRow(uint32_t id, std::string_view name) {
    std::string row(1, '\0');
    AppendLittle32(row, id);
    row.push_back(static_cast<char>(name.size()));
    row.append(name);
    return row;
  }
  static std::string SmallRows(std::string_view rows, uint8_t table_id = 0x58) {
    std::string body(1, static_cast<char>(table_id));
    body.append(5, '\0');
    AppendLittle16(body, 1);
    AppendLittle16(body, 2);
    body.append("\x02\x03");
    body.append(rows);
    return body;
  }

 private:
  static size_t Size(std::string_view body) { return 19 + body.size() + 4; }
  uint64_t position_ = 4;
};

}  // namespace millrace::ingest
