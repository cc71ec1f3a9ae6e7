// SPDX-License-Identifier: Apache-2.0

#include "model/gtid_set.h"

#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"
#include "model/gtid_text.h"

namespace millrace {
namespace {

// First byte of the binary form. Persistent: do not renumber.
enum BinaryKind : uint8_t { kMysqlIntervals = 1, kMariadbLast = 2 };

absl::Status BinaryMalformed() {
  return MakeError(reason::kGtidSetMalformed, "not the binary form of a GTID set");
}

bool IsTag(std::string_view tag) {
  GtidScanner scanner(tag);
  // The scanner converts to lower case and skips space; a stored tag must not need either.
  return tag.empty() || (scanner.Tag() == tag && scanner.AtEnd());
}

// Reads the intervals of one origin. Fails the reader if a number is out of range.
void ReadIntervals(ByteReader& reader, std::vector<MysqlGtidSet::Interval>& to) {
  uint64_t end = 0;
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    const uint64_t gap = reader.Varint();
    const uint64_t more = reader.Varint();
    if (gap == 0 || gap > kMysqlGtidNumberMax - end) return reader.Fail();
    const uint64_t first = end + gap;
    if (more > kMysqlGtidNumberMax - first) return reader.Fail();
    to.push_back({first, first + more});
    end = std::min(first + more + 1, kMysqlGtidNumberMax);
  }
}

absl::StatusOr<GtidSet> ReadMysql(ByteReader reader) {
  std::map<MysqlGtidSet::Origin, std::vector<MysqlGtidSet::Interval>> intervals;
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    MysqlGtidSet::Origin origin;
    const std::string_view uuid = reader.Bytes(origin.uuid.size());
    const std::string_view tag = reader.Sized();
    if (!reader.ok() || !IsTag(tag)) return BinaryMalformed();
    std::memcpy(origin.uuid.data(), uuid.data(), uuid.size());
    origin.tag = tag;
    ReadIntervals(reader, intervals[std::move(origin)]);
  }
  if (!reader.ok()) return BinaryMalformed();
  return GtidSet(MysqlGtidSet::Of(std::move(intervals)));
}

absl::StatusOr<GtidSet> ReadMariadb(ByteReader reader) {
  constexpr uint64_t kMax32 = std::numeric_limits<uint32_t>::max();
  MariadbGtidSet set;
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    const uint64_t domain = reader.Varint();
    const uint64_t server_id = reader.Varint();
    const uint64_t number = reader.Varint();
    if (!reader.ok() || domain > kMax32 || server_id > kMax32) return BinaryMalformed();
    set.Add({static_cast<uint32_t>(domain), static_cast<uint32_t>(server_id), number});
  }
  if (!reader.ok()) return BinaryMalformed();
  return GtidSet(std::move(set));
}

absl::StatusOr<GtidSet> ReadBinary(std::string_view bytes) {
  ByteReader reader(bytes);
  switch (reader.Little8()) {
    case kMysqlIntervals:
      return ReadMysql(reader);
    case kMariadbLast:
      return ReadMariadb(reader);
    default:
      return BinaryMalformed();
  }
}

void AppendMysql(std::string& to, const MysqlGtidSet& set) {
  AppendVarint(to, set.intervals().size());
  for (const auto& [origin, intervals] : set.intervals()) {
    to.append(reinterpret_cast<const char*>(origin.uuid.data()), origin.uuid.size());
    AppendSized(to, origin.tag);
    AppendVarint(to, intervals.size());
    uint64_t end = 0;
    for (const MysqlGtidSet::Interval& interval : intervals) {
      AppendVarint(to, interval.first - end);
      AppendVarint(to, interval.last - interval.first);
      end = interval.last + 1;
    }
  }
}

}  // namespace

absl::StatusOr<GtidSet> GtidSet::Parse(Flavour flavour, std::string_view text) {
  if (flavour == Flavour::kMysql) {
    MILLRACE_ASSIGN_OR_RETURN(MysqlGtidSet set, MysqlGtidSet::Parse(text));
    return GtidSet(std::move(set));
  }
  MILLRACE_ASSIGN_OR_RETURN(MariadbGtidSet set, MariadbGtidSet::Parse(text));
  return GtidSet(std::move(set));
}

bool GtidSet::Contains(const GtidSet& other) const {
  return mysql_.Contains(other.mysql_) && mariadb_.Contains(other.mariadb_);
}

void GtidSet::Add(const MysqlGtid& gtid) {
  MILLRACE_CHECK(mariadb_.empty());
  mysql_.Add(gtid);
}

void GtidSet::Add(const MariadbGtid& gtid) {
  MILLRACE_CHECK(mysql_.empty());
  mariadb_.Add(gtid);
}

std::string GtidSet::ToString() const {
  return mysql_.empty() ? mariadb_.ToString() : mysql_.ToString();
}

void GtidSet::AppendBinary(std::string& to) const {
  if (!mysql_.empty()) {
    to.push_back(kMysqlIntervals);
    AppendMysql(to, mysql_);
  } else if (!mariadb_.empty()) {
    to.push_back(kMariadbLast);
    AppendVarint(to, mariadb_.last().size());
    for (const auto& [domain, gtid] : mariadb_.last()) {
      AppendVarint(to, domain);
      AppendVarint(to, gtid.server_id);
      AppendVarint(to, gtid.number);
    }
  }
}

absl::StatusOr<GtidSet> GtidSet::FromBinary(std::string_view bytes) {
  if (bytes.empty()) return GtidSet();
  MILLRACE_ASSIGN_OR_RETURN(GtidSet set, ReadBinary(bytes));
  // Each set has exactly one form: reject any other, such as unordered or empty lists.
  std::string form;
  set.AppendBinary(form);
  if (form != bytes) return BinaryMalformed();
  return set;
}

}  // namespace millrace
