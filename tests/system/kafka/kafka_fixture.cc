// SPDX-License-Identifier: Apache-2.0

#include "system/kafka/kafka_fixture.h"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "system/kafka/kafka_ledger.h"

namespace millrace::testing {
namespace {

// A limit far above the expected time.
constexpr absl::Duration kMirrorDeadline = absl::Minutes(1);
constexpr absl::Duration kPollInterval = absl::Milliseconds(10);

[[noreturn]] void Die(FeedServer& feed, const std::string& what) {
  fmt::print(stderr, "{}; the server's log:\n{}\n", what, feed.LogText());
  std::abort();
}

// Polls, since the server is another process.
v1::MirrorStatus WaitUntil(FeedServer& feed, const std::string& what,
                           const std::function<bool(const v1::MirrorStatus&)>& holds) {
  const absl::Time deadline = absl::Now() + kMirrorDeadline;
  while (true) {
    v1::MirrorStatus mirror = MirrorOf(feed);
    if (holds(mirror)) return mirror;
    const bool parked = mirror.state() == v1::MirrorStatus::STATE_PARKED;
    if (parked || absl::Now() > deadline) {
      Die(feed, fmt::format("waited for {}, the mirror: {}", what, mirror.ShortDebugString()));
    }
    absl::SleepFor(kPollInterval);
  }
}

}  // namespace

std::vector<std::string> MirrorLines(const KafkaBroker& broker, const std::string& topic_prefix,
                                     const std::vector<std::string>& more) {
  std::vector<std::string> lines = {"enabled: true", "brokers: " + broker.bootstrap(),
                                    "topic_prefix: " + topic_prefix};
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

v1::MirrorStatus MirrorOf(FeedServer& feed) {
  const auto status = feed.client().GetStatus({});
  if (!status.ok()) Die(feed, status.status().ToString());
  if (!status->has_mirror()) Die(feed, "the server has no mirror");
  return status->mirror();
}

v1::MirrorStatus WaitForMirror(FeedServer& feed, v1::MirrorStatus::State state) {
  return WaitUntil(feed, v1::MirrorStatus::State_Name(state),
                   [state](const v1::MirrorStatus& mirror) { return mirror.state() == state; });
}

v1::MirrorStatus WaitUntilMirrored(FeedServer& feed, uint64_t sequence) {
  return WaitUntil(feed, fmt::format("change {}", sequence), [&](const v1::MirrorStatus& mirror) {
    return mirror.sequence() >= sequence && mirror.lag_changes() == 0;
  });
}

std::vector<KafkaRecord> ReadMirrored(FeedServer& feed, const KafkaBroker& broker,
                                      const std::vector<std::string>& topics) {
  size_t records = 0;
  const v1::MirrorStatus mirror = MirrorOf(feed);
  for (const v1::MirrorTopic& topic : mirror.topics()) {
    const bool is_wanted = std::find(topics.begin(), topics.end(), topic.topic()) != topics.end();
    if (is_wanted) records += topic.records();
  }
  return KafkaReader(broker.bootstrap()).MustReadAtLeast(topics, records);
}

uint64_t SequenceOf(const KafkaRecord& record) {
  return std::strtoull(HeaderOf(record, "millrace.sequence").c_str(), nullptr, 10);
}

}  // namespace millrace::testing
