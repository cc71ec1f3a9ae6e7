// SPDX-License-Identifier: Apache-2.0

#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/malformed.h"
#include "binlog/serialized.h"
#include "model/gtid_text.h"

namespace millrace::binlog {
namespace {

using Intervals = std::map<MysqlGtidSet::Origin, std::vector<MysqlGtidSet::Interval>>;

// Whether tags follow the UUIDs, and how many origins there are.
struct SetHead {
  bool tagged = false;
  uint64_t origins = 0;
};

// Eight bytes, little endian. Without tags: the count, with a top byte of 0. With tags (8.3+): the
// top and the lowest byte are 1, and the count is between them.
SetHead ReadSetHead(ByteReader& reader) {
  constexpr uint64_t kTagged = 1;
  const uint64_t head = reader.Little64();
  const uint64_t form = head >> 56;
  if (form > kTagged || (form == kTagged && (head & 0xff) != kTagged)) reader.Fail();
  if (form == kTagged) return {true, head >> 8 & 0xffffffffffff};
  return {false, head};
}

MysqlGtidSet::Origin ReadOrigin(ByteReader& reader, bool tagged) {
  MysqlGtidSet::Origin origin;
  const std::string_view uuid = reader.Bytes(origin.uuid.size());
  if (!reader.ok()) return origin;
  std::memcpy(origin.uuid.data(), uuid.data(), uuid.size());
  if (!tagged) return origin;
  const uint64_t tag_size = ReadSerializedUnsigned(reader);
  if (tag_size > kMysqlTagCharactersMax) reader.Fail();
  origin.tag = reader.Bytes(tag_size);
  return origin;
}

void ReadIntervals(ByteReader& reader, std::vector<MysqlGtidSet::Interval>& intervals) {
  for (uint64_t left = reader.Little64(); left > 0 && reader.ok(); --left) {
    const uint64_t first = reader.Little64();
    const uint64_t after = reader.Little64();
    if (first == 0 || after <= first || after - 1 > kMysqlGtidNumberMax) return reader.Fail();
    intervals.push_back({first, after - 1});
  }
}

absl::StatusOr<GtidSet> ParseMysql(const Event& event) {
  ByteReader reader(event.body);
  const SetHead head = ReadSetHead(reader);
  Intervals intervals;
  for (uint64_t left = head.origins; left > 0 && reader.ok(); --left) {
    MysqlGtidSet::Origin origin = ReadOrigin(reader, head.tagged);
    ReadIntervals(reader, intervals[std::move(origin)]);
  }
  if (!reader.ok()) return EventTruncated(event.header, "ends inside its intervals");
  return GtidSet(MysqlGtidSet::Of(std::move(intervals)));
}

// https://mariadb.com/kb/en/gtid_list_event/
absl::StatusOr<GtidSet> ParseMariadb(const Event& event) {
  constexpr uint32_t kCountMask = 0x0fffffff;  // the bits above are flags
  ByteReader reader(event.body);
  MariadbGtidSet set;
  for (uint32_t left = reader.Little32() & kCountMask; left > 0 && reader.ok(); --left) {
    MariadbGtid gtid;
    gtid.domain = reader.Little32();
    gtid.server_id = reader.Little32();
    gtid.number = reader.Little64();
    // A domain has one entry for each server that wrote to it, the newest last.
    if (reader.ok()) set.Add(gtid);
  }
  if (!reader.ok()) return EventTruncated(event.header, "ends inside its list");
  return GtidSet(std::move(set));
}

}  // namespace

absl::StatusOr<GtidSet> ParsePreviousGtids(const Event& event) {
  return event.header.type == EventType::kMariadbGtidList ? ParseMariadb(event) : ParseMysql(event);
}

}  // namespace millrace::binlog
