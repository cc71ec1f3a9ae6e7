// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "api/test_certificates.h"
#include "config/server_options.h"
#include "support/temp_directory.h"

namespace millrace::api {

// The files of server.tls in a separate directory.
class CertificateFiles {
 public:
  std::string Path(const std::string& name) const { return directory_.path() / name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
  }
  void Remove(const std::string& name) const { std::filesystem::remove(Path(name)); }
  // Writes the certificate with its chain, and the key.
  void WriteServer(const Identity& server, const std::string& rest_of_chain = "") const {
    Write("server.pem", server.certificate + rest_of_chain);
    Write("server.key", server.key);
  }
  ServerTlsOptions Options() const {
    return {.certificate = Path("server.pem"), .key = Path("server.key"), .client_ca = ""};
  }
  ServerTlsOptions OptionsWithClientCa() const {
    ServerTlsOptions options = Options();
    options.client_ca = Path("clients.pem");
    return options;
  }

 private:
  millrace::testing::TempDirectory directory_;
};

}  // namespace millrace::api
