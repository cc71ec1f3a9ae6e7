// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace millrace {

// Source of the packets that follow a dump request. One thread reads; see BinlogStream for the one
// thing that another thread may do.
class PacketReader {
 public:
  virtual ~PacketReader() = default;
  // Blocks for the next packet: status byte and the rest, put together if it came in parts of
  // 16 MiB. The view is valid until the next call. kUnavailable SOURCE_SILENT: nothing came in
  // time; SOURCE_UNREACHABLE: the connection is lost. kResourceExhausted SOURCE_PACKET_TOO_LARGE.
  // After a failure the reader is of no more use.
  virtual absl::StatusOr<std::string_view> Read() = 0;
  // True if Read would not have to wait: a packet is here, or part of one and more arrives. With
  // Oracle's library it may be false while TLS still holds decrypted bytes; never true when nothing
  // has come.
  virtual bool HasMore() const = 0;
  // Blocks until HasMore, until the file descriptor `wake` can be read, or until the time of
  // silence is over, which the next Read then reports. With Oracle's library and TLS it may give up
  // earlier.
  virtual void Wait(int wake) = 0;
};

struct PacketReaderOptions {
  // For messages: where the packets come from.
  std::string endpoint;
  // Longest silence: time without a whole packet, or a good part of a large one.
  Micros silence_max = Micros{15} * 1'000'000;
  // Largest packet; bounds the memory that a hostile source can make us take.
  uint64_t packet_bytes_max = uint64_t{1} << 30;
};

// Reads plain packets from a socket past the client library: one copy less and a larger buffer,
// which saves about 70 ns for each event (measured: 0.12 s of CPU instead of 0.19 for a million
// events). `socket` stays the caller's and outlives the reader; nothing of the answer may have been
// read yet. Protocol:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
std::unique_ptr<PacketReader> MakeSocketPacketReader(int socket,
                                                     const PacketReaderOptions& options);

// Waits for what comes from a socket, and counts how long nothing of use has: over all waits from
// the last EndSilence on. `options` outlives it.
class SocketWait {
 public:
  SocketWait(int socket, const PacketReaderOptions& options) : socket_(socket), options_(options) {}
  // Blocks until the socket can be read. kUnavailable SOURCE_SILENT: the silence has lasted
  // options.silence_max, and nothing is there.
  absl::Status Readable();
  // Blocks until the socket or `wake` can be read, the silence has lasted too long, or for
  // `wait_max`.
  void ReadableOrWoken(int wake, Micros wait_max);
  // Something of use has come.
  void EndSilence() { silent_since_ = 0; }

 private:
  enum class Outcome { kReadable, kWoken, kNothing, kFailed };
  Outcome Poll(int wake, Micros deadline);
  Micros SilenceEnd();

  const int socket_;
  const PacketReaderOptions& options_;
  // When the first wait since then began; 0: none did.
  Micros silent_since_ = 0;
};

// True if a read of `socket` would not wait.
bool ReadableNow(int socket);

}  // namespace millrace
