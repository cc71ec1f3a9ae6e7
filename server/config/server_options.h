// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace millrace {

// PEM files. Certificate and key: both or none; none means plain text. With `client_ca`, clients
// must present a certificate of these authorities.
struct ServerTlsOptions {
  std::string certificate;
  std::string key;
  std::string client_ca;
  friend bool operator==(const ServerTlsOptions&, const ServerTlsOptions&) = default;
};

// The gRPC services.
struct ServerOptions {
  // `address:port`, `[address]:port` or `unix:/path`. Port 0 picks a free port.
  std::string listen = "127.0.0.1:7171";
  // Allows an address other than loopback without TLS: anyone who can reach it can read all
  // changes.
  bool insecure = false;
  ServerTlsOptions tls;

  // Connections of all clients together, and of one client address (IPv6: one /64 network). The
  // server closes further connections at once.
  uint32_t connections_max = 1000;
  uint32_t connections_per_peer_max = 500;
  // Time for a new connection to complete the TLS handshake and send its HTTP/2 settings.
  Micros handshake_timeout = Micros{10} * 1'000'000;
  // Open streams of all clients together. Further streams fail with STREAM_LIMIT.
  uint32_t streams_max = 1000;
  // Calls in flight on one connection. Clients queue further calls.
  uint32_t streams_per_connection_max = 100;
  // Target size of a response, unless the request sets it.
  uint32_t response_bytes_max = 768 << 10;
  // Streams that receive the rows of a snapshot, or wait for them. Further streams fail with
  // CATCHUP_LIMIT. `catchup_bytes_max` is the memory for the digests of the rows that they have
  // seen; each stream gets an equal share. A million rows take about 60 MiB; if the rows do not
  // fit, the stream reads the log once for each part that fits.
  uint32_t catchups_max = 4;
  uint64_t catchup_bytes_max = uint64_t{256} << 20;
  // Threads that read old data from disk: the number of reads in parallel.
  uint32_t disk_readers = 4;
  // Longest silence on a stream, unless the request sets it.
  Micros progress_interval = Micros{10} * 1'000'000;
  // The server pings a connection after this idle time, and closes it if no reply comes within the
  // timeout.
  Micros keepalive_interval = Micros{30} * 1'000'000;
  Micros keepalive_timeout = Micros{10} * 1'000'000;
  // Time for streams to end when the server stops.
  Micros shutdown_grace = Micros{3} * 1'000'000;

  friend bool operator==(const ServerOptions&, const ServerOptions&) = default;
};

}  // namespace millrace
