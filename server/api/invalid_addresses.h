// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <openssl/x509.h>

#include <optional>

namespace millrace::api {

// gRPC 1.51 aborts the process when a certificate, its own or that of a client, has a subject
// alternative name with an address that is neither of IPv4 nor of IPv6.

// Bytes of the first such address; nothing if there is none.
std::optional<int> InvalidAddressBytes(const X509& certificate);

// Makes TLS contexts of this process that are created from now on refuse peers with such a
// certificate; they verify all others as before. May be called again. Thread-safe.
void RefuseInvalidAddresses();

}  // namespace millrace::api
