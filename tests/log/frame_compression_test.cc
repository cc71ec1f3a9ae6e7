// SPDX-License-Identifier: Apache-2.0

#include "log/frame_compression.h"

#include <cstring>
#include <random>

#include "base/bytes.h"
#include "gtest/gtest.h"
#include "log/content.h"
#include "log/frame.h"
#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

constexpr Sequence kFirstSequence{1000};

// A frame whose payload is repetitive, like rows.
std::string Plain(size_t payload_bytes = 60'000) {
  FrameContent content = OneTransaction(kFirstSequence, 200, payload_bytes);
  for (size_t i = 0; i < content.payload.size(); ++i) {
    content.payload[i] = static_cast<char>('a' + i % 100 / (1 + i / 5000 % 7));
  }
  return Frame::Serialize(content);
}

std::string Compressed(const std::string& plain) {
  FrameCompressor compressor;
  return std::string(compressor.Compress(kFirstSequence, plain));
}

TEST(FrameCompression, FrameRoundTrips) {
  const std::string plain = Plain();
  const std::string stored = Compressed(plain);
  EXPECT_LT(stored.size(), plain.size() / 2);
  const auto expected = *Frame::Parse(kFirstSequence, plain);
  for (const auto& frame :
       {*Frame::Parse(kFirstSequence, stored), *Frame::ParseCopy(kFirstSequence, stored)}) {
    EXPECT_EQ(frame->payload(), expected->payload());
    EXPECT_EQ(frame->gtids_after(), expected->gtids_after());
    EXPECT_EQ(frame->change_count(), expected->change_count());
    EXPECT_EQ(frame->segments().size(), expected->segments().size());
  }
  EXPECT_EQ(Frame::ChangeCountOf(stored), 200u);
  EXPECT_EQ(DeclaredPlainBytes(stored), plain.size());
}

// Builds the block by hand, from literals only, so that the test does not depend on the library.
TEST(FrameCompression, FormatTwoNeverChanges) {
  const std::string plain = Frame::Serialize(OneTransaction(kFirstSequence, 7, 100));
  const std::string rest = plain.substr(10);  // after checksum, version, and a count of one byte
  ASSERT_LT(rest.size(), 15u + 255u);
  std::string stored(8, '\0');
  stored += "\x02\x07";
  AppendVarint(stored, rest.size());
  stored.push_back('\xf0');
  stored.push_back(static_cast<char>(rest.size() - 15));
  stored += rest;
  const auto frame = Frame::ParseCopy(kFirstSequence, WithChecksum(kFirstSequence, stored));
  ASSERT_TRUE(frame.ok()) << frame.status();
  EXPECT_EQ((*frame)->payload(), (*Frame::Parse(kFirstSequence, plain))->payload());
  EXPECT_EQ((*frame)->change_count(), 7u);
}

TEST(FrameCompression, SmallFramesStayUncompressed) {
  const std::string plain = Plain(210);
  EXPECT_EQ(Compressed(plain), plain);
}

TEST(FrameCompression, IncompressibleFramesStayUncompressed) {
  const std::string plain = Frame::Serialize(OneTransaction(kFirstSequence, 1, 60'000));
  EXPECT_EQ(Compressed(plain), plain);
  EXPECT_TRUE(Frame::ParseCopy(kFirstSequence, plain).ok());
}

TEST(FrameCompression, CompressAddsMissingChecksum) {
  for (const FrameContent& content :
       {OneTransaction(kFirstSequence, 7, 100), OneTransaction(kFirstSequence, 1, 60'000)}) {
    const std::string plain = Frame::Serialize(content);
    const std::string without_checksum =
        Frame::SerializeWithoutChecksum(content, {}, content.payload);
    EXPECT_NE(without_checksum, plain);
    EXPECT_EQ(Compressed(without_checksum), Compressed(plain));
  }
}

TEST(FrameCompression, AnyDamagedByteIsDetected) {
  const std::string stored = Compressed(Plain(6000));
  for (size_t i = 0; i < stored.size(); ++i) {
    std::string damaged = stored;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_EQ(ReasonOf(Frame::ParseCopy(kFirstSequence, damaged)), "LOG_DAMAGED") << "byte " << i;
  }
}

TEST(FrameCompression, ImpossibleSizeFailsBeforeAllocation) {
  std::string hostile = Compressed(Plain()).substr(0, 9);
  AppendVarint(hostile, 200);
  AppendVarint(hostile, uint64_t{1} << 40);
  hostile.append(100, 'x');
  EXPECT_EQ(ReasonOf(Frame::ParseCopy(kFirstSequence, WithChecksum(kFirstSequence, hostile))),
            "LOG_DAMAGED");
  EXPECT_EQ(DeclaredPlainBytes(hostile), 0u);
}

TEST(FrameCompression, HostileBytesStayInBounds) {
  const std::string stored = Compressed(Plain(6000));
  std::mt19937 random(42);
  for (int round = 0; round < 50'000; ++round) {
    std::string hostile = stored;
    for (uint32_t n = 1 + random() % 4; n > 0; --n) {
      hostile[9 + random() % (hostile.size() - 9)] = static_cast<char>(random());
    }
    if (random() % 4 == 0) hostile.resize(9 + random() % (hostile.size() - 9));
    const auto frame = Frame::ParseCopy(kFirstSequence, WithChecksum(kFirstSequence, hostile));
    if (!frame.ok()) continue;
    for (const Segment& segment : (*frame)->segments()) {
      ASSERT_LE(segment.end, (*frame)->payload().size());
    }
  }
}

}  // namespace
}  // namespace millrace::log::testing
