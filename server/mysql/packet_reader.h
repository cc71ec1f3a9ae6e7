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
  // True if Read would not have to wait: a packet is here, or part of one and more arrives. May be
  // false while TLS still holds decrypted bytes; never true when nothing has come.
  virtual bool HasMore() const = 0;
};

struct PacketReaderOptions {
  // For messages: where the packets come from.
  std::string endpoint;
  // Longest silence, between packets or inside one.
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

// Waits until `socket` can be read. kUnavailable SOURCE_SILENT after options.silence_max.
absl::Status WaitReadable(int socket, const PacketReaderOptions& options);

// True if a read of `socket` would not wait.
bool ReadableNow(int socket);

}  // namespace millrace
