// SPDX-License-Identifier: Apache-2.0

#include "model/token.h"

#include <limits>

#include "absl/strings/escaping.h"
#include "base/bytes.h"
#include "base/crc32.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace {
namespace {

// Persistent, see FORMAT.md.
constexpr uint8_t kTokenVersion = 1;
constexpr uint8_t kCatchUpVersion = 2;
constexpr uint8_t kCatchUpTablesVersion = 3;
constexpr size_t kChecksumBytes = 4;
// The largest GTID set that keeps the text within kTokenCharactersMax. In such a token, the other
// fields take at most 40 bytes.
constexpr size_t kGtidBytesMax = kTokenCharactersMax / 4 * 3 - 40;
// The largest list of tables. All other fields, with kPartsMax parts, take less than 1 KiB.
constexpr size_t kTableBytesMax = kTokenCharactersMax / 4 * 3 - 1024;
// One part, and one more for each depth at which it was split.
constexpr size_t kPartsMax = CatchUpPart::kDepthMax + 1;

absl::Status TokenMalformed(std::string_view why) {
  return MakeError(reason::kTokenMalformed,
                   fmt::format("the resume token is malformed ({}): send it exactly as the server "
                               "returned it",
                               why));
}

void AppendCatchUp(const CatchUpPlace& place, std::string& to) {
  AppendLittle64(to, place.patterns_digest);
  AppendLittle64(to, place.tables_digest);
  AppendVarint(to, place.begin.value);
  AppendVarint(to, place.parts.size());
  for (const CatchUpPart& part : place.parts) {
    AppendVarint(to, part.depth);
    AppendVarint(to, part.prefix);
    AppendVarint(to, part.sent.value);
  }
}

// Writes ids and `begin` as differences, most of which are small.
std::string EncodeTables(const CatchUpPlace& place) {
  std::string bytes;
  AppendVarint(bytes, place.tables->size());
  uint32_t id = 0;
  for (const SnapshotTable& table : *place.tables) {
    AppendVarint(bytes, table.table_id - id);
    AppendVarint(bytes, table.begin.value - place.begin.value);
    id = table.table_id;
  }
  return bytes;
}

std::vector<SnapshotTable> ParseTables(const CatchUpPlace& place, ByteReader& reader) {
  std::vector<SnapshotTable> tables;
  const uint64_t count = reader.Varint();
  uint64_t id = 0;
  while (reader.ok() && tables.size() < count) {
    const uint64_t step = reader.Varint();
    const uint64_t after = reader.Varint();
    constexpr uint64_t kIdMax = std::numeric_limits<uint32_t>::max();
    const bool fits = step != 0 && step <= kIdMax - id && after <= ~place.begin.value;
    if (!fits) reader.Fail();
    id += step;
    tables.push_back({.table_id = static_cast<uint32_t>(id), .begin = {place.begin.value + after}});
  }
  return tables;
}

CatchUpPlace ParseCatchUp(ByteReader& reader) {
  CatchUpPlace place;
  place.patterns_digest = reader.Little64();
  place.tables_digest = reader.Little64();
  place.begin.value = reader.Varint();
  const uint64_t count = reader.Varint();
  if (count > kPartsMax) reader.Fail();
  while (reader.ok() && place.parts.size() < count) {
    const uint64_t depth = reader.Varint();
    const uint64_t prefix = reader.Varint();
    const Sequence sent{reader.Varint()};
    if (depth > CatchUpPart::kDepthMax || prefix >> depth != 0) reader.Fail();
    place.parts.push_back({.depth = static_cast<uint32_t>(depth), .prefix = prefix, .sent = sent});
  }
  return place;
}

}  // namespace

std::string Token::ToString() const {
  std::string tables;
  if (catch_up.has_value() && catch_up->tables.has_value()) tables = EncodeTables(*catch_up);
  if (tables.size() > kTableBytesMax) tables.clear();
  std::string bytes;
  bytes.reserve(32 + gtids.size() + tables.size());
  bytes.push_back(static_cast<char>(!catch_up.has_value() ? kTokenVersion
                                    : tables.empty()      ? kCatchUpVersion
                                                          : kCatchUpTablesVersion));
  AppendLittle64(bytes, log_id);
  AppendVarint(bytes, sequence.value);
  AppendVarint(bytes, changes_into_transaction);
  const bool with_gtids = gtids.size() <= kGtidBytesMax && !catch_up.has_value();
  AppendSized(bytes, with_gtids ? std::string_view(gtids) : "");
  if (catch_up.has_value()) AppendCatchUp(*catch_up, bytes);
  bytes.append(tables);
  AppendLittle32(bytes, Crc32(bytes));
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<Token> Token::Parse(std::string_view text) {
  if (text.size() > kTokenCharactersMax) return TokenMalformed("too long");
  std::string bytes;
  // Base64 can encode the same bytes in several ways (padding, white space, unused bits): accept
  // only the text that ToString writes.
  if (!absl::WebSafeBase64Unescape(std::string(text), &bytes) ||
      absl::WebSafeBase64Escape(bytes) != text) {
    return TokenMalformed("not base64");
  }
  if (bytes.size() <= kChecksumBytes) return TokenMalformed("too short");
  const std::string_view body = std::string_view(bytes).substr(0, bytes.size() - kChecksumBytes);
  if (LoadLittle32(bytes.data() + body.size()) != Crc32(body)) {
    return TokenMalformed("bad checksum");
  }
  ByteReader reader(body);
  const uint8_t version = reader.Little8();
  if (version < kTokenVersion || version > kCatchUpTablesVersion) {
    return TokenMalformed("made by another version");
  }
  Token token;
  token.log_id = reader.Little64();
  token.sequence.value = reader.Varint();
  token.changes_into_transaction = reader.Varint();
  token.gtids = reader.Sized();
  if (version != kTokenVersion) token.catch_up = ParseCatchUp(reader);
  if (version == kCatchUpTablesVersion) {
    token.catch_up->tables = ParseTables(*token.catch_up, reader);
  }
  if (!reader.ok() || !reader.empty()) return TokenMalformed("bad fields");
  return token;
}

std::string LogIdText(uint64_t log_id) { return fmt::format("{:016x}", log_id); }

}  // namespace millrace
