// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/server_options.h"

namespace millrace::api {

// A PEM file and the configuration key that names it, such as `server.tls.key`.
struct TlsFile {
  std::string setting;
  std::string path;
};

// Reads the file. kInvalidArgument TLS_FILE_UNREADABLE: it is unreadable, empty, or larger than 1
// MiB. kUnavailable OUT_OF_FILE_DESCRIPTORS: retry; the file is not the cause.
absl::StatusOr<std::string> ReadTlsFile(const TlsFile& file);

// Validity of the certificate in a file that expires first. Wall-clock times.
struct CertificateExpiry {
  Micros not_before = 0;
  Micros not_after = 0;
  std::string subject;  // RFC 2253, ASCII, at most 256 bytes
};

// kInvalidArgument TLS_FILE_UNREADABLE: `pem` has no certificate, or a damaged one.
absl::StatusOr<CertificateExpiry> ExpiryOf(const TlsFile& file, std::string_view pem);

// The content of the files of ServerTlsOptions.
struct ServerTlsBytes {
  std::string certificate;
  std::string key;
  std::string client_ca;  // empty: not configured
  friend bool operator==(const ServerTlsBytes&, const ServerTlsBytes&) = default;
};

// Fails like ReadTlsFile.
absl::StatusOr<ServerTlsBytes> ReadServerTls(const ServerTlsOptions& options);

// The TLS material of a server.
struct ServerTls {
  std::string identity;   // PEM: the key, its certificate, the rest of the chain, and nothing else
  std::string client_ca;  // PEM; empty: clients need no certificate
  CertificateExpiry certificate;
  CertificateExpiry authority;  // of client_ca
};

// Checks that the files are valid and match each other. `options` names the files in errors. An
// expired certificate is not an error. kInvalidArgument TLS_FILE_UNREADABLE, metadata `path`: the
// message says which file is wrong, and how.
absl::StatusOr<ServerTls> ParseServerTls(const ServerTlsOptions& options,
                                         const ServerTlsBytes& bytes);

}  // namespace millrace::api
