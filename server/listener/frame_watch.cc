// SPDX-License-Identifier: Apache-2.0

#include "listener/frame_watch.h"

#include <algorithm>
#include <cstring>

namespace millrace::listener {
namespace {

// RFC 9113, 3.4: the first bytes from a client.
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 9113, 6: the frame types and flags that matter here.
constexpr uint8_t kData = 0, kHeaders = 1, kResetStream = 3, kWindowUpdate = 8, kContinuation = 9;
constexpr uint8_t kEndStream = 1, kEndHeaders = 4;

// gRPC rejects more than 8 KiB of headers, and a frame has up to 16 KiB.
constexpr size_t kHeaderBytesMax = size_t{32} << 10;
constexpr size_t kHeaderFramesMax = 16;
// A call that the client cancels sooner than this counts as dropped.
constexpr uint32_t kDroppedWithinMillis = 1000;

uint32_t Millis(Micros time) { return static_cast<uint32_t>(time / 1000); }

}  // namespace

bool Allowance::Take(Micros now) {
  const double regained = per_second_ * static_cast<double>(now - at_) / 1e6;
  taken_ = std::max(0.0, taken_ - regained) + 1;
  at_ = now;
  return taken_ <= at_once_;
}

Abuse FrameWatch::Read(std::string_view bytes, Micros now) {
  while (!bytes.empty() && is_http2_) {
    if (preface_seen_ < kPreface.size()) {
      const size_t count = std::min(bytes.size(), kPreface.size() - preface_seen_);
      is_http2_ = bytes.substr(0, count) == kPreface.substr(preface_seen_, count);
      preface_seen_ += count;
      bytes.remove_prefix(count);
      continue;
    }
    const size_t skipped = std::min(bytes.size(), payload_left_);
    payload_left_ -= skipped;
    bytes.remove_prefix(skipped);
    const size_t count = std::min(bytes.size(), kFrameHeaderBytes - header_seen_);
    std::memcpy(header_.data() + header_seen_, bytes.data(), count);
    header_seen_ += count;
    bytes.remove_prefix(count);
    if (header_seen_ < kFrameHeaderBytes) continue;
    header_seen_ = 0;
    const Abuse abuse = OnFrame(now);
    if (abuse != Abuse::kNone) return abuse;
  }
  return Abuse::kNone;
}

// RFC 9113, 4.1: 24 bits of length, type, flags, 31 bits of stream.
Abuse FrameWatch::OnFrame(Micros now) {
  const size_t length = size_t{header_[0]} << 16 | size_t{header_[1]} << 8 | header_[2];
  const uint8_t flags = header_[4];
  const uint32_t stream = (uint32_t{header_[5]} << 24 | uint32_t{header_[6]} << 16 |
                           uint32_t{header_[7]} << 8 | header_[8]) &
                          0x7fffffff;
  payload_left_ = length;
  switch (header_[3]) {
    case kData:
      return length == 0 && (flags & kEndStream) == 0 ? OnIdleFrame(now) : Abuse::kNone;
    case kHeaders:
      return OnHeaders(length, flags, stream, now);
    case kContinuation:
      return OnHeaderBlock(length, flags);
    case kResetStream:
      return OnReset(stream, now);
    case kWindowUpdate:
      return Abuse::kNone;
    default:
      return OnIdleFrame(now);
  }
}

Abuse FrameWatch::OnHeaders(size_t length, uint8_t flags, uint32_t stream, Micros now) {
  block_bytes_ = 0;
  block_frames_ = 0;
  if (stream > newest_stream_) {
    newest_stream_ = stream;
    opened_streams_[stream / 2 % kOpenedStreamsKept] = {.stream = stream, .at = Millis(now)};
  }
  return OnHeaderBlock(length, flags);
}

Abuse FrameWatch::OnHeaderBlock(size_t length, uint8_t flags) {
  block_bytes_ += length;
  ++block_frames_;
  if (block_bytes_ > kHeaderBytesMax || block_frames_ > kHeaderFramesMax) {
    return Abuse::kEndlessHeaders;
  }
  if ((flags & kEndHeaders) != 0) {
    block_bytes_ = 0;
    block_frames_ = 0;
  }
  return Abuse::kNone;
}

Abuse FrameWatch::OnReset(uint32_t stream, Micros now) {
  if (!OpenedRecently(stream, now)) return OnIdleFrame(now);
  return dropped_calls_.Take(now) ? Abuse::kNone : Abuse::kDroppedCalls;
}

// If a newer stream has overwritten the entry, uses the age of the newer stream.
bool FrameWatch::OpenedRecently(uint32_t stream, Micros now) const {
  const OpenedStream& open = opened_streams_[stream / 2 % kOpenedStreamsKept];
  return open.stream >= stream && Millis(now) - open.at < kDroppedWithinMillis;
}

Abuse FrameWatch::OnIdleFrame(Micros now) {
  return idle_frames_.Take(now) ? Abuse::kNone : Abuse::kIdleFrames;
}

}  // namespace millrace::listener
