// SPDX-License-Identifier: Apache-2.0

#include "feed/position.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/reason.h"
#include "feed/before_transaction.h"
#include "fmt/format.h"
#include "model/gtid.h"
#include "model/source_position.h"
#include "wire/transaction.h"

namespace millrace::feed {
namespace {

std::string_view GtidText(const log::Frame& frame, const log::Segment& segment) {
  return wire::GtidOf(frame.payload().substr(segment.header_offset, segment.header_size));
}

absl::Status AddGtid(GtidSet& set, std::string_view text) {
  if (text.empty()) return absl::OkStatus();
  if (text.find(':') != std::string_view::npos) {
    MILLRACE_ASSIGN_OR_RETURN(const MysqlGtid gtid, ParseMysqlGtid(text));
    set.Add(gtid);
  } else {
    MILLRACE_ASSIGN_OR_RETURN(const MariadbGtid gtid, ParseMariadbGtid(text));
    set.Add(gtid);
  }
  return absl::OkStatus();
}

// GTIDs of a frame's segments, before and after a place in it.
struct FrameGtids {
  GtidSet passed;
  GtidSet later;
};

// Adds the GTIDs of `frame` up to a place in it to `gtids`, which has all earlier ones. A frame
// does not record where its transactions without captured changes were. But a source assigns
// numbers in commit order, so those below the highest passed number came before the place. If a
// token lacked them, a server that captures their tables would start at them and repeat changes.
absl::Status AddPassed(GtidSet& gtids, const log::Frame& frame, const FrameGtids& parts) {
  if (gtids.mysql().empty() && parts.passed.mysql().empty()) {
    for (const auto& [domain, last] : parts.passed.mariadb().last()) gtids.Add(last);
    return absl::OkStatus();
  }
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet after, GtidSet::FromBinary(frame.gtids_after()));
  std::map<MysqlGtidSet::Origin, std::vector<MysqlGtidSet::Interval>> below;
  for (const auto& [origin, intervals] : parts.passed.mysql().intervals()) {
    below[origin] = {{1, intervals.back().last}};
  }
  const MysqlGtidSet unclear = after.mysql().Minus(parts.later.mysql());
  MysqlGtidSet all = gtids.mysql();
  all.Add(parts.passed.mysql());
  all.Add(unclear.Minus(unclear.Minus(MysqlGtidSet::Of(std::move(below)))));
  gtids = GtidSet(std::move(all));
  return absl::OkStatus();
}

absl::StatusOr<bool> ContainsGtid(const GtidSet& set, std::string_view text) {
  if (text.empty()) return false;
  if (text.find(':') != std::string_view::npos) {
    MILLRACE_ASSIGN_OR_RETURN(const MysqlGtid gtid, ParseMysqlGtid(text));
    return set.Contains(gtid);
  }
  MILLRACE_ASSIGN_OR_RETURN(const MariadbGtid gtid, ParseMariadbGtid(text));
  return set.Contains(gtid);
}

absl::StatusOr<GtidSet> GtidsOf(const Feed::Edge& edge) {
  if (edge.source_position.empty()) return GtidSet();
  MILLRACE_ASSIGN_OR_RETURN(SourcePosition position,
                            SourcePosition::FromBinary(edge.source_position));
  return std::move(position.gtids);
}

void AddAll(GtidSet& set, const GtidSet& other) {
  if (!other.mysql().empty()) {
    MysqlGtidSet mysql = set.mysql();
    mysql.Add(other.mysql());
    set = GtidSet(std::move(mysql));
  }
  for (const auto& [domain, gtid] : other.mariadb().last()) {
    if (!set.Contains(gtid)) set.Add(gtid);
  }
}

bool HaveDifferentFlavours(const GtidSet& a, const GtidSet& b) {
  return (!a.mysql().empty() && !b.mariadb().empty()) ||
         (!a.mariadb().empty() && !b.mysql().empty());
}

// The first frame whose gtids_after() has a transaction missing from `seen`; null if there is none.
absl::StatusOr<FramePtr> FindFrameWithUnseen(const Feed& feed, const GtidSet& seen) {
  absl::Status damage;
  MILLRACE_ASSIGN_OR_RETURN(FramePtr frame, feed.log().FindFirst([&](const log::Frame& candidate) {
    const auto after = GtidSet::FromBinary(candidate.gtids_after());
    if (!after.ok()) damage = after.status();
    return after.ok() && !seen.Contains(*after);
  }));
  MILLRACE_RETURN_IF_ERROR(damage);
  return frame;
}

// The place before the first transaction with captured changes, up to `newest`, that `seen` lacks.
absl::StatusOr<Place> FindFirstUnseen(const Feed& feed, GtidSet seen, Sequence newest) {
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const FramePtr frame, FindFrameWithUnseen(feed, seen));
    if (frame == nullptr || frame->first() > newest) return Place{.after = newest};
    Sequence first = frame->first();
    for (const log::Segment& segment : frame->segments()) {
      MILLRACE_ASSIGN_OR_RETURN(const bool is_seen, ContainsGtid(seen, GtidText(*frame, segment)));
      if (!is_seen) return BeforeTransaction(feed, segment, first);
      first.value += segment.change_count;
    }
    // `seen` lacks only transactions of this frame without captured changes. A token from the
    // middle of a frame can lack them, and yet contain all later transactions.
    MILLRACE_ASSIGN_OR_RETURN(const GtidSet after, GtidSet::FromBinary(frame->gtids_after()));
    AddAll(seen, after);
  }
}

