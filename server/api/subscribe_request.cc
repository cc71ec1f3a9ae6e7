// SPDX-License-Identifier: Apache-2.0

#include "api/subscribe_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/reason.h"
#include "feed/position.h"
#include "fmt/format.h"
#include "model/gtid_set.h"
#include "model/quoted.h"
#include "model/source_position.h"
#include "model/token.h"

namespace millrace::api {
namespace {

constexpr uint32_t kResponseBytesMin = 1 << 10;
// The default limit of clients is 4 MiB.
constexpr uint32_t kResponseBytesMax = 3 << 20;
constexpr Micros kProgressIntervalMin = 100'000;
constexpr Micros kSecond = 1'000'000;
constexpr size_t kClientNameBytesMax = 128;

absl::Status BadField(std::string_view field, std::string_view what) {
  return MakeError(reason::kRequestInvalid, fmt::format("{} {}", field, what),
                   {{"field", std::string(field)}});
}

std::string_view ProductName(Flavour flavour) {
  return flavour == Flavour::kMysql ? "MySQL" : "MariaDB";
}

bool HasGtids(const log::Log& log) {
  const auto position = SourcePosition::FromBinary(log.source_position());
  return position.ok() && !position->gtids.empty();
}

absl::StatusOr<feed::Place> PlaceOfToken(const RequestContext& context, std::string_view text) {
  MILLRACE_ASSIGN_OR_RETURN(const Token token, Token::Parse(text));
  return feed::Resolve(context.feed, token, context.source);
}

absl::StatusOr<feed::Place> PlaceOfSubscription(const RequestContext& context,
                                                const std::string& name) {
  MILLRACE_ASSIGN_OR_RETURN(const auto subscription, context.subscriptions.Find(name));
  if (!subscription.has_value()) {
    return PlaceOfStartPoint(context.feed, v1::START_POINT_EARLIEST, context.source);
  }
  return feed::Resolve(context.feed, subscription->token, context.source);
}

absl::StatusOr<feed::Place> PlaceOfAfter(const RequestContext& context,
                                         const v1::SubscribeRequest::After& after) {
  const feed::Feed& feed = context.feed;
  if (!after.log_id().empty() && after.log_id() != LogIdText(feed.log().log_id())) {
    return MakeError(reason::kTokenOfAnotherLog,
                     fmt::format("after.log_id names another log; this one is {}",
                                 LogIdText(feed.log().log_id())),
                     {{"log_id", LogIdText(feed.log().log_id())}});
  }
  return feed::ResolveSequence(feed, Sequence{after.sequence()}, context.source);
}

absl::StatusOr<feed::Place> PlaceOf(const v1::SubscribeRequest& request,
                                    const RequestContext& context) {
  switch (request.start_case()) {
    case v1::SubscribeRequest::kResumeToken:
      return PlaceOfToken(context, request.resume_token());
    case v1::SubscribeRequest::kAt:
      return PlaceOfStartPoint(context.feed, request.at(), context.source);
    case v1::SubscribeRequest::kCommitTime: {
      MILLRACE_ASSIGN_OR_RETURN(const Micros time, MicrosOf(request.commit_time(), "commit_time"));
      return feed::FindCommitTime(context.feed, time, context.clock.WallMicros(), context.source);
    }
    case v1::SubscribeRequest::kGtidSet:
      return PlaceOfGtidSet(context.feed, context.registry.flavour(), request.gtid_set(),
                            context.source);
    case v1::SubscribeRequest::kSubscription:
      return PlaceOfSubscription(context, request.subscription());
    case v1::SubscribeRequest::kAfter:
      return PlaceOfAfter(context, request.after());
    case v1::SubscribeRequest::START_NOT_SET:
      break;
  }
  return PlaceOfStartPoint(context.feed, v1::START_POINT_LATEST, context.source);
}

// The token that the request resumes from, if any.
absl::StatusOr<std::optional<Token>> TokenOf(const v1::SubscribeRequest& request,
                                             const RequestContext& context) {
  if (request.start_case() == v1::SubscribeRequest::kResumeToken) {
    MILLRACE_ASSIGN_OR_RETURN(Token token, Token::Parse(request.resume_token()));
    return std::optional<Token>(std::move(token));
  }
  if (request.start_case() != v1::SubscribeRequest::kSubscription) return std::optional<Token>();
  MILLRACE_ASSIGN_OR_RETURN(auto subscription, context.subscriptions.Find(request.subscription()));
  if (!subscription.has_value()) return std::optional<Token>();
  return std::optional<Token>(std::move(subscription->token));
}

// The snapshot part of the request, if rows come first.
absl::StatusOr<std::optional<SnapshotPlan>> SnapshotOf(const v1::SubscribeRequest& request,
                                                       const RequestContext& context) {
  MILLRACE_ASSIGN_OR_RETURN(std::optional<Token> token, TokenOf(request, context));
  const bool starts =
      request.start_case() == v1::SubscribeRequest::kAt && request.at() == v1::START_POINT_SNAPSHOT;
  const bool resumes = token.has_value() && token->catch_up.has_value();
  if (!starts && !resumes) return std::optional<SnapshotPlan>();
  SnapshotPlan plan{.patterns = {request.tables().begin(), request.tables().end()}};
  MILLRACE_ASSIGN_OR_RETURN(plan.tables, TablePatterns::Parse(plan.patterns));
  plan.resume = std::move(token);
  return std::optional<SnapshotPlan>(std::move(plan));
}

absl::StatusOr<std::optional<Sequence>> UntilOf(const std::string& text,
                                                const RequestContext& context) {
  if (text.empty()) return std::optional<Sequence>();
  MILLRACE_ASSIGN_OR_RETURN(const Token token, Token::Parse(text));
  if (token.catch_up.has_value()) {
    return BadField("until_token", "is from the middle of a snapshot, where a stream cannot end");
  }
  // The place may be after the newest change: the stream ends once it reaches the place.
  if (token.log_id == context.feed.log().log_id()) return std::optional<Sequence>(token.sequence);
  MILLRACE_ASSIGN_OR_RETURN(const feed::Place place,
                            feed::Resolve(context.feed, token, context.source));
  return std::optional<Sequence>(place.after);
}

absl::StatusOr<Micros> ProgressIntervalOf(const v1::SubscribeRequest& request, Micros standard) {
  if (!request.has_progress_interval()) return standard;
  const auto& interval = request.progress_interval();
  constexpr int64_t kSecondsMax = 86'400;
  if (interval.seconds() < 0 || interval.nanos() < 0 || interval.seconds() > kSecondsMax) {
    return BadField("progress_interval", "must be between 0 and a day");
  }
  return std::max(interval.seconds() * kSecond + interval.nanos() / 1000, kProgressIntervalMin);
}

// Whether the code point at byte `i` of a UTF-8 text controls a terminal or text direction, or ends
// a line.
bool IsControl(std::string_view text, size_t i) {
  const auto byte = [text](size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  if (byte(i) < 0x20 || byte(i) == 0x7f) return true;
  if (byte(i) == 0xc2) return byte(i + 1) < 0xa0;  // U+0080 to U+009F
  if (byte(i) != 0xe2) return false;
  const unsigned low = byte(i + 2);
  // U+200E, U+200F, U+2028 to U+202E; U+2066 to U+2069.
  return byte(i + 1) == 0x80 ? low == 0x8e || low == 0x8f || (low >= 0xa8 && low <= 0xae)
                             : byte(i + 1) == 0x81 && low >= 0xa6 && low <= 0xa9;
}

absl::Status CheckClientName(std::string_view name) {
  if (name.size() > kClientNameBytesMax) {
    return BadField("client_name", fmt::format("has {} bytes, but may have at most {}", name.size(),
                                               kClientNameBytesMax));
  }
  for (size_t i = 0; i < name.size(); ++i) {
    if (IsControl(name, i)) return BadField("client_name", "has a character that is not printable");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Micros> MicrosOf(const google::protobuf::Timestamp& time, std::string_view field) {
  // Years up to 9999, as the type's documentation says.
  constexpr int64_t kSecondsMax = 253'402'300'799;
  if (time.seconds() < 0 || time.seconds() > kSecondsMax || time.nanos() < 0 ||
      time.nanos() >= 1'000'000'000) {
    return BadField(field, "is not a time from 1970 to 9999");
  }
  // Commit times are whole microseconds. Rounds up to the first one at or after `time`.
  return time.seconds() * kSecond + (time.nanos() + 999) / 1000;
}

absl::StatusOr<feed::Place> PlaceOfGtidSet(const feed::Feed& feed, Flavour flavour,
                                           std::string_view text, feed::ReadFrom source) {
  const auto gtids = GtidSet::Parse(flavour, text);
  if (gtids.ok()) return feed::FindGtids(feed, *gtids, source);
  const Flavour other = flavour == Flavour::kMysql ? Flavour::kMariadb : Flavour::kMysql;
  const auto others = GtidSet::Parse(other, text);
  if (!others.ok()) {
    return WithContext(gtids.status(), fmt::format("gtid_set for {}", ProductName(flavour)));
  }
  // Before the first connection to the source, its flavour is a guess.
  if (!HasGtids(feed.log())) return feed::FindGtids(feed, *others, source);
  return MakeError(reason::kGtidSetMalformed,
                   fmt::format("gtid_set {} is a set of {}, but the source is {}", Quoted(text),
                               ProductName(other), ProductName(flavour)));
}

absl::StatusOr<feed::Place> PlaceOfStartPoint(const feed::Feed& feed, v1::StartPoint point,
                                              feed::ReadFrom source) {
  const log::Range range = feed.range();
  switch (point) {
    case v1::START_POINT_EARLIEST: {
      // The log is trimmed at frame boundaries, which may be inside a transaction.
      return feed::ResolveSequence(feed, Sequence{range.oldest.value - 1}, source);
    }
    case v1::START_POINT_UNSPECIFIED:
    case v1::START_POINT_LATEST:
      return feed::Place{.after = range.newest};
    case v1::START_POINT_SNAPSHOT:
      return BadField("at",
                      "cannot be SNAPSHOT: that is a start for Subscribe, not a place in the log");
    default:
      return BadField("at", "is not a start point");
  }
}

absl::StatusOr<SubscribePlan> PlanSubscribe(const v1::SubscribeRequest& request,
                                            const RequestContext& context) {
  // Checked before the disk is read, because operators see the name during the read.
  MILLRACE_RETURN_IF_ERROR(CheckClientName(request.client_name()));
  SubscribePlan plan;
  const std::vector<std::string> patterns(request.tables().begin(), request.tables().end());
  MILLRACE_ASSIGN_OR_RETURN(TablePatterns tables, TablePatterns::Parse(patterns));
  const std::vector<int> operations(request.operations().begin(), request.operations().end());
  MILLRACE_ASSIGN_OR_RETURN(plan.snapshot, SnapshotOf(request, context));
  // Covered tables without rows, and new ones that a snapshot finds, are not in the registry.
  const auto also_known = [&](const TableName& name) {
    return plan.snapshot.has_value() ||
           (context.coverage != nullptr && context.coverage->Find(name).has_value());
  };
  MILLRACE_ASSIGN_OR_RETURN(plan.cursor.filter, feed::Filter::Make(std::move(tables), operations,
                                                                   context.registry, also_known));
  if (!v1::RowEncoding_IsValid(request.row_encoding())) {
    return BadField("row_encoding", "is not a row encoding");
  }
  plan.json = request.row_encoding() == v1::ROW_ENCODING_JSON;
  MILLRACE_ASSIGN_OR_RETURN(plan.progress_interval,
                            ProgressIntervalOf(request, context.options.progress_interval));
  const uint32_t bytes_max = request.max_response_bytes() == 0 ? context.options.response_bytes_max
                                                               : request.max_response_bytes();
  plan.cursor.response_bytes_max = std::clamp(bytes_max, kResponseBytesMin, kResponseBytesMax);
  MILLRACE_ASSIGN_OR_RETURN(plan.cursor.until, UntilOf(request.until_token(), context));
  if (plan.snapshot.has_value() && !plan.cursor.filter.WantsOperation(v1::OPERATION_READ)) {
    // The client does not want READs, so the rows are skipped.
    plan.cursor.start.after = context.feed.range().newest;
    if (plan.snapshot->resume.has_value()) {
      MILLRACE_ASSIGN_OR_RETURN(
          plan.cursor.start, feed::Resolve(context.feed, *plan.snapshot->resume, context.source));
    }
    plan.snapshot.reset();
  } else if (!plan.snapshot.has_value()) {
    MILLRACE_ASSIGN_OR_RETURN(plan.cursor.start, PlaceOf(request, context));
  }
  return plan;
}

}  // namespace millrace::api
