// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "support/temp_directory.h"

namespace millrace::testing {

// Authorities `ca` and `other`, and certificates for one test: `server` and `client` of the first,
// `stranger` of the second. Each is NAME.pem and NAME.key.
class ServerCertificates {
 public:
  ServerCertificates();

  std::string Path(const std::string& name) const { return directory_.path() / name; }
  // What the file `name` holds.
  std::string Text(const std::string& name) const;
  // Of a client that shows the certificate `name`, or none if that is empty.
  std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::string& name) const;

 private:
  void Sign(const std::string& name, const std::string& ca);

  TempDirectory directory_;
};

}  // namespace millrace::testing
