// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "model/gtid_set.h"
#include "model/gtid_text.h"

namespace millrace {
namespace {

using Interval = MysqlGtidSet::Interval;
using Intervals = std::vector<Interval>;
using IntervalsByOrigin = std::map<MysqlGtidSet::Origin, Intervals>;

// Whether `next` overlaps `interval` or follows it without a gap.
// Requires: next.first >= interval.first.
bool Joins(const Interval& interval, const Interval& next) {
  return next.first <= interval.last || next.first - interval.last == 1;
}

// Sorts and merges all intervals at once: one by one would be quadratic for a hostile text.
void Normalize(Intervals& intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.first < b.first; });
  size_t kept = 0;
  for (const Interval& interval : intervals) {
    if (kept > 0 && Joins(intervals[kept - 1], interval)) {
      intervals[kept - 1].last = std::max(intervals[kept - 1].last, interval.last);
    } else {
      intervals[kept++] = interval;
    }
  }
  intervals.resize(kept);
}

// The first interval that ends at or after `number`.
template <typename List>
auto FirstEndingAtOrAfter(List& intervals, uint64_t number) {
  return std::lower_bound(
      intervals.begin(), intervals.end(), number,
      [](const Interval& interval, uint64_t wanted) { return interval.last < wanted; });
}

bool ContainsAll(const Intervals& held, const Intervals& wanted) {
  auto at = held.begin();
  for (const Interval& interval : wanted) {
    while (at != held.end() && at->last < interval.first) ++at;
    if (at == held.end() || at->first > interval.first || at->last < interval.last) return false;
  }
  return true;
}

Intervals Difference(const Intervals& from, const Intervals& taken) {
  Intervals left;
  auto at = taken.begin();
  for (Interval rest : from) {
    while (at != taken.end() && at->last < rest.first) ++at;
    bool gone = false;
    // `at` stays at the last interval of `taken` that overlaps: it can overlap the next one of
    // `from`.
    for (auto cut = at; cut != taken.end() && cut->first <= rest.last; ++cut) {
      if (cut->first > rest.first) left.push_back({rest.first, cut->first - 1});
      gone = cut->last >= rest.last;
      if (gone) break;
      rest.first = cut->last + 1;
      at = cut;
    }
    if (!gone) left.push_back(rest);
  }
  return left;
}

absl::StatusOr<Interval> ParseInterval(std::string_view text, GtidScanner& scanner) {
  const auto first = scanner.Number({1, kMysqlGtidNumberMax});
  if (!first.has_value()) {
    return GtidMalformed(text, scanner.offset(), "a tag, or a number from 1 to 2^63-2");
  }
  if (!scanner.Take('-')) return Interval{*first, *first};
  const auto last = scanner.Number({*first, kMysqlGtidNumberMax});
  if (!last.has_value()) {
    return GtidMalformed(text, scanner.offset(), "a number that ends the interval");
  }
  return Interval{*first, *last};
}

// Parses `uuid:1-5:7:tag:3-9`. Numbers after a tag belong to the tag.
absl::Status ParseGroup(std::string_view text, GtidScanner& scanner, IntervalsByOrigin& to) {
  const auto uuid = scanner.Uuid();
  if (!uuid.has_value()) return GtidMalformed(text, scanner.offset(), "a UUID");
  if (!scanner.Take(':')) return GtidMalformed(text, scanner.offset(), "':'");
  MysqlGtidSet::Origin origin{*uuid, {}};
  Intervals* intervals = nullptr;
  do {
    if (auto tag = scanner.Tag()) {
      origin.tag = *std::move(tag);
      intervals = nullptr;
      if (!scanner.Take(':')) return GtidMalformed(text, scanner.offset(), "':'");
    }
    MILLRACE_ASSIGN_OR_RETURN(const Interval interval, ParseInterval(text, scanner));
    if (intervals == nullptr) intervals = &to[origin];
    intervals->push_back(interval);
  } while (scanner.Take(':'));
  return absl::OkStatus();
}

void AppendIntervals(std::string& to, const Intervals& intervals) {
  for (const Interval& interval : intervals) {
    to.push_back(':');
    AppendDecimal(to, interval.first);
    if (interval.last == interval.first) continue;
    to.push_back('-');
    AppendDecimal(to, interval.last);
  }
}

}  // namespace

absl::StatusOr<MysqlGtidSet> MysqlGtidSet::Parse(std::string_view text) {
  GtidScanner scanner(text);
  IntervalsByOrigin intervals;
  while (scanner.Take(',')) continue;
  while (!scanner.AtEnd()) {
    MILLRACE_RETURN_IF_ERROR(ParseGroup(text, scanner, intervals));
    // MySQL allows empty elements between commas.
    bool separated = scanner.AtEnd();
    while (scanner.Take(',')) separated = true;
    if (!separated) return GtidMalformed(text, scanner.offset(), "',' or ':'");
  }
  return Of(std::move(intervals));
}

