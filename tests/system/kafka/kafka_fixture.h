// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "support/kafka_broker.h"
#include "support/kafka_reader.h"
#include "support/kafka_record.h"
#include "system/feed_server.h"

namespace millrace::testing {

// Size limits above all values in the tests: a broker setting, and a line for the mirror's
// `client`.
inline constexpr char kMessageBytesMax[] = "message.max.bytes=67108864";
inline constexpr char kMessageBytesLine[] = "client: {message.max.bytes: 67108864}";

// Tests of a server that mirrors to a real broker. All tests of a suite share the broker; each test
// has its own topic prefix.
class KafkaSuite : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_broker_ = KafkaBroker::MustStart({.settings = {kMessageBytesMax}});
  }
  static void TearDownTestSuite() { shared_broker_.reset(); }

  static KafkaBroker& broker() { return *shared_broker_; }
  static KafkaReader Reader() { return KafkaReader(broker().bootstrap()); }

 private:
  static inline std::unique_ptr<KafkaBroker> shared_broker_;
};

// Lines of section `kafka` for a mirror to this broker, plus the lines `more`.
std::vector<std::string> MirrorLines(const KafkaBroker& broker, const std::string& topic_prefix,
                                     const std::vector<std::string>& more = {});

// The mirror's status from the server. Aborts the test with the server's log if it has no mirror.
v1::MirrorStatus MirrorOf(FeedServer& feed);
// Waits until the mirror is in `state`.
v1::MirrorStatus WaitForMirror(FeedServer& feed, v1::MirrorStatus::State state);
// Waits until the mirror has committed change `sequence` and the whole log. Aborts the test with
// the mirror's error if the mirror parks or needs more than a minute.
v1::MirrorStatus WaitUntilMirrored(FeedServer& feed, uint64_t sequence);

// All committed records of these topics. Consumers see records shortly after their commit, so this
// waits until there are as many as the server has counted since its start.
std::vector<KafkaRecord> ReadMirrored(FeedServer& feed, const KafkaBroker& broker,
                                      const std::vector<std::string>& topics);

// Value of the header millrace.sequence; 0 without it.
uint64_t SequenceOf(const KafkaRecord& record);

}  // namespace millrace::testing
