// SPDX-License-Identifier: Apache-2.0

#include "listener/frame_watch.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "support/raw_http2.h"

namespace millrace::listener {
namespace {

using testing::http2::Frame;
namespace http2 = testing::http2;

constexpr Micros kSecond = 1'000'000;
constexpr uint8_t kPriority = 2, kWindowUpdate = 8, kUnknown = 0x42;

std::string Reset(uint32_t stream) {
  return Frame(http2::kResetStream, 0, stream, std::string(4, 'x'));
}
std::string Call(uint32_t stream) {
  return Frame(http2::kHeaders, http2::kEndHeaders, stream, "headers");
}

class FrameWatchTest : public ::testing::Test {
 protected:
  FrameWatchTest() { EXPECT_EQ(Read(http2::Preface()), Abuse::kNone); }
  Abuse Read(const std::string& bytes) { return watch_.Read(bytes, now_); }
  // How often `bytes` can be read before they count as `abuse`, up to `most`.
  int CountUntilAbuse(const std::string& bytes, int most, Abuse abuse) {
    for (int i = 0; i < most; ++i) {
      const Abuse found = Read(bytes);
      if (found == Abuse::kNone) continue;
      EXPECT_EQ(found, abuse);
      return i;
    }
    return most;
  }

  FrameWatch watch_;
  Micros now_ = 1000 * kSecond;
};

TEST_F(FrameWatchTest, NormalCallsAreNoAbuse) {
  const std::string window = Frame(kWindowUpdate, 0, 1, std::string(4, 'x'));
  for (uint32_t stream = 1; stream < 100'000; stream += 2) {
    const std::string data = Frame(http2::kData, http2::kEndStream, stream, std::string(5, 'x'));
    ASSERT_EQ(Read(Call(stream) + data + window), Abuse::kNone);
  }
}

TEST_F(FrameWatchTest, HeaderBlockCanHaveSixteenFrames) {
  EXPECT_EQ(Read(Frame(http2::kHeaders, 0, 1, "x")), Abuse::kNone);
  const std::string more = Frame(http2::kContinuation, 0, 1, "");
  EXPECT_EQ(CountUntilAbuse(more, 1000, Abuse::kEndlessHeaders), 15);
}

TEST_F(FrameWatchTest, HeaderBlockCanHave32KiB) {
  EXPECT_EQ(Read(Frame(http2::kHeaders, 0, 1, std::string(16 << 10, 'x'))), Abuse::kNone);
  EXPECT_EQ(Read(Frame(http2::kContinuation, http2::kEndHeaders, 1, std::string(16 << 10, 'x'))),
            Abuse::kNone);
  // The count restarts with the next block.
  EXPECT_EQ(Read(Frame(http2::kHeaders, 0, 3, std::string(16 << 10, 'x'))), Abuse::kNone);
  EXPECT_EQ(Read(Frame(http2::kContinuation, 0, 3, std::string((16 << 10) + 1, 'x'))),
            Abuse::kEndlessHeaders);
}

TEST_F(FrameWatchTest, LargeHeaderFrameIsAbuseBeforeItsPayload) {
  const std::string begin = Frame(http2::kHeaders, 0, 1, std::string(1 << 20, 'x')).substr(0, 9);
  EXPECT_EQ(Read(begin), Abuse::kEndlessHeaders);
}

TEST_F(FrameWatchTest, CallsDroppedAtOnceAreLimited) {
  uint32_t stream = 1;
  int dropped = 0;
  while (Read(Call(stream) + Reset(stream)) == Abuse::kNone) {
    stream += 2;
    ASSERT_LT(++dropped, 2000);
  }
  EXPECT_EQ(dropped, 200);
}

TEST_F(FrameWatchTest, OccasionallyDroppedCallsAreNoAbuse) {
  for (uint32_t stream = 1; stream < 20'000; stream += 2) {
    now_ += kSecond / 100;
    ASSERT_EQ(Read(Call(stream) + Reset(stream)), Abuse::kNone) << stream;
  }
}

TEST_F(FrameWatchTest, StreamsEndedAfterASecondAreNoAbuse) {
  constexpr uint32_t kStreams = 10'000;
  for (uint32_t i = 0; i < kStreams; ++i) ASSERT_EQ(Read(Call(2 * i + 1)), Abuse::kNone);
  now_ += kSecond;
  for (uint32_t i = 0; i < kStreams; ++i) ASSERT_EQ(Read(Reset(2 * i + 1)), Abuse::kNone) << i;
}

TEST_F(FrameWatchTest, ManyCallsOpenedThenDroppedAreLimited) {
  for (uint32_t i = 0; i < 2000; ++i) ASSERT_EQ(Read(Call(2 * i + 1)), Abuse::kNone);
  now_ += kSecond / 2;
  Abuse abuse = Abuse::kNone;
  for (uint32_t i = 0; i < 2000 && abuse == Abuse::kNone; ++i) abuse = Read(Reset(2 * i + 1));
  EXPECT_EQ(abuse, Abuse::kDroppedCalls);
}

TEST_F(FrameWatchTest, IdleFramesAreLimited) {
  for (const std::string& frame :
       {Frame(http2::kSettings, 0, 0, ""), Frame(http2::kPing, 0, 0, std::string(8, 'x')),
        Frame(http2::kData, 0, 1, ""), Frame(kPriority, 0, 1, std::string(5, 'x')),
        Frame(kUnknown, 0, 1, "x")}) {
    watch_ = FrameWatch();
    // The preface includes a SETTINGS frame.
    EXPECT_EQ(Read(http2::Preface()), Abuse::kNone);
    EXPECT_EQ(CountUntilAbuse(frame, 50'000, Abuse::kIdleFrames), 39'999);
    now_ += 100 * kSecond;
  }
}

TEST_F(FrameWatchTest, BytesCanArriveInAnyPieces) {
  std::string bytes = http2::Preface();
  for (uint32_t stream = 1; stream < 41; stream += 2) bytes += Call(stream) + Reset(stream);
  bytes += Frame(http2::kHeaders, 0, 41, std::string(40 << 10, 'x'));
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    FrameWatch watch;
    Abuse abuse = Abuse::kNone;
    for (size_t at = 0; at < bytes.size() && abuse == Abuse::kNone;) {
      const size_t count = std::min<size_t>(1 + random() % 40, bytes.size() - at);
      abuse = watch.Read({bytes.data() + at, count}, now_);
      at += count;
    }
    ASSERT_EQ(abuse, Abuse::kEndlessHeaders) << round;
  }
}

TEST_F(FrameWatchTest, OtherProtocolsAreIgnored) {
  FrameWatch watch;
  std::mt19937 random(7);
  EXPECT_EQ(watch.Read("GET / HTTP/1.1\r\n\r\n", now_), Abuse::kNone);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise(1 + random() % 100, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    ASSERT_EQ(watch.Read(noise, now_), Abuse::kNone);
  }
}

}  // namespace
}  // namespace millrace::listener
