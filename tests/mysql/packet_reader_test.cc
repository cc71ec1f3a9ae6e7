// SPDX-License-Identifier: Apache-2.0

#include "mysql/packet_reader.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>

#include "base/error.h"

namespace millrace {
namespace {

constexpr size_t kPartBytesMax = 0xffffff;

// A reader at one end of a socket pair; the test sends at the other.
class PacketReaderTest : public ::testing::Test {
 protected:
  PacketReaderTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
    options_.endpoint = "test";
    reader_ = MakeSocketPacketReader(ends_[0], options_);
  }
  ~PacketReaderTest() override {
    CloseSenderEnd();
    close(ends_[0]);
  }

  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(ends_[1], bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0);
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // One part: header and body.
  static std::string Part(uint8_t number, std::string_view body) {
    const size_t size = body.size();
    std::string part{char(size), char(size >> 8), char(size >> 16), char(number)};
    return part.append(body);
  }
  // A packet of `size` bytes: a status byte and an event with the rest.
  static std::string EventBytes(size_t size) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < 4; ++i) bytes[10 + i] = static_cast<char>((size - 1) >> (8 * i));
    return bytes;
  }
  // Sends on another thread while the test reads: `bytes` may not fit into the socket's buffer.
  std::jthread SendConcurrently(std::string bytes) {
    return std::jthread([this, bytes = std::move(bytes)] { Send(bytes); });
  }
  void CloseSenderEnd() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

  int ends_[2] = {-1, -1};
  PacketReaderOptions options_;
  std::unique_ptr<PacketReader> reader_;
};

TEST_F(PacketReaderTest, ReturnsPacketsOneByOne) {
  Send(Part(1, "one") + Part(2, "") + Part(3, "three"));
  EXPECT_EQ(*reader_->Read(), "one");
  EXPECT_EQ(*reader_->Read(), "");
  EXPECT_EQ(*reader_->Read(), "three");
}

TEST_F(PacketReaderTest, HasMoreWhilePacketsAreBuffered) {
  EXPECT_FALSE(reader_->HasMore());
  Send(Part(1, "one") + Part(2, "two"));
  EXPECT_TRUE(reader_->HasMore());
  EXPECT_EQ(*reader_->Read(), "one");
  EXPECT_TRUE(reader_->HasMore());
  EXPECT_EQ(*reader_->Read(), "two");
  EXPECT_FALSE(reader_->HasMore());
}

TEST_F(PacketReaderTest, HasMoreIsFalseForPartialPacket) {
  Send(Part(1, "one") + Part(2, "two").substr(0, 5));
  EXPECT_EQ(*reader_->Read(), "one");
  EXPECT_FALSE(reader_->HasMore());
  Send("wo");
  EXPECT_TRUE(reader_->HasMore());
  EXPECT_EQ(*reader_->Read(), "two");
}

TEST_F(PacketReaderTest, PacketsAcrossBufferEndAreComplete) {
  std::string bytes;
  for (size_t i = 1; i <= 300; ++i) bytes += Part(uint8_t(i), std::string(i * 37, char(i)));
  const auto sender = SendConcurrently(bytes);
  for (size_t i = 1; i <= 300; ++i) {
    const auto packet = reader_->Read();
    ASSERT_TRUE(packet.ok()) << packet.status();
    ASSERT_EQ(*packet, std::string(i * 37, char(i)));
  }
}

TEST_F(PacketReaderTest, PacketLargerThanBufferIsComplete) {
  const std::string large(1'000'000, 'x');
  const auto sender = SendConcurrently(Part(1, "a") + Part(2, large) + Part(3, "b"));
  EXPECT_EQ(*reader_->Read(), "a");
  EXPECT_TRUE(*reader_->Read() == large);
  EXPECT_EQ(*reader_->Read(), "b");
}

TEST_F(PacketReaderTest, PartsAreJoined) {
  const std::string full(kPartBytesMax, 'x');
  const auto sender =
      SendConcurrently(Part(1, full) + Part(2, full) + Part(3, "end") + Part(4, "next"));
  EXPECT_TRUE(*reader_->Read() == full + full + "end");
  EXPECT_EQ(*reader_->Read(), "next");
}

TEST_F(PacketReaderTest, FullPartEndsWithAnEmptyPart) {
  const std::string full(kPartBytesMax, 'x');
  const auto sender = SendConcurrently(Part(1, full) + Part(2, "") + Part(3, "next"));
  EXPECT_TRUE(*reader_->Read() == full);
  EXPECT_EQ(*reader_->Read(), "next");
}

TEST_F(PacketReaderTest, PacketAboveLimitFailsBeforeLastPart) {
  options_.packet_bytes_max = kPartBytesMax + 10;
  reader_ = MakeSocketPacketReader(ends_[0], options_);
  const auto sender = SendConcurrently(Part(1, std::string(kPartBytesMax, 'x')) +
                                       Part(2, "elevenbytes").substr(0, 4));
  const auto packet = reader_->Read();
  EXPECT_TRUE(absl::IsResourceExhausted(packet.status())) << packet.status();
  EXPECT_EQ(ErrorReason(packet.status()), "SOURCE_PACKET_TOO_LARGE");
}

