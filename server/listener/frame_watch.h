// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace millrace::listener {

// Uses of HTTP/2 that only occur in floods.
enum class Abuse { kNone, kEndlessHeaders, kDroppedCalls, kIdleFrames };

// A rate limit: allows `at_once` events in a burst, and `per_second` in the long run.
class Allowance {
 public:
  constexpr Allowance(double at_once, double per_second)
      : at_once_(at_once), per_second_(per_second) {}
  // Counts an event at `now` (steady clock). False if the limit is exceeded.
  bool Take(Micros now);

 private:
  double at_once_;
  double per_second_;
  double taken_ = 0;
  Micros at_ = 0;
};

// Detects floods by the frames that a client sends on one connection (RFC 9113). Reads the
// nine-byte header of each frame and skips the rest, which costs a few nanoseconds per frame.
// Ignores bytes that are not HTTP/2; gRPC closes such a connection. README.md explains the limits.
//
// Use from one thread at a time.
class FrameWatch {
 public:
  // Takes the next bytes of the connection, at `now` (steady clock). After a result other than
  // kNone, do not call it again.
  Abuse Read(std::string_view bytes, Micros now);

 private:
  static constexpr size_t kFrameHeaderBytes = 9;
  // Many more than the default of `server.streams_per_connection_max`.
  static constexpr size_t kOpenedStreamsKept = 1024;

  struct OpenedStream {
    uint32_t stream = 0;
    uint32_t at = 0;  // milliseconds; wraps around
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

  // The header block that is being received.
  size_t block_bytes_ = 0;
  size_t block_frames_ = 0;

  uint32_t newest_stream_ = 0;
  std::array<OpenedStream, kOpenedStreamsKept> opened_streams_{};  // indexed by stream number
  Allowance dropped_calls_{200, 100};
  Allowance idle_frames_{40'000, 20'000};
};

}  // namespace millrace::listener
