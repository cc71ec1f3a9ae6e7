// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace millrace {

// What the first packet of a server reveals about TLS.
enum class Greeting {
  kIncomplete,  // more bytes are needed
  kOffersTls,
  kOffersNoTls,
  kError,  // an error instead of a greeting: the server rejects the connection
};

// Parses the bytes received so far, starting with the packet's header. Returns kOffersNoTls for an
// unknown kind of greeting.
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
Greeting ReadGreeting(std::string_view bytes);

}  // namespace millrace