TEST_F(PacketReaderTest, WrongPacketNumberIsALostConnection) {
  Send(Part(1, "one") + Part(3, "three"));
  EXPECT_TRUE(reader_->Read().ok());
  EXPECT_EQ(ErrorReason(reader_->Read().status()), "SOURCE_UNREACHABLE");
}

TEST_F(PacketReaderTest, EndInsideAPacketIsALostConnection) {
  Send(Part(1, "one").substr(0, 6));
  CloseSenderEnd();
  EXPECT_EQ(ErrorReason(reader_->Read().status()), "SOURCE_UNREACHABLE");
}

TEST_F(PacketReaderTest, SilenceEndsTheWait) {
  options_.silence_max = 1000;
  reader_ = MakeSocketPacketReader(ends_[0], options_);
  const auto packet = reader_->Read();
  EXPECT_TRUE(absl::IsUnavailable(packet.status()));
  EXPECT_EQ(ErrorReason(packet.status()), "SOURCE_SILENT");
}

TEST_F(PacketReaderTest, SilenceInsideAPacketEndsTheWait) {
  options_.silence_max = 1000;
  reader_ = MakeSocketPacketReader(ends_[0], options_);
  Send(Part(1, "one").substr(0, 5));
  EXPECT_EQ(ErrorReason(reader_->Read().status()), "SOURCE_SILENT");
}

// If the length of a packet exceeds that of its event, the reader takes later packets for its
// content.
TEST_F(PacketReaderTest, HeartbeatsInsideEndlessPacketAreSilence) {
  options_.silence_max = 50'000;
  reader_ = MakeSocketPacketReader(ends_[0], options_);
  const std::string event = EventBytes(60);
  std::string part = Part(1, event);
  part.replace(0, 3, "\xff\xff\xff");
  std::atomic<bool> read = false;
  std::jthread sender([&] {
    Send(part);
    const std::string heartbeat = Part(2, event);
    while (!read) {
      send(ends_[1], heartbeat.data(), heartbeat.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      std::this_thread::yield();
    }
  });
  const auto packet = reader_->Read();
  read = true;
  EXPECT_EQ(ErrorReason(packet.status()), "SOURCE_SILENT");
}

TEST_F(PacketReaderTest, ProgressOfLargePacketEndsSilence) {
  options_.silence_max = 50'000;
  reader_ = MakeSocketPacketReader(ends_[0], options_);
  const std::string part = Part(1, EventBytes(400'000));
  std::jthread sender([&] {
    for (size_t at = 0; at < part.size(); at += 40'000) {
      Send(std::string_view(part).substr(at, 40'000));
      const Micros sent = Clock::System().SteadyMicros();
      while (Clock::System().SteadyMicros() - sent < 10'000) std::this_thread::yield();
    }
  });
  const auto packet = reader_->Read();
  ASSERT_TRUE(packet.ok()) << packet.status();
  EXPECT_EQ(packet->size(), 400'000u);
}

// The tests below would hang if Wait did not return.
TEST_F(PacketReaderTest, WakeBeforeOrDuringWaitEndsIt) {
  const int wake = eventfd(1, EFD_NONBLOCK);
  reader_->Wait(wake);
  EXPECT_FALSE(reader_->HasMore());
  eventfd_t count = 0;
  ASSERT_EQ(eventfd_read(wake, &count), 0);
  std::jthread waiter([&] { reader_->Wait(wake); });
  eventfd_write(wake, 1);
  waiter.join();
  close(wake);
}

TEST_F(PacketReaderTest, ReceivedOrBufferedPacketEndsWait) {
  std::jthread waiter([&] { reader_->Wait(-1); });
  Send(Part(1, "one") + Part(2, "two"));
  waiter.join();
  EXPECT_EQ(*reader_->Read(), "one");
  reader_->Wait(-1);
  EXPECT_EQ(*reader_->Read(), "two");
}

TEST_F(PacketReaderTest, WokenWaitsAddUpToSilence) {
  options_.silence_max = 100'000;
  reader_ = MakeSocketPacketReader(ends_[0], options_);
  const int wake = eventfd(1, EFD_NONBLOCK);
  const Micros begin = Clock::System().SteadyMicros();
  while (Clock::System().SteadyMicros() - begin < 100'000) reader_->Wait(wake);
  EXPECT_EQ(ErrorReason(reader_->Read().status()), "SOURCE_SILENT");
  // Read did not wait for another period of silence.
  EXPECT_LT(Clock::System().SteadyMicros() - begin, 190'000);
  close(wake);
}

TEST_F(PacketReaderTest, PacketEndsTheSilence) {
  options_.silence_max = 100'000;
  reader_ = MakeSocketPacketReader(ends_[0], options_);
  const int wake = eventfd(1, EFD_NONBLOCK);
  reader_->Wait(wake);
  const Micros begin = Clock::System().SteadyMicros();
  Send(Part(1, "one"));
  EXPECT_EQ(*reader_->Read(), "one");
  reader_->Wait(-1);
  EXPECT_GE(Clock::System().SteadyMicros() - begin, 100'000);
  EXPECT_EQ(ErrorReason(reader_->Read().status()), "SOURCE_SILENT");
  close(wake);
}

}  // namespace
}  // namespace millrace
