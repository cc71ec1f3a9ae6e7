// SPDX-License-Identifier: Apache-2.0

#include "log/frame.h"

#include <cstring>
#include <random>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "log/content.h"
#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

constexpr Sequence kFirst{1000};

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return hex;
}

// Expects every view and offset of a parsed frame to be inside it.
void ExpectInside(const Frame& frame) {
  for (const Segment& segment : frame.segments()) {
    ASSERT_LE(segment.offset, segment.header_offset);
    ASSERT_LE(segment.header_offset + uint64_t{segment.header_size}, segment.end);
    ASSERT_LE(segment.end, frame.payload().size());
    ASSERT_LE(uint64_t{segment.first_run} + segment.run_count, frame.runs().size());
  }
  for (const Run& run : frame.runs()) {
    ASSERT_LE(uint64_t{run.offset} + run.size, frame.payload().size());
  }
}

TEST(Frame, RoundTrips) {
  const FrameContent content = ManyTransactions(kFirst);
  const auto frame = Frame::Parse(kFirst, Frame::Serialize(content));
  ASSERT_TRUE(frame.ok()) << frame.status();
  EXPECT_EQ((*frame)->first(), kFirst);
  EXPECT_EQ((*frame)->last().value, 1006u);
  EXPECT_EQ((*frame)->change_count(), 7u);
  EXPECT_EQ((*frame)->payload(), content.payload);
  EXPECT_EQ((*frame)->gtids_before(), content.gtids_before);
  EXPECT_EQ((*frame)->gtids_after(), content.gtids_after);
  EXPECT_EQ((*frame)->commit_time_max(), content.commit_time_max);
}

TEST(Frame, FrameWithoutChecksumRoundTrips) {
  const FrameContent content = ManyTransactions(kFirst);
  const auto with_checksum = *Frame::Parse(kFirst, Frame::Serialize(content));
  // Pass the payload in two pieces.
  const std::string_view payload = content.payload;
  const auto frame = Frame::ParseUnverified(
      kFirst, Frame::SerializeWithoutChecksum(content, payload.substr(0, 10), payload.substr(10)));
  ASSERT_TRUE(frame.ok()) << frame.status();
  EXPECT_EQ((*frame)->payload(), with_checksum->payload());
  EXPECT_EQ((*frame)->gtids_after(), with_checksum->gtids_after());
  EXPECT_EQ((*frame)->segments().size(), with_checksum->segments().size());
  EXPECT_EQ(ReasonOf(Frame::ParseUnverified(kFirst, "short")), "LOG_DAMAGED");
}

TEST(Frame, SegmentsRoundTrip) {
  const FrameContent content = ManyTransactions(kFirst);
  const auto frame = *Frame::Parse(kFirst, Frame::Serialize(content));
  ASSERT_EQ(frame->segments().size(), content.segments.size());
  for (size_t i = 0; i < content.segments.size(); ++i) {
    const Segment& got = frame->segments()[i];
    const Segment& want = content.segments[i];
    EXPECT_EQ(got.offset, want.offset);
    EXPECT_EQ(got.header_offset, want.header_offset);
    EXPECT_EQ(got.header_size, want.header_size);
    EXPECT_EQ(got.end, want.end);
    EXPECT_EQ(got.more, want.more);
    EXPECT_EQ(got.first_run, want.first_run);
    EXPECT_EQ(got.run_count, want.run_count);
    EXPECT_EQ(got.changes_before, want.changes_before);
    EXPECT_EQ(got.change_count, want.change_count);
    EXPECT_EQ(got.commit_time, want.commit_time);
  }
}

TEST(Frame, RunsRoundTrip) {
  const FrameContent content = ManyTransactions(kFirst);
  const auto frame = *Frame::Parse(kFirst, Frame::Serialize(content));
  ASSERT_EQ(frame->runs().size(), content.runs.size());
  for (size_t i = 0; i < content.runs.size(); ++i) {
    EXPECT_EQ(frame->runs()[i].table_id, content.runs[i].table_id);
    EXPECT_EQ(frame->runs()[i].operation, content.runs[i].operation);
    EXPECT_EQ(frame->runs()[i].offset, content.runs[i].offset);
    EXPECT_EQ(frame->runs()[i].size, content.runs[i].size);
    EXPECT_EQ(frame->runs()[i].change_count, content.runs[i].change_count);
  }
}

