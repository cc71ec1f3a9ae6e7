// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/server_options.h"

namespace millrace::api {

// A PEM file and the key of the configuration that names it, such as `server.tls.key`.
struct TlsFile {
  std::string setting;
  std::string path;
};

// The file's content.
// kInvalidArgument TLS_FILE_UNREADABLE: it cannot be read, is empty, or exceeds 1 MiB.
// kUnavailable OUT_OF_FILE_DESCRIPTORS: try again; the file is not at fault.
absl::StatusOr<std::string> ReadTlsFile(const TlsFile& file);

// The certificate that expires first among those of a file. Times of day.
struct CertificateExpiry {
  Micros not_before = 0;
  Micros not_after = 0;
  std::string subject;  // RFC 2253, ASCII, at most 256 bytes
};

// kInvalidArgument TLS_FILE_UNREADABLE: `pem` holds no certificate, or a damaged one.
absl::StatusOr<CertificateExpiry> ExpiryOf(const TlsFile& file, std::string_view pem);

// The files of ServerTlsOptions as they were on disk.
struct ServerTlsBytes {
  std::string certificate;
  std::string key;
  std::string client_ca;  // empty: not configured
  friend bool operator==(const ServerTlsBytes&, const ServerTlsBytes&) = default;
};

// Errors as ReadTlsFile.
absl::StatusOr<ServerTlsBytes> ReadServerTls(const ServerTlsOptions& options);

// What a server is given.
struct ServerTls {
  std::string identity;   // PEM: the key, its certificate, the rest of the chain, and nothing else
  std::string client_ca;  // PEM; empty: clients need no certificate
  CertificateExpiry certificate;
  CertificateExpiry authority;  // of client_ca
};

// Checks that all of `bytes` can be used together. `options` names the files in errors. A
// certificate that has expired is no error.
// kInvalidArgument TLS_FILE_UNREADABLE, metadata `path`: which file is wrong, and how.
absl::StatusOr<ServerTls> ParseServerTls(const ServerTlsOptions& options,
                                         const ServerTlsBytes& bytes);

}  // namespace millrace::api