absl::Status TokenTrimmed(const Feed& feed, Sequence after, ReadFrom source) {
  const Sequence before_oldest{feed.range().oldest.value - 1};
  const auto oldest_token = TokenAfter(feed, before_oldest, source);
  if (IsNotInMemory(oldest_token.status())) return oldest_token.status();
  ErrorMetadata metadata{{"oldest_sequence", fmt::format("{}", before_oldest.value + 1)}};
  if (oldest_token.ok()) metadata.emplace("oldest_token", oldest_token->ToString());
  return MakeError(reason::kTokenTrimmed,
                   fmt::format("changes after {} have been trimmed, the oldest left is {}; "
                               "read the tables again and resume at oldest_token",
                               after.value, before_oldest.value + 1),
                   metadata);
}

absl::Status TokenAhead(Sequence after, Sequence newest) {
  return MakeError(
      reason::kTokenAhead,
      fmt::format("the token is at {}, the newest change here is {}; this server lags behind "
                  "the one that issued the token, or was restored from a backup",
                  after.value, newest.value),
      {{"newest_sequence", fmt::format("{}", newest.value)}});
}

absl::Status CheckRetained(const Feed& feed, Sequence after, ReadFrom source) {
  const log::Range range = feed.range();
  if (after > range.newest) return TokenAhead(after, range.newest);
  if (after.next() < range.oldest) return TokenTrimmed(feed, after, source);
  return absl::OkStatus();
}

absl::Status TokenOfAnotherLog(const Feed& feed, const Token& token, std::string_view why) {
  return MakeError(reason::kTokenOfAnotherLog,
                   fmt::format("the token is for log {}, this is log {}, and {}; resume at the "
                               "server that issued it, or read the tables again",
                               LogIdText(token.log_id), LogIdText(feed.log().log_id()), why),
                   {{"log_id", LogIdText(feed.log().log_id())}});
}

absl::StatusOr<Place> ResolveCatchUp(const Feed& feed, const Token& token) {
  if (token.log_id != feed.log().log_id()) {
    return TokenOfAnotherLog(feed, token, "another log cannot resume in the middle of a snapshot");
  }
  const log::Range range = feed.range();
  if (token.sequence > range.newest) return TokenAhead(token.sequence, range.newest);
  const bool started = !token.catch_up->parts.empty();
  if (started && (token.catch_up->begin < range.oldest || token.sequence.next() < range.oldest)) {
    return SnapshotExpired();
  }
  return Place{.after = token.sequence};
}

}  // namespace

absl::Status PositionNotFound(std::string_view what) {
  return MakeError(reason::kPositionNotFound,
                   fmt::format("{}; start at EARLIEST, or read the tables again", what));
}

absl::StatusOr<Place> BeforeTransaction(const Feed& feed, const log::Segment& segment,
                                        Sequence first) {
  const Place place{.after = {first.value - segment.changes_before - 1}};
  if (place.after.next() < feed.range().oldest) {
    return PositionNotFound("the transaction at that position is partly trimmed");
  }
  return place;
}

absl::Status SnapshotExpired() {
  return MakeError(reason::kSnapshotExpired,
                   "the log no longer holds all rows of this snapshot; start a new one");
}

Token NewestToken(const Feed& feed) {
  const Feed::Edge edge = feed.edge();
  Token token{.log_id = feed.log().log_id(), .sequence = edge.range.newest, .gtids = {}};
  const auto gtids = GtidsOf(edge);
  if (gtids.ok()) gtids->AppendBinary(token.gtids);
  return token;
}

absl::StatusOr<Token> TokenAfter(uint64_t log_id, const log::Frame& frame, Sequence sequence) {
  Token token{.log_id = log_id, .sequence = sequence, .gtids = {}};
  const bool last_unfinished = frame.segments().back().more;
  if (sequence == frame.last() && !last_unfinished) {
    token.gtids = std::string(frame.gtids_after());
    return token;
  }
  MILLRACE_ASSIGN_OR_RETURN(GtidSet gtids, GtidSet::FromBinary(frame.gtids_before()));
  FrameGtids parts;
  Sequence first = frame.first();
  for (const log::Segment& segment : frame.segments()) {
    const Sequence last{first.value + segment.change_count - 1};
    const bool passed = last <= sequence && !segment.more;
    if (!passed && first <= sequence) {
      token.changes_into_transaction = segment.changes_before + (sequence.value - first.value + 1);
    }
    MILLRACE_RETURN_IF_ERROR(
        AddGtid(passed ? parts.passed : parts.later, GtidText(frame, segment)));
    first = last.next();
  }
  MILLRACE_RETURN_IF_ERROR(AddPassed(gtids, frame, parts));
  gtids.AppendBinary(token.gtids);
  return token;
}

