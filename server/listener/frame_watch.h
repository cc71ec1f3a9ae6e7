// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace millrace::listener {

// What a client does with HTTP/2 that no honest one does.
enum class Abuse { kNone, kEndlessHeaders, kDroppedCalls, kIdleFrames };

// Something that may happen so often at once, and so often a second in the long run.
class Allowance {
 public:
  constexpr Allowance(double at_once, double per_second)
      : at_once_(at_once), per_second_(per_second) {}
  // It happened at `now` (steady). False if that is too often.
  bool Take(Micros now);

 private:
  double at_once_;
  double per_second_;
  double taken_ = 0;
  Micros at_ = 0;
};

// Follows the frames that a client sends on one connection (RFC 9113) and tells floods from use.
// Looks at the nine bytes before each frame and skips the rest, so its cost is a few nanoseconds a
// frame. Bytes that are no HTTP/2 are left to gRPC, which ends such a connection. README.md says
// what each limit stops.
//
// One thread at a time uses it.
class FrameWatch {
 public:
  // The next bytes of the connection, at `now` (steady). Once it has answered anything but kNone,
  // it need not be asked again.
  Abuse Read(std::string_view bytes, Micros now);

 private:
  static constexpr size_t kFrameHeaderBytes = 9;
  // Far more than a client may have at once by default (`server.streams_per_connection_max`).
  static constexpr size_t kOpenedStreamsKept = 1024;

  struct OpenedStream {
    uint32_t stream = 0;
    uint32_t at = 0;  // milliseconds; goes round
  };

  Abuse OnFrame(Micros now);
  Abuse OnHeaders(size_t length, uint8_t flags, uint32_t stream, Micros now);
  Abuse OnHeaderBlock(size_t length, uint8_t flags);
  Abuse OnReset(uint32_t stream, Micros now);
  Abuse OnIdleFrame(Micros now);
  bool OpenedRecently(uint32_t stream, Micros now) const;

  bool is_http2_ = true;
  size_t preface_seen_ = 0;
  std::array<uint8_t, kFrameHeaderBytes> header_{};
  size_t header_seen_ = 0;
  size_t payload_left_ = 0;

  // Of the header block that is being received.
  size_t block_bytes_ = 0;
  size_t block_frames_ = 0;

  uint32_t newest_stream_ = 0;
  std::array<OpenedStream, kOpenedStreamsKept> opened_streams_{};  // by the number of the stream
  Allowance dropped_calls_{200, 100};
  Allowance idle_frames_{40'000, 20'000};
};

}  // namespace millrace::listener
