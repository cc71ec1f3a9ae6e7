// SPDX-License-Identifier: Apache-2.0

#include "mysql/packet_reader.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/error.h"
#include "base/scratch.h"
#include "fmt/format.h"
#include "mysql/errors.h"

namespace millrace {
namespace {

constexpr size_t kPacketHeaderBytes = 4;
// Another part follows a part of this size.
constexpr size_t kFullPartBytes = 0xffffff;
constexpr size_t kBufferBytes = 256 << 10;
// With less free space at its end, the buffer moves its content to the front before receiving more.
constexpr size_t kFreeBytesMin = kBufferBytes / 2;
// Receiving this much of a packet counts as progress. Fewer bytes may be heartbeats that look like
// the rest of a packet with a wrong length.
constexpr size_t kProgressBytes = 16 << 10;

// Whether the event at `packet` is as long as its packet. `part_bytes`: size of the packet's first
// part.
bool LengthsAgree(const char* packet, size_t part_bytes) {
  constexpr size_t kEventSizeAt = 1 + 9;
  const size_t bytes = size_t{LoadLittle32(packet + kEventSizeAt)} + 1;
  return packet[0] == 0 &&
         (part_bytes < kFullPartBytes ? bytes == part_bytes : bytes >= part_bytes);
}

class SocketPacketReader final : public PacketReader {
 public:
  SocketPacketReader(int socket, const PacketReaderOptions& options)
      : socket_(socket),
        options_(options),
        wait_(socket, options_),
        buffer_(std::make_unique<char[]>(kBufferBytes)) {}

  absl::StatusOr<std::string_view> Read() override {
    ReleaseScratch(large_);
    absl::StatusOr<std::string_view> packet = ReadPacket();
    if (packet.ok()) [[likely]]
      wait_.EndSilence();
    return packet;
  }

  bool HasMore() const override { return HasWholePacket() || ReadableNow(socket_); }

  void Wait(int wake) override {
    if (!HasMore()) wait_.WaitUntilReadableOrWoken(wake, options_.silence_max);
  }

 private:
  absl::StatusOr<std::string_view> ReadPacket() {
    if (HasWholePacket() && NumberOf(buffer_.get() + begin_) == next_number_) [[likely]]
      return TakePacket();
    progress_ = 0;
    MILLRACE_ASSIGN_OR_RETURN(const size_t size, ReadHeader());
    if (size + kPacketHeaderBytes > kBufferBytes) return ReadLarge(size);
    MILLRACE_RETURN_IF_ERROR(FillBuffer(size));
    const std::string_view packet(buffer_.get() + begin_, size);
    begin_ += size;
    return packet;
  }

  static uint8_t NumberOf(const char* header) { return static_cast<uint8_t>(header[3]); }

  // Whether the buffer contains the whole next packet. Always false for a packet larger than the
  // buffer.
  bool HasWholePacket() const {
    const size_t buffered = end_ - begin_;
    return buffered >= kPacketHeaderBytes &&
           buffered - kPacketHeaderBytes >= LoadLittle24(buffer_.get() + begin_);
  }
  // Requires HasWholePacket.
  std::string_view TakePacket() {
    const char* const packet = buffer_.get() + begin_ + kPacketHeaderBytes;
    const size_t size = LoadLittle24(buffer_.get() + begin_);
    ++next_number_;
    begin_ += kPacketHeaderBytes + size;
    return {packet, size};
  }

  // Size of the next part.
  absl::StatusOr<size_t> ReadHeader() {
    MILLRACE_RETURN_IF_ERROR(FillBuffer(kPacketHeaderBytes));
    const char* header = buffer_.get() + begin_;
    const uint8_t number = NumberOf(header);
    if (number != next_number_) [[unlikely]] {
      return SourceUnreachable(
          options_.endpoint, fmt::format("received packet {} instead of {}", number, next_number_));
    }
    ++next_number_;
    begin_ += kPacketHeaderBytes;
    return LoadLittle24(header);
  }

  // Receives until the buffer has `size` bytes from begin_ on. Requires: size <= kBufferBytes.
  absl::Status FillBuffer(size_t size) {
    while (end_ - begin_ < size) {
      // The unread bytes are usually a part of one event. Moving them costs less than another recv.
      if (begin_ == end_ || kBufferBytes - end_ < kFreeBytesMin || begin_ + size > kBufferBytes) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
      }
      MILLRACE_ASSIGN_OR_RETURN(const size_t got,
                                Receive(buffer_.get() + end_, kBufferBytes - end_));
      end_ += got;
      if (size > kPacketHeaderBytes) RecordProgress(got, buffer_.get() + begin_, size);
    }
    return absl::OkStatus();
  }

