// SPDX-License-Identifier: Apache-2.0

#include <cstring>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/malformed.h"
#include "binlog/serialized.h"
#include "model/gtid_text.h"

// https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Gtid__event.html
namespace millrace::binlog {
namespace {

bool IsValidNumber(uint64_t number) { return number >= 1 && number <= kMysqlGtidNumberMax; }

// Two commit times of 55 bits in 7 bytes each. The second follows only if the top bit of the first
// is set.
void ReadCommitTimes(ByteReader& reader, MysqlGtidEvent& gtid) {
  constexpr unsigned kTimeSize = 7;
  constexpr uint64_t kOriginalFollows = uint64_t{1} << 55;
  const uint64_t immediate = reader.Little(kTimeSize);
  gtid.immediate_commit_time = static_cast<Micros>(immediate & ~kOriginalFollows);
  gtid.original_commit_time = (immediate & kOriginalFollows) != 0
                                  ? static_cast<Micros>(reader.Little(kTimeSize))
                                  : gtid.immediate_commit_time;
}

absl::StatusOr<MysqlGtidEvent> ParseUntagged(const Event& event) {
  ByteReader reader(event.body);
  MysqlGtidEvent gtid;
  reader.Skip(1);  // flags
  const std::string_view uuid = reader.Bytes(16);
  const uint64_t number = reader.Little64();
  // MySQL 5.6 ends here, 5.7 after the logical times, 8.0.1 after the commit times.
  if (!reader.empty()) reader.Skip(1 + 8 + 8);
  if (!reader.empty()) ReadCommitTimes(reader, gtid);
  if (!reader.empty()) gtid.transaction_size = reader.LengthEncoded();
  if (!reader.ok()) return EventTruncated(event.header, "ends inside its fields");
  if (event.header.type == EventType::kAnonymousGtid) return gtid;
  if (!IsValidNumber(number)) return EventTruncated(event.header, "has an invalid number");
  gtid.gtid.emplace();
  std::memcpy(gtid.gtid->uuid.data(), uuid.data(), uuid.size());
  gtid.gtid->number = number;
  return gtid;
}

// Fields of GTID_TAGGED.
enum TaggedField : uint64_t {
  kFlags = 0,
  kUuid = 1,
  kNumber = 2,
  kTag = 3,
  kLastCommitted = 4,
  kSequenceNumber = 5,
  kImmediateCommitTime = 6,
  kOriginalCommitTime = 7,
  kTransactionSize = 8,
  kImmediateServerVersion = 9,
  kOriginalServerVersion = 10,
  kCommitGroupTicket = 11,
};

void ReadTag(ByteReader& reader, std::string& tag) {
  const uint64_t size = ReadSerializedUnsigned(reader);
  if (size > kMysqlTagCharactersMax) return reader.Fail();
  tag = reader.Bytes(size);
}

void ReadUuid(ByteReader& reader, std::array<uint8_t, 16>& uuid) {
  for (uint8_t& byte : uuid) {
    const uint64_t value = ReadSerializedUnsigned(reader);
    if (value > 0xff) return reader.Fail();
    byte = static_cast<uint8_t>(value);
  }
}

// False if the field is unknown.
bool ReadTaggedField(uint64_t field, ByteReader& reader, MysqlGtid& gtid, MysqlGtidEvent& event) {
  switch (field) {
    case kUuid:
      ReadUuid(reader, gtid.uuid);
      return true;
    case kNumber:
      gtid.number = static_cast<uint64_t>(ReadSerializedSigned(reader));
      return true;
    case kTag:
      ReadTag(reader, gtid.tag);
      return true;
    case kImmediateCommitTime:
      event.immediate_commit_time = static_cast<Micros>(ReadSerializedUnsigned(reader));
      event.original_commit_time = event.immediate_commit_time;
      return true;
    case kOriginalCommitTime:
      event.original_commit_time = static_cast<Micros>(ReadSerializedUnsigned(reader));
      return true;
    case kTransactionSize:
      event.transaction_size = ReadSerializedUnsigned(reader);
      return true;
    case kFlags:
    case kLastCommitted:
    case kSequenceNumber:
    case kImmediateServerVersion:
    case kOriginalServerVersion:
    case kCommitGroupTicket:
      ReadSerializedUnsigned(reader);
      return true;
    default:
      return false;
  }
}

absl::StatusOr<MysqlGtidEvent> ParseTagged(const Event& event) {
  MysqlGtid gtid;
  MysqlGtidEvent parsed;
  absl::StatusOr<SerializedMessage> message = OpenSerialized(event);
  MILLRACE_RETURN_IF_ERROR(message.status());
  ByteReader& reader = message->fields;
  while (reader.ok() && !reader.empty()) {
    const uint64_t field = ReadSerializedUnsigned(reader);
    if (ReadTaggedField(field, reader, gtid, parsed)) continue;
    if (field > message->last_required_field) break;
    return KindUnsupported(
        "a GTID_TAGGED event has a field of a newer server that must not be skipped");
  }
  if (!reader.ok() || !IsValidNumber(gtid.number)) {
    return EventTruncated(event.header, "ends inside its fields");
  }
  parsed.gtid = std::move(gtid);
  return parsed;
}

}  // namespace

absl::StatusOr<MysqlGtidEvent> ParseMysqlGtid(const Event& event) {
  return event.header.type == EventType::kGtidTagged ? ParseTagged(event) : ParseUntagged(event);
}

}  // namespace millrace::binlog
