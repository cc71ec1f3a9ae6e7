// SPDX-License-Identifier: Apache-2.0

#include "place.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "fmt/format.h"
#include "millrace/error.h"

namespace millrace::command {
namespace {

// Allowed difference between the clocks of the server and this machine. The server has the same
// limit.
constexpr absl::Duration kClockAheadMax = absl::Minutes(10);

bool IsDigit(char character) { return character >= '0' && character <= '9'; }
bool IsHexDigit(char character) {
  return IsDigit(character) || (character >= 'a' && character <= 'f') ||
         (character >= 'A' && character <= 'F');
}

// Whether `text` starts with the pattern `shape`: `x` is a hex digit, `0` a digit, others literal.
bool HasShape(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool fits = shape[i] == 'x'   ? IsHexDigit(text[i])
                      : shape[i] == '0' ? IsDigit(text[i])
                                        : text[i] == shape[i];
    if (!fits) return false;
  }
  return true;
}

bool LooksLikeTime(std::string_view text) {
  return HasShape(text, "0000-00-00T0") || HasShape(text, "0000-00-00 0");
}

bool LooksLikeDate(std::string_view text) {
  return text.size() == 10 && HasShape(text, "0000-00-00");
}

// Parses a duration such as `1h`; nothing if `text` has another form.
std::optional<absl::Duration> ParseAgo(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  uint32_t count = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto [at, error] = std::from_chars(text.data(), end, count);
  if (at != end) return std::nullopt;
  // Clamp a count that is too large.
  if (error != std::errc()) count = UINT32_MAX;
  switch (text.back()) {
    case 's':
      return absl::Seconds(count);
    case 'm':
      return absl::Minutes(count);
    case 'h':
      return absl::Hours(count);
    case 'd':
      return absl::Hours(24) * count;
    default:
      return std::nullopt;
  }
}

// MySQL: `uuid:…`. MariaDB: `domain-server-sequence`, or several with commas. A token has no commas
// and never consists of digits and two hyphens.
bool LooksLikeGtidSet(std::string_view text) {
  if (HasShape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx:")) return true;
  const std::string_view first = text.substr(0, text.find(','));
  return !first.empty() && IsDigit(first.front()) &&
         std::count(first.begin(), first.end(), '-') == 2 &&
         std::all_of(first.begin(), first.end(),
                     [](char character) { return character == '-' || IsDigit(character); });
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

Place TimePlace(absl::Time time) {
  Place place;
  place.kind = Place::Kind::kTime;
  place.time.set_seconds(absl::ToUnixSeconds(time));
  place.time.set_nanos(static_cast<int>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(place.time.seconds()))));
  return place;
}

absl::StatusOr<Place> ParseTimePlace(const std::string& text, absl::Time now) {
  absl::Time time;
  std::string error;
  // Databases print times with a space instead of the `T`.
  std::string with_t = text;
  with_t[10] = 'T';
  if (!absl::ParseTime(absl::RFC3339_full, with_t, &time, &error)) {
    return absl::InvalidArgumentError(fmt::format(
        "`{}` is not a time in RFC 3339 form, such as 2030-05-01T12:30:00Z or …+02:00", text));
  }
  if (time > now + kClockAheadMax) {
    return absl::InvalidArgumentError(
        fmt::format("`{}` is in the future: the newest place is latest", text));
  }
  return TimePlace(time);
}

absl::StatusOr<Place> AgoPlace(const std::string& text, absl::Duration ago, absl::Time now) {
  if (now - ago >= absl::UnixEpoch()) return TimePlace(now - ago);
  return absl::InvalidArgumentError(
      fmt::format("`{}` ago is before 1970: the oldest place is earliest", text));
}

Place PlaceOf(Place::Kind kind, std::string_view text = {}) {
  Place place;
  place.kind = kind;
  place.text = std::string(text);
  return place;
}

Place AssumedToken(std::string_view text) {
  Place place = PlaceOf(Place::Kind::kToken, text);
  place.assumed_token = true;
  return place;
}

v1::GetPositionRequest ToRequest(const Place& place) {
  v1::GetPositionRequest request;
  switch (place.kind) {
    case Place::Kind::kSubscription:
    case Place::Kind::kEarliest:
      request.set_at(v1::START_POINT_EARLIEST);
      break;
    case Place::Kind::kLatest:
      request.set_at(v1::START_POINT_LATEST);
      break;
    case Place::Kind::kSnapshot:
      request.set_at(v1::START_POINT_SNAPSHOT);
      break;
    case Place::Kind::kTime:
      *request.mutable_commit_time() = place.time;
      break;
    case Place::Kind::kGtidSet:
      request.set_gtid_set(place.text);
      break;
    case Place::Kind::kToken:
      request.set_resume_token(place.text);
      break;
  }
  return request;
}

}  // namespace

absl::StatusOr<Place> ParsePlace(std::string_view text, absl::Time now) {
  using Kind = Place::Kind;
  if (text == "earliest") return PlaceOf(Kind::kEarliest);
  if (text == "latest") return PlaceOf(Kind::kLatest);
  if (text == "snapshot") return PlaceOf(Kind::kSnapshot);
  // The empty GTID set is valid: it starts before the first transaction.
  if (TakePrefix(text, "gtid:")) return PlaceOf(Kind::kGtidSet, text);
  const bool is_token = TakePrefix(text, "token:");
  const bool is_subscription = !is_token && TakePrefix(text, "subscription:");
  if (text.empty()) return absl::InvalidArgumentError("a place in the log must not be empty");
  if (is_token) return PlaceOf(Kind::kToken, text);
  if (is_subscription) return PlaceOf(Kind::kSubscription, text);
  const std::string whole(text);
  if (LooksLikeTime(text)) return ParseTimePlace(whole, now);
  if (LooksLikeDate(text)) {
    return absl::InvalidArgumentError(
        fmt::format("`{}` has no time of day and no zone: write {}T00:00:00Z, or gtid:{} if it is "
                    "a GTID",
                    whole, whole, whole));
  }
  if (const auto ago = ParseAgo(text); ago.has_value()) return AgoPlace(whole, *ago, now);
  return LooksLikeGtidSet(text) ? PlaceOf(Kind::kGtidSet, text) : AssumedToken(text);
}

namespace {

// Only the server can parse tokens, and the user may have meant another form of place.
absl::Status NotAPlace(const absl::Status& refusal, const std::string& text) {
  absl::Status status(refusal.code(), fmt::format("`{}` is not a place in the log", text));
  refusal.ForEachPayload([&status](absl::string_view url, const absl::Cord& payload) {
    status.SetPayload(url, payload);
  });
  return status;
}

}  // namespace

absl::StatusOr<v1::GetPositionResponse> Resolve(const Place& place, const client::Client& client) {
  if (place.kind == Place::Kind::kSnapshot) {
    return absl::InvalidArgumentError(
        "snapshot is only a start for tail, not a place in the log that has a token");
  }
  if (place.kind == Place::Kind::kSubscription) {
    const auto stored = client.ListSubscriptions({});
    if (!stored.ok()) return stored.status();
    for (const v1::Subscription& subscription : stored->subscriptions()) {
      if (subscription.subscription() != place.text) continue;
      return client.GetPosition(
          ToRequest(PlaceOf(Place::Kind::kToken, subscription.resume_token())));
    }
  }
  auto position = client.GetPosition(ToRequest(place));
  const bool malformed = client::ErrorReasonOf(position.status()) == "TOKEN_MALFORMED";
  if (place.assumed_token && malformed) return NotAPlace(position.status(), place.text);
  return position;
}

}  // namespace millrace::command
