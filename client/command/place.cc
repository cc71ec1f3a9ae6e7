// SPDX-License-Identifier: Apache-2.0

#include "place.h"

#include <algorithm>

#include "absl/time/time.h"
#include "fmt/format.h"

namespace millrace::command {
namespace {

bool IsDigit(char character) { return character >= '0' && character <= '9'; }
bool IsHexDigit(char character) {
  return IsDigit(character) || (character >= 'a' && character <= 'f') ||
         (character >= 'A' && character <= 'F');
}

// True if `text` begins as `shape` says: `x` is a hex digit, `0` a digit, others themselves.
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

// `uuid:…` of MySQL; `domain-server-sequence`, perhaps several, of MariaDB. A token has no commas
// and is not all digits between two hyphens.
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

absl::StatusOr<Place> ParseTimePlace(const std::string& text) {
  absl::Time time;
  std::string error;
  // A space instead of the `T` is how databases print times.
  std::string with_t = text;
  with_t[10] = 'T';
  if (!absl::ParseTime(absl::RFC3339_full, with_t, &time, &error)) {
    return absl::InvalidArgumentError(fmt::format(
        "`{}` is no time in RFC 3339 form, such as 2030-05-01T12:30:00Z or …+02:00", text));
  }
  Place place{Place::Kind::kTime, "", {}};
  place.time.set_seconds(absl::ToUnixSeconds(time));
  place.time.set_nanos(static_cast<int>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(place.time.seconds()))));
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

absl::StatusOr<Place> ParsePlace(std::string_view text) {
  if (text == "earliest") return Place{Place::Kind::kEarliest, "", {}};
  if (text == "latest") return Place{Place::Kind::kLatest, "", {}};
  if (text == "snapshot") return Place{Place::Kind::kSnapshot, "", {}};
  // The empty GTID set is a set: it starts before the first transaction.
  if (TakePrefix(text, "gtid:")) return Place{Place::Kind::kGtidSet, std::string(text), {}};
  const bool is_token = TakePrefix(text, "token:");
  const bool is_subscription = !is_token && TakePrefix(text, "subscription:");
  if (text.empty()) return absl::InvalidArgumentError("a place in the log must not be empty");
  const std::string rest(text);
  if (is_token) return Place{Place::Kind::kToken, rest, {}};
  if (is_subscription) return Place{Place::Kind::kSubscription, rest, {}};
  if (LooksLikeTime(rest)) return ParseTimePlace(rest);
  return Place{LooksLikeGtidSet(rest) ? Place::Kind::kGtidSet : Place::Kind::kToken, rest, {}};
}

absl::StatusOr<v1::GetPositionResponse> Resolve(const Place& place, const client::Client& client) {
  if (place.kind == Place::Kind::kSnapshot) {
    return absl::InvalidArgumentError(
        "snapshot is a start for tail alone, not a place in the log that has a token");
  }
  if (place.kind == Place::Kind::kSubscription) {
    const auto stored = client.ListSubscriptions({});
    if (!stored.ok()) return stored.status();
    for (const v1::Subscription& subscription : stored->subscriptions()) {
      if (subscription.subscription() != place.text) continue;
      return client.GetPosition(
          ToRequest(Place{Place::Kind::kToken, subscription.resume_token(), {}}));
    }
  }
  return client.GetPosition(ToRequest(place));
}

}  // namespace millrace::command
