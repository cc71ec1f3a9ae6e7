// SPDX-License-Identifier: Apache-2.0

#include "system/feed/server_certificates.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include "support/process.h"

namespace millrace::testing {
namespace {

void Openssl(std::vector<std::string> arguments) {
  const auto result =
      RunProcess({.program = "openssl", .arguments = std::move(arguments)}, absl::Minutes(1));
  if (result.ok() && result->exit_code == 0) return;
  std::cerr << "openssl: " << (result.ok() ? result->errors : result.status().ToString());
  std::abort();
}

}  // namespace

ServerCertificates::ServerCertificates() {
  for (const std::string ca : {"ca", "other"}) {
    Openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", "/CN=" + ca, "-keyout", Path(ca + ".key"), "-out",
             Path(ca + ".pem")});
  }
  std::ofstream(Path("names")) << "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
  Sign("server", "ca");
  Sign("client", "ca");
  Sign("stranger", "other");
}

std::string ServerCertificates::Text(const std::string& name) const {
  return ReadFileTail(Path(name), 1 << 20);
}

std::shared_ptr<grpc::ChannelCredentials> ServerCertificates::Credentials(
    const std::string& name) const {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = Text("ca.pem");
  if (!name.empty()) {
    options.pem_cert_chain = Text(name + ".pem");
    options.pem_private_key = Text(name + ".key");
  }
  return grpc::SslCredentials(options);
}

void ServerCertificates::Sign(const std::string& name, const std::string& ca) {
  Openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
           "/CN=" + name, "-keyout", Path(name + ".key"), "-out", Path(name + ".csr")});
  Openssl({"x509", "-req", "-in", Path(name + ".csr"), "-CA", Path(ca + ".pem"), "-CAkey",
           Path(ca + ".key"), "-CAcreateserial", "-days", "2", "-extfile", Path("names"), "-out",
           Path(name + ".pem")});
}

}  // namespace millrace::testing
