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

// For values of any size that the tests have: of the broker, and in the mirror's `client`.
inline constexpr char kMessageBytesMax[] = "message.max.bytes=67108864";
inline constexpr char kMessageBytesLine[] = "client: {message.max.bytes: 67108864}";

// Tests of a server that mirrors to a real broker, which all tests of a suite share: each test has
// a topic prefix of its own.
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

// Lines of section `kafka`: a mirror to this broker, and what else is wanted.
std::vector<std::string> MirrorLines(const KafkaBroker& broker, const std::string& topic_prefix,
                                     const std::vector<std::string>& more = {});

// The mirror as the server tells of it; aborts the test with the server's log if it has none.
v1::MirrorStatus MirrorOf(FeedServer& feed);
// Waits until it is in that state.
v1::MirrorStatus WaitForMirror(FeedServer& feed, v1::MirrorStatus::State state);
// Waits until the mirror has committed everything up to the change, and all there is; aborts the
// test, with its error, if it parks or does not come that far within a minute.
v1::MirrorStatus WaitUntilMirrored(FeedServer& feed, uint64_t sequence);

// All records of these topics that the server has committed since it started, and those from
// before: right after a commit a consumer may not be given its records yet.
std::vector<KafkaRecord> ReadMirrored(FeedServer& feed, const KafkaBroker& broker,
                                      const std::vector<std::string>& topics);

// Of header millrace.sequence, 0 without.
uint64_t SequenceOf(const KafkaRecord& record);

}  // namespace millrace::testing