MysqlGtidSet MysqlGtidSet::Of(std::map<Origin, std::vector<Interval>> intervals) {
  MysqlGtidSet set;
  set.intervals_ = std::move(intervals);
  std::erase_if(set.intervals_, [](const auto& entry) { return entry.second.empty(); });
  for (auto& [origin, list] : set.intervals_) Normalize(list);
  return set;
}

bool MysqlGtidSet::Contains(const MysqlGtid& gtid) const {
  const auto found = intervals_.find({gtid.uuid, gtid.tag});
  if (found == intervals_.end()) return false;
  const auto at = FirstEndingAtOrAfter(found->second, gtid.number);
  return at != found->second.end() && at->first <= gtid.number;
}

bool MysqlGtidSet::Contains(const MysqlGtidSet& other) const {
  return std::all_of(other.intervals_.begin(), other.intervals_.end(), [this](const auto& entry) {
    const auto found = intervals_.find(entry.first);
    return found != intervals_.end() && ContainsAll(found->second, entry.second);
  });
}

void MysqlGtidSet::Add(const MysqlGtid& gtid) {
  Intervals& intervals = intervals_[{gtid.uuid, gtid.tag}];
  const Interval added{gtid.number, gtid.number};
  if (intervals.empty() || intervals.back().last < gtid.number) {
    if (!intervals.empty() && Joins(intervals.back(), added)) {
      intervals.back().last = gtid.number;
    } else {
      intervals.push_back(added);
    }
    return;
  }
  const auto at = FirstEndingAtOrAfter(intervals, gtid.number);
  if (at->first <= gtid.number) return;
  const bool joins_next = Joins(added, *at);
  const bool joins_previous = at != intervals.begin() && Joins(at[-1], added);
  if (joins_next && joins_previous) {
    at[-1].last = at->last;
    intervals.erase(at);
  } else if (joins_next) {
    at->first = gtid.number;
  } else if (joins_previous) {
    at[-1].last = gtid.number;
  } else {
    intervals.insert(at, added);
  }
}

void MysqlGtidSet::Add(const MysqlGtidSet& other) {
  for (const auto& [origin, added] : other.intervals_) {
    Intervals& intervals = intervals_[origin];
    // Copy first: `other` can be this set.
    const Intervals copy = added;
    intervals.insert(intervals.end(), copy.begin(), copy.end());
    Normalize(intervals);
  }
}

MysqlGtidSet MysqlGtidSet::Minus(const MysqlGtidSet& other) const {
  MysqlGtidSet left;
  for (const auto& [origin, intervals] : intervals_) {
    const auto taken = other.intervals_.find(origin);
    Intervals rest =
        taken == other.intervals_.end() ? intervals : Difference(intervals, taken->second);
    if (!rest.empty()) left.intervals_.emplace(origin, std::move(rest));
  }
  return left;
}

std::string MysqlGtidSet::ToString() const {
  std::string text;
  const Origin* previous = nullptr;
  for (const auto& [origin, intervals] : intervals_) {
    if (previous == nullptr || previous->uuid != origin.uuid) {
      if (previous != nullptr) text.push_back(',');
      AppendUuid(text, origin.uuid);
    }
    if (!origin.tag.empty()) {
      text.push_back(':');
      text.append(origin.tag);
    }
    AppendIntervals(text, intervals);
    previous = &origin;
  }
  return text;
}

// See Gtid_set::encode in the server. Both forms start with the number of origins in 8 bytes; the
// tagged form has its format number, 1, in the lowest and the highest of these bytes.
std::string MysqlGtidSet::EncodeForDump() const {
  const bool tagged = std::any_of(intervals_.begin(), intervals_.end(),
                                  [](const auto& entry) { return !entry.first.tag.empty(); });
  const uint64_t origins = intervals_.size();
  std::string bytes;
  AppendLittle64(bytes, tagged ? uint64_t{1} << 56 | origins << 8 | 1 : origins);
  for (const auto& [origin, intervals] : intervals_) {
    bytes.append(reinterpret_cast<const char*>(origin.uuid.data()), origin.uuid.size());
    if (tagged) {
      // mysql::serialization writes lengths below 128 in one byte, shifted by one.
      bytes.push_back(static_cast<char>(origin.tag.size() << 1));
      bytes.append(origin.tag);
    }
    AppendLittle64(bytes, intervals.size());
    for (const Interval& interval : intervals) {
      AppendLittle64(bytes, interval.first);
      AppendLittle64(bytes, interval.last + 1);
    }
  }
  return bytes;
}

}  // namespace millrace
