// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace millrace {

// What a server's first packet says of TLS.
enum class Greeting {
  kIncomplete,  // more bytes are needed to tell
  kOffersTls,
  kOffersNoTls,
  kError,  // no greeting but an error: the server refuses us before anything was said
};

// Reads `bytes`, header of the packet included, as far as they have come. What is no greeting that
// we know offers no TLS.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
Greeting ReadGreeting(std::string_view bytes);

}  // namespace millrace
