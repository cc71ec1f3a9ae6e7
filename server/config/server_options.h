// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace millrace {

// Certificate and key, PEM files: both or none, none is plain text. `client_ca`: clients must show
// a certificate of these authorities.
struct ServerTlsOptions {
  std::string certificate;
  std::string key;
  std::string client_ca;
  friend bool operator==(const ServerTlsOptions&, const ServerTlsOptions&) = default;
};

// The gRPC services.
struct ServerOptions {
  // `address:port`, `[address]:port` or `unix:/path`. Port 0 takes a free one.
  std::string listen = "127.0.0.1:7171";
  // Allows an address other than loopback without TLS: anyone who reaches it reads all changes.
  bool insecure = false;
  ServerTlsOptions tls;

  // Connections of all clients together, and of one address (of an IPv6 network of 64 bits); one
  // more is closed at once.
  uint32_t connections_max = 1000;
  uint32_t connections_per_peer_max = 500;
  // How long a new connection may take until TLS is agreed on and it has sent its settings.
  Micros handshake_timeout = Micros{10} * 1'000'000;
  // Open streams of all clients together; one more is refused with STREAM_LIMIT.
  uint32_t streams_max = 1000;
  // Calls in flight on one connection; clients hold back more.
  uint32_t streams_per_connection_max = 100;
  // Aim for the size of a response when the request names none.
  uint32_t response_bytes_max = 768 << 10;
  // Streams that are being sent the rows of a snapshot, or wait for it; one more is refused with
  // CATCHUP_LIMIT. They share the memory for what they remember of rows, each an equal part: about
  // a million rows in 60 MiB; of more rows, the log is read once for each part that fits.
  uint32_t catchups_max = 4;
  uint64_t catchup_bytes_max = uint64_t{256} << 20;
  // Threads that read old data from the disk: the reads that the disk gets at the same time.
  uint32_t disk_readers = 4;
  // Longest silence on a stream when the request names none.
  Micros progress_interval = Micros{10} * 1'000'000;
  // A connection idle this long is asked whether it lives, and closed without an answer in time.
  Micros keepalive_interval = Micros{30} * 1'000'000;
  Micros keepalive_timeout = Micros{10} * 1'000'000;
  // How long streams may take to end when the server stops.
  Micros shutdown_grace = Micros{3} * 1'000'000;

  friend bool operator==(const ServerOptions&, const ServerOptions&) = default;
};

}  // namespace millrace