  // Reads a packet larger than the buffer, whose first part has `size` bytes.
  absl::StatusOr<std::string_view> ReadLarge(size_t size) {
    large_.clear();
    MILLRACE_RETURN_IF_ERROR(AppendPart(size));
    while (size == kFullPartBytes) {
      MILLRACE_ASSIGN_OR_RETURN(size, ReadHeader());
      MILLRACE_RETURN_IF_ERROR(AppendPart(size));
    }
    return std::string_view(large_);
  }

  absl::Status AppendPart(size_t size) {
    if (large_.size() + size > options_.packet_bytes_max) {
      return PacketTooLarge(options_.endpoint, fmt::format("an event takes more than {} bytes",
                                                           options_.packet_bytes_max));
    }
    const size_t buffered = std::min(size, end_ - begin_);
    large_.append(buffer_.get() + begin_, buffered);
    begin_ += buffered;
    size_t at = large_.size();
    large_.resize(at + size - buffered);
    while (at < large_.size()) {
      MILLRACE_ASSIGN_OR_RETURN(const size_t got, Receive(large_.data() + at, large_.size() - at));
      at += got;
      RecordProgress(got, large_.data(), std::min(large_.size(), kFullPartBytes));
    }
    return absl::OkStatus();
  }

  // Ends the silence after kProgressBytes of the packet at `packet`, whose first part has
  // `part_bytes`.
  void RecordProgress(size_t got, const char* packet, size_t part_bytes) {
    progress_ += got;
    if (progress_ < kProgressBytes || !LengthsAgree(packet, part_bytes)) return;
    wait_.EndSilence();
    progress_ = 0;
  }

  // Receives at least one byte.
  absl::StatusOr<size_t> Receive(char* to, size_t size) {
    while (true) {
      const ssize_t got = recv(socket_, to, size, MSG_DONTWAIT);
      if (got > 0) [[likely]]
        return static_cast<size_t>(got);
      if (got == 0) return SourceUnreachable(options_.endpoint, "the source closed the connection");
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) {
        return SourceUnreachable(options_.endpoint, std::strerror(errno));
      }
      MILLRACE_RETURN_IF_ERROR(wait_.WaitUntilReadable());
    }
  }

  const int socket_;
  const PacketReaderOptions options_;
  SocketWait wait_;
  const std::unique_ptr<char[]> buffer_;
  // [begin_, end_) of buffer_ has been received and not returned yet.
  size_t begin_ = 0;
  size_t end_ = 0;
  std::string large_;
  size_t progress_ = 0;  // bytes of the incomplete packet since EndSilence
  // The request was packet 0. The numbers of the response continue from there and wrap.
  uint8_t next_number_ = 1;
};

}  // namespace

std::unique_ptr<PacketReader> MakeSocketPacketReader(int socket,
                                                     const PacketReaderOptions& options) {
  return std::make_unique<SocketPacketReader>(socket, options);
}

Micros SocketWait::SilenceEnd() {
  const Micros now = Clock::System().SteadyMicros();
  if (silent_since_ == 0) silent_since_ = now;
  // At most as long as poll can wait.
  return silent_since_ + std::min<Micros>(options_.silence_max, Micros{1 << 30} * 1000);
}

SocketWait::Outcome SocketWait::Poll(int wake, Micros deadline) {
  while (true) {
    const Micros left = deadline - Clock::System().SteadyMicros();
    std::array<pollfd, 2> waits = {pollfd{.fd = socket_, .events = POLLIN, .revents = 0},
                                   pollfd{.fd = wake, .events = POLLIN, .revents = 0}};
    const int ready = poll(waits.data(), waits.size(),
                           static_cast<int>(std::max<Micros>((left + 999) / 1000, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return Outcome::kFailed;
    if (ready == 0) return Outcome::kNothing;
    return waits[0].revents == 0 ? Outcome::kWoken : Outcome::kReadable;
  }
}

absl::Status SocketWait::WaitUntilReadable() {
  // poll ignores a descriptor of -1.
  switch (Poll(-1, SilenceEnd())) {
    case Outcome::kNothing:
      return SourceSilent(options_.endpoint, options_.silence_max);
    case Outcome::kFailed:
      return SourceUnreachable(options_.endpoint, std::strerror(errno));
    case Outcome::kReadable:
    case Outcome::kWoken:
      break;
  }
  return absl::OkStatus();
}

void SocketWait::WaitUntilReadableOrWoken(int wake, Micros wait_max) {
  Poll(wake, std::min(SilenceEnd(), Clock::System().SteadyMicros() + wait_max));
}

bool ReadableNow(int socket) {
  pollfd wait{.fd = socket, .events = POLLIN, .revents = 0};
  return poll(&wait, 1, 0) > 0;
}

}  // namespace millrace
