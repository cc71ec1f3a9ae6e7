// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "support/temp_directory.h"

namespace millrace::testing {

// Authorities `ca` and `other`, and certificates for one test: `server` and `client` signed by the
// first, `stranger` by the second. Each is NAME.pem and NAME.key.
class ServerCertificates {
 public:
  ServerCertificates();

  std::string Path(const std::string& name) const { return directory_.path() / name; }
  // Content of the file `name`.
  std::string Text(const std::string& name) const;
  // Credentials of a client with the certificate `name`, or with none if that is empty.
  std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::string& name) const;

 private:
  void Sign(const std::string& name, const std::string& ca);

  TempDirectory directory_;
};

}  // namespace millrace::testing