// Format 1 is on users' disks: a change here needs a new version, not a new expectation.
TEST(Frame, FormatOneNeverChanges) {
  FrameContent content = OneTransaction({5}, 3, 30, 1'700'000'000'000'000);
  content.payload = "0123456789abcdefghijklmnopqrst";
  content.gtids_before = "uuid:1-9 x";
  content.gtids_after = "uuid:1-10 x";
  EXPECT_EQ(Hex(Frame::Serialize(content)),
            "0a35829228c7cc69"                // checksum
            "0103"                            // version, changes
            "8080f28183898506"                // greatest commit time
            "0a757569643a312d392078"          // GTIDs before
            "0702023130"                      // GTIDs after: 7 bytes, "10", the last 2 bytes
            "010314000001"                    // segments; prefix, header, more, time, runs
            "07020703"                        // table, operation, size, changes
            "303132333435363738396162636465"  // payload
            "666768696a6b6c6d6e6f7071727374");
}

TEST(Frame, GtidSetsOfAnyShapeRoundTrip) {
  const std::vector<std::string> sets = {"", "a", "aa", "aaa", "ab", "ba", "aba", "abba", "xyz"};
  for (const std::string& before : sets) {
    for (const std::string& after : sets) {
      FrameContent content = OneTransaction(kFirst, 1);
      content.gtids_before = before;
      content.gtids_after = after;
      const auto frame = *Frame::Parse(kFirst, Frame::Serialize(content));
      EXPECT_EQ(frame->gtids_before(), before);
      EXPECT_EQ(frame->gtids_after(), after);
    }
  }
}

TEST(Frame, SingleChangeHasSmallOverhead) {
  FrameContent content = OneTransaction(kFirst, 1, 300, 1'700'000'000'000'000);
  content.gtids_before = "";
  content.gtids_after = "";
  EXPECT_LE(Frame::Serialize(content).size(), 300u + 40u);
}

TEST(Frame, ChangeCountIsReadWithoutParsing) {
  EXPECT_EQ(Frame::ChangeCountOf(Frame::Serialize(OneTransaction(kFirst, 70'000, 1 << 20))),
            70'000u);
  EXPECT_EQ(Frame::ChangeCountOf("short"), 0u);
}

TEST(Frame, AnyDamagedByteIsDetected) {
  const std::string stored = Frame::Serialize(ManyTransactions(kFirst));
  for (size_t i = 0; i < stored.size(); ++i) {
    for (const int bit : {0, 3, 7}) {
      std::string damaged = stored;
      damaged[i] = static_cast<char>(damaged[i] ^ 1 << bit);
      EXPECT_EQ(ReasonOf(Frame::Parse(kFirst, damaged)), "LOG_DAMAGED") << "byte " << i;
    }
  }
}

TEST(Frame, TruncatedFrameIsDamaged) {
  const std::string stored = Frame::Serialize(ManyTransactions(kFirst));
  for (size_t size = 0; size < stored.size(); ++size) {
    EXPECT_EQ(ReasonOf(Frame::Parse(kFirst, stored.substr(0, size))), "LOG_DAMAGED");
  }
}

TEST(Frame, FrameUnderTheWrongSequenceIsDamaged) {
  const auto frame = Frame::Parse({1001}, Frame::Serialize(ManyTransactions(kFirst)));
  EXPECT_EQ(ReasonOf(frame), "LOG_DAMAGED");
  EXPECT_EQ(ErrorMetadataOf(frame.status()).at("sequence"), "1001");
}

TEST(Frame, NewerVersionFailsAsTooNew) {
  std::string stored = Frame::Serialize(ManyTransactions(kFirst));
  stored[8] = 3;
  EXPECT_EQ(ReasonOf(Frame::Parse(kFirst, WithChecksum(kFirst, stored))), "FORMAT_TOO_NEW");
}

TEST(Frame, HostileBytesStayInBounds) {
  const std::string stored = Frame::Serialize(ManyTransactions(kFirst));
  std::mt19937 random(42);
  int parsed = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string hostile = stored;
    for (uint32_t n = 1 + random() % 4; n > 0; --n) {
      hostile[9 + random() % 80] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
    }
    if (random() % 4 == 0) hostile.resize(9 + random() % hostile.size());
    const auto frame = Frame::Parse(kFirst, WithChecksum(kFirst, hostile));
    if (!frame.ok()) continue;
    ++parsed;
    ExpectInside(**frame);
  }
  EXPECT_GT(parsed, 0);
}

TEST(FrameDeathTest, IndexWithAGapIsNeverWritten) {
  FrameContent content = ManyTransactions(kFirst);
  content.runs[1].size -= 1;
  EXPECT_DEATH(Frame::Serialize(content), "run.offset == at|at == segment.end");
}

}  // namespace
}  // namespace millrace::log::testing
