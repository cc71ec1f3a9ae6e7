// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <openssl/x509.h>

#include <optional>

namespace millrace::api {

// gRPC 1.51 aborts the process when a certificate, its own or a client's, has a subject alternative
// name with an address that is neither IPv4 nor IPv6.

// The length of the first such address; nothing if there is none.
std::optional<int> InvalidAddressBytes(const X509& certificate);

// Makes all TLS contexts that this process creates from now on refuse peers with such a
// certificate. They verify all others as before. May be called again. Thread-safe.
void RefuseInvalidAddresses();

}  // namespace millrace::api
