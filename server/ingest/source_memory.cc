// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_memory.h"

#include <xxhash.h>

#include "base/bytes.h"

namespace millrace::ingest {
namespace {

// Persistent, see FORMAT.md.
constexpr uint8_t kVersion = 1;

void AppendLast(std::string& to, const LastTransaction& last) {
  AppendSized(to, last.server);
  AppendSized(to, last.place.file);
  AppendVarint(to, last.place.offset);
  AppendSized(to, last.gtid);
  AppendSized(to, last.gtid_before);
  AppendVarint(to, static_cast<uint64_t>(last.commit_time));
  to.push_back(static_cast<char>(last.content.kind));
  to.push_back(last.content.whole ? 1 : 0);
  AppendVarint(to, last.content.bytes);
  AppendLittle64(to, last.content.shape);
  AppendLittle64(to, last.content.ordered);
  AppendLittle64(to, last.content.unordered);
}

LastTransaction ReadLast(ByteReader& reader) {
  LastTransaction last;
  last.server = reader.Sized();
  last.place.file = reader.Sized();
  last.place.offset = reader.Varint();
  last.gtid = reader.Sized();
  last.gtid_before = reader.Sized();
  last.commit_time = static_cast<Micros>(reader.Varint());
  last.content.kind = static_cast<ContentDigest::Kind>(reader.Little8());
  last.content.whole = reader.Little8() != 0;
  last.content.bytes = static_cast<uint32_t>(reader.Varint());
  last.content.shape = reader.Little64();
  last.content.ordered = reader.Little64();
  last.content.unordered = reader.Little64();
  return last;
}

}  // namespace

std::string SourceMemory::ToBinary(std::string_view position) const {
  std::string bytes(1, static_cast<char>(kVersion));
  AppendLittle64(bytes, XXH3_64bits(position.data(), position.size()));
  AppendSized(bytes, server);
  AppendSized(bytes, file);
  AppendLittle32(bytes, file_created);
  bytes.push_back(last.has_value() ? 1 : 0);
  if (last.has_value()) AppendLast(bytes, *last);
  return bytes;
}

SourceMemory SourceMemory::FromBinary(std::string_view bytes, std::string_view position) {
  ByteReader reader(bytes);
  if (reader.Little8() != kVersion) return {};
  if (reader.Little64() != XXH3_64bits(position.data(), position.size())) return {};
  SourceMemory memory;
  memory.server = reader.Sized();
  memory.file = reader.Sized();
  memory.file_created = reader.Little32();
  if (reader.Little8() != 0) memory.last = ReadLast(reader);
  return reader.ok() && reader.empty() ? memory : SourceMemory();
}

std::string ServerName(const ServerInfo& server) {
  return server.flavour == Flavour::kMysql ? server.server_uuid : std::to_string(server.server_id);
}

}  // namespace millrace::ingest
