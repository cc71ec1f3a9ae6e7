// SPDX-License-Identifier: Apache-2.0

#include "subscriptions.h"

#include "fmt/format.h"
#include "human.h"
#include "json.h"

namespace millrace::command {

std::string SubscriptionsText(const v1::ListSubscriptionsResponse& subscriptions, absl::Time now,
                              const Paint& paint) {
  TextTable table(
      {{"SUBSCRIPTION"}, {"SEQUENCE", TextTable::Align::kRight}, {"STORED"}, {"TOKEN"}});
  for (const v1::Subscription& subscription : subscriptions.subscriptions()) {
    table.Add({{Printable(subscription.subscription()), Tone::kBold},
               {CountText(subscription.sequence())},
               {DurationText(now - ToTime(subscription.update_time())) + " ago"},
               {Printable(subscription.resume_token()), Tone::kDim}});
  }
  if (table.empty()) return "no position is stored\n";
  return table.Render(paint);
}

absl::Status ShowSubscriptions(const Session& session, bool json) {
  const auto subscriptions = session.client->ListSubscriptions({});
  if (!subscriptions.ok()) return subscriptions.status();
  return Print(json ? ToJson(*subscriptions)
                    : SubscriptionsText(*subscriptions, absl::Now(), Paint(session.colour)));
}

absl::Status CommitSubscription(const Session& session, const std::string& name,
                                const Place& place) {
  v1::CommitPositionRequest request;
  request.set_subscription(name);
  if (place.kind == Place::Kind::kToken) {
    request.set_resume_token(place.text);
  } else {
    const auto position = Resolve(place, *session.client);
    if (!position.ok()) return position.status();
    request.set_resume_token(position->resume_token());
  }
  const auto stored = session.client->CommitPosition(request);
  if (!stored.ok()) return stored.status();
  return Print(fmt::format("{} is at sequence {}\n", Printable(name),
                           CountText(stored->subscription().sequence())));
}

absl::Status DeleteSubscription(const Session& session, const std::string& name) {
  v1::DeleteSubscriptionRequest request;
  request.set_subscription(name);
  const auto deleted = session.client->DeleteSubscription(request);
  if (!deleted.ok()) return deleted.status();
  return Print(fmt::format("{} is deleted\n", Printable(name)));
}

}  // namespace millrace::command