absl::StatusOr<Token> TokenAfter(const Feed& feed, Sequence sequence, ReadFrom source) {
  const uint64_t log_id = feed.log().log_id();
  const Feed::Edge edge = feed.edge();
  const log::Range range = edge.range;
  if (sequence > range.newest) return TokenAhead(sequence, range.newest);
  if (sequence.next() < range.oldest) return TokenTrimmed(feed, sequence, source);
  if (range.oldest > range.newest) {
    Token token{.log_id = log_id, .sequence = sequence, .gtids = {}};
    MILLRACE_ASSIGN_OR_RETURN(const GtidSet gtids, GtidsOf(edge));
    gtids.AppendBinary(token.gtids);
    return token;
  }
  const bool before_oldest = sequence < range.oldest;
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<FramePtr> frames,
                            feed.Read(before_oldest ? range.oldest : sequence, 1, source));
  const log::Frame& frame = *frames.front();
  if (!before_oldest) return TokenAfter(log_id, frame, sequence);
  Token token{.log_id = log_id, .sequence = sequence, .gtids = std::string(frame.gtids_before())};
  token.changes_into_transaction = frame.segments().front().changes_before;
  return token;
}

absl::StatusOr<Place> ResolveSequence(const Feed& feed, Sequence after, ReadFrom source) {
  const Sequence newest = feed.range().newest;
  MILLRACE_RETURN_IF_ERROR(CheckRetained(feed, after, source));
  Place place{.after = after};
  if (after == newest) return place;
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<FramePtr> frames, feed.Read(after.next(), 1, source));
  if (frames.empty()) return place;
  Sequence first = frames.front()->first();
  for (const log::Segment& segment : frames.front()->segments()) {
    if (after.next().value < first.value + segment.change_count) {
      place.inside_transaction = after.next() > first || segment.changes_before > 0;
      break;
    }
    first.value += segment.change_count;
  }
  return place;
}

absl::Status CheckResolves(const Feed& feed, const Token& token, ReadFrom source) {
  const bool of_this_log = token.log_id == feed.log().log_id();
  if (of_this_log && !token.catch_up.has_value()) {
    return CheckRetained(feed, token.sequence, source);
  }
  return Resolve(feed, token, source).status();
}

absl::StatusOr<Place> Resolve(const Feed& feed, const Token& token, ReadFrom source) {
  if (token.catch_up.has_value()) return ResolveCatchUp(feed, token);
  if (token.log_id == feed.log().log_id()) return ResolveSequence(feed, token.sequence, source);
  const auto gtids = GtidSet::FromBinary(token.gtids);
  if (gtids.ok() && !gtids->empty()) {
    auto place = FindGtids(feed, *gtids, source);
    const bool definite = place.ok() || IsNotInMemory(place.status()) ||
                          place.status().code() == absl::StatusCode::kDataLoss ||
                          HasReason(place.status(), reason::kTokenAhead);
    if (definite) return place;
  }
  return TokenOfAnotherLog(feed, token, "its GTID set matches no place retained here");
}

absl::StatusOr<Place> FindGtids(const Feed& feed, const GtidSet& gtids, ReadFrom source) {
  const Feed::Edge edge = feed.edge();
  const log::Range range = edge.range;
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet known, GtidsOf(edge));
  if (known.empty()) return PositionNotFound("the log holds no GTIDs");
  if (HaveDifferentFlavours(known, gtids)) {
    return MakeError(
        reason::kGtidSetMalformed,
        "the GTID set is from the other kind of source: GTIDs of MySQL contain colons, "
        "those of MariaDB do not");
  }
  if (gtids.Contains(known)) {
    if (!known.Contains(gtids)) return TokenAhead(range.newest.next(), range.newest);
    return Place{.after = range.newest};
  }
  if (range.oldest > range.newest)
    return PositionNotFound("transactions after the GTID set are not in the log");
  if (source == ReadFrom::kMemory) return NotInMemory();
  MILLRACE_ASSIGN_OR_RETURN(const FramePtr oldest, feed.log().FrameContaining(range.oldest));
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet before, GtidSet::FromBinary(oldest->gtids_before()));
  if (!gtids.Contains(before)) {
    return PositionNotFound(
        "transactions missing from the GTID set have been trimmed or were never in the log");
  }
  // The set contains changes that this log will receive later, so they would be repeated.
  if (!known.Contains(gtids)) return TokenAhead(range.newest.next(), range.newest);
  return FindFirstUnseen(feed, gtids, range.newest);
}

}  // namespace millrace::feed
