// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/flavour.h"
#include "model/gtid.h"

namespace millrace {

// A set of MySQL transactions: sorted disjoint intervals of numbers for each UUID and tag.
// Grammar of the text: https://dev.mysql.com/doc/refman/8.4/en/replication-gtids-concepts.html
class MysqlGtidSet {
 public:
  // Numbers from `first` to `last`, both included.
  struct Interval {
    uint64_t first;
    uint64_t last;
    friend bool operator==(const Interval&, const Interval&) = default;
  };
  struct Origin {
    std::array<uint8_t, 16> uuid;
    std::string tag;
    friend auto operator<=>(const Origin&, const Origin&) = default;
  };

  // Accepts MySQL's own form and common variants: any order, overlaps, white space, upper case,
  // UUIDs without dashes. Rejects two forms that MySQL ignores: an interval that ends before it
  // begins, and a UUID without numbers. kInvalidArgument, reason GTID_SET_MALFORMED.
  static absl::StatusOr<MysqlGtidSet> Parse(std::string_view text);
  // Makes a set from intervals in any order. Drops origins without intervals.
  // Requires: 1 <= first <= last in each interval.
  static MysqlGtidSet Of(std::map<Origin, std::vector<Interval>> intervals);

  bool empty() const { return intervals_.empty(); }
  bool Contains(const MysqlGtid& gtid) const;
  bool Contains(const MysqlGtidSet& other) const;
  // Takes constant time after the lookup of the origin if `gtid` is the newest of its origin, as it
  // usually is.
  void Add(const MysqlGtid& gtid);
  void Add(const MysqlGtidSet& other);
  // The transactions of this set that are not in `other`.
  MysqlGtidSet Minus(const MysqlGtidSet& other) const;
  // MySQL's form, on one line: origins in order, each UUID once, untagged numbers first:
  // `uuid:1-5:7:tag_a:1-2,uuid:9`.
  std::string ToString() const;
  const std::map<Origin, std::vector<Interval>>& intervals() const { return intervals_; }

  // The form for COM_BINLOG_DUMP_GTID: the old form without tags; the tagged form (8.3+) if the set
  // has a tag.
  std::string EncodeForDump() const;
  friend bool operator==(const MysqlGtidSet&, const MysqlGtidSet&) = default;

 private:
  std::map<Origin, std::vector<Interval>> intervals_;
};

// A position in a MariaDB binlog: the last transaction of each domain. The set also contains all
// earlier transactions of the domain. Text: `0-1-100,1-2-5`.
class MariadbGtidSet {
 public:
  // kInvalidArgument, reason GTID_SET_MALFORMED: not a position, or a domain occurs twice.
  static absl::StatusOr<MariadbGtidSet> Parse(std::string_view text);

  bool empty() const { return last_.empty(); }
  // True if the last transaction of the domain has the number of `gtid` or a higher one. Ignores
  // the server id.
  bool Contains(const MariadbGtid& gtid) const;
  bool Contains(const MariadbGtidSet& other) const;
  // The GTIDs of this set whose domain also occurs in `other`.
  MariadbGtidSet InDomainsOf(const MariadbGtidSet& other) const;
  // Makes `gtid` the last of its domain.
  void Add(const MariadbGtid& gtid);
  std::string ToString() const;
  const std::map<uint32_t, MariadbGtid>& last() const { return last_; }
  friend bool operator==(const MariadbGtidSet&, const MariadbGtidSet&) = default;

 private:
  std::map<uint32_t, MariadbGtid> last_;
};

// A set of either flavour. The default is the empty set without flavour, which every set contains.
class GtidSet {
 public:
  GtidSet() = default;
  explicit GtidSet(MysqlGtidSet set) : mysql_(std::move(set)) {}
  explicit GtidSet(MariadbGtidSet set) : mariadb_(std::move(set)) {}
  // kInvalidArgument, reason GTID_SET_MALFORMED.
  static absl::StatusOr<GtidSet> Parse(Flavour flavour, std::string_view text);

  bool empty() const { return mysql_.empty() && mariadb_.empty(); }
  // A set contains a set of the other flavour only if that one is empty.
  bool Contains(const GtidSet& other) const;
  bool Contains(const MysqlGtid& gtid) const { return mysql_.Contains(gtid); }
  bool Contains(const MariadbGtid& gtid) const { return mariadb_.Contains(gtid); }
  // Requires: the set has no GTIDs of the other flavour.
  void Add(const MysqlGtid& gtid);
  void Add(const MariadbGtid& gtid);
  std::string ToString() const;
  const MysqlGtidSet& mysql() const { return mysql_; }
  const MariadbGtidSet& mariadb() const { return mariadb_; }

  // Compact binary form, used in frames and tokens. The empty set has no bytes. Each set has
  // exactly one form. Persistent: see model/FORMAT.md.
  void AppendBinary(std::string& to) const;
  // Allocates memory in proportion to bytes.size(). kInvalidArgument, reason GTID_SET_MALFORMED:
  // the bytes are not a valid form.
  static absl::StatusOr<GtidSet> FromBinary(std::string_view bytes);
  friend bool operator==(const GtidSet&, const GtidSet&) = default;

 private:
  // At most one of them is not empty.
  MysqlGtidSet mysql_;
  MariadbGtidSet mariadb_;
};

}  // namespace millrace
