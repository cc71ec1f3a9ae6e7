// SPDX-License-Identifier: Apache-2.0

#include "api/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/certificate_files.h"
#include "base/error.h"

namespace millrace::api {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TlsFilesTest : public ::testing::Test {
 protected:
  absl::StatusOr<ServerTls> Parse(const ServerTlsOptions& options) {
    MILLRACE_ASSIGN_OR_RETURN(const ServerTlsBytes bytes, ReadServerTls(options));
    return ParseServerTls(options, bytes);
  }
  // The message of a TLS_FILE_UNREADABLE error; it must name `file`.
  std::string ErrorNaming(const std::string& file, const ServerTlsOptions& options) {
    const absl::Status status = Parse(options).status();
    EXPECT_EQ(ErrorReason(status), "TLS_FILE_UNREADABLE") << status;
    EXPECT_EQ(ErrorMetadataOf(status)["path"], files_.Path(file)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("'" + files_.Path(file) + "'"));
    return std::string(status.message());
  }
  std::string ErrorNaming(const std::string& file) { return ErrorNaming(file, files_.Options()); }

  CertificateFiles files_;
  const Identity ca_ = MakeIdentity({.name = "ca"});
  const Identity server_ = MakeIdentity({.name = "feed", .issuer = &ca_});
};

TEST_F(TlsFilesTest, ValidFilesAreAccepted) {
  files_.WriteServer(server_, ca_.certificate);
  files_.Write("clients.pem", ca_.certificate);
  const auto tls = Parse(files_.OptionsWithClientCa());
  ASSERT_TRUE(tls.ok()) << tls.status();
  EXPECT_EQ(tls->identity, server_.key + server_.certificate + ca_.certificate);
  EXPECT_EQ(tls->client_ca, ca_.certificate);
  EXPECT_EQ(tls->authority.subject, "CN=ca");
}

TEST_F(TlsFilesTest, KeyAndChainMayShareAFile) {
  files_.Write("server.pem", server_.certificate + server_.key);
  ServerTlsOptions options = files_.Options();
  options.key = options.certificate;
  EXPECT_EQ(Parse(options)->identity, server_.key + server_.certificate);
}

TEST_F(TlsFilesTest, ExpiryIsEarliestInChain) {
  const Identity brief = MakeIdentity({.name = "brief", .issuer = &ca_, .valid_days = 5});
  files_.WriteServer(server_, brief.certificate + ca_.certificate);
  const CertificateExpiry expiry = Parse(files_.Options())->certificate;
  EXPECT_EQ(expiry.subject, "CN=brief");
  const Micros left = expiry.not_after - Clock::System().WallMicros();
  EXPECT_NEAR(static_cast<double>(left), 5 * 24 * 3600e6, 60e6);
}

TEST_F(TlsFilesTest, ExpiredCertificateIsAccepted) {
  files_.WriteServer(MakeIdentity({.name = "old", .issuer = &ca_, .valid_days = -1}));
  EXPECT_TRUE(Parse(files_.Options()).ok());
}

TEST_F(TlsFilesTest, MissingFileIsNamed) {
  files_.WriteServer(server_);
  files_.Remove("server.key");
  EXPECT_THAT(ErrorNaming("server.key"),
              AllOf(HasSubstr("server.tls.key"), HasSubstr("No such file or directory")));
}

TEST_F(TlsFilesTest, EmptyFileIsNamed) {
  files_.WriteServer(server_);
  files_.Write("server.pem", "");
  EXPECT_THAT(ErrorNaming("server.pem"), HasSubstr("is empty"));
}

TEST_F(TlsFilesTest, DirectoryIsNotAFile) {
  files_.WriteServer(server_);
  ServerTlsOptions options = files_.Options();
  options.key = files_.Path("");
  EXPECT_THAT(ErrorNaming("", options), HasSubstr("Is a directory"));
}

TEST_F(TlsFilesTest, HugeFileIsRefused) {
  files_.WriteServer(server_);
  files_.Write("server.pem", std::string((1 << 20) + 1, 'x'));
  EXPECT_THAT(ErrorNaming("server.pem"), HasSubstr("larger than 1 MiB"));
}

TEST_F(TlsFilesTest, KeyOfAnotherCertificateIsRefused) {
  files_.WriteServer(server_);
  files_.Write("server.key", ca_.key);
  EXPECT_THAT(ErrorNaming("server.key"),
              AllOf(HasSubstr("does not belong"), HasSubstr(files_.Path("server.pem"))));
}

TEST_F(TlsFilesTest, TruncatedChainIsRefused) {
  files_.WriteServer(server_, ca_.certificate.substr(0, ca_.certificate.size() / 2));
  EXPECT_THAT(ErrorNaming("server.pem"), HasSubstr("is damaged at certificate 2"));
}

TEST_F(TlsFilesTest, TextWithoutPemIsRefused) {
  files_.WriteServer(server_);
  files_.Write("server.pem", "no certificate");
  EXPECT_THAT(ErrorNaming("server.pem"), HasSubstr("contains no certificate"));
  files_.WriteServer(server_);
  files_.Write("server.key", server_.certificate);
  EXPECT_THAT(ErrorNaming("server.key"), HasSubstr("contains no private key"));
}

TEST_F(TlsFilesTest, DamagedClientAuthorityIsRefused) {
  files_.WriteServer(server_);
  files_.Write("clients.pem", "no certificate");
  EXPECT_THAT(ErrorNaming("clients.pem", files_.OptionsWithClientCa()),
              HasSubstr("server.tls.client_ca"));
}

TEST_F(TlsFilesTest, EncryptedKeyIsRefused) {
  files_.WriteServer(server_);
  files_.Write("server.key", PemOf([this](BIO* bio) {
                 const unsigned char secret[] = "secret";
                 return PEM_write_bio_PrivateKey(bio, server_.private_key.get(), EVP_aes_128_cbc(),
                                                 secret, 6, nullptr, nullptr);
               }));
  EXPECT_THAT(ErrorNaming("server.key"), HasSubstr("is encrypted"));
}

TEST_F(TlsFilesTest, WeakKeyIsRefused) {
  const std::shared_ptr<EVP_PKEY> weak(EVP_RSA_gen(512), EVP_PKEY_free);
  files_.WriteServer(MakeIdentity({.name = "weak", .issuer = &ca_, .key = weak}));
  EXPECT_THAT(ErrorNaming("server.pem"), HasSubstr("is refused by OpenSSL: ee key too small"));
}

// gRPC would abort the process.
TEST_F(TlsFilesTest, AddressOfThreeBytesIsRefused) {
  const Identity invalid = MakeIdentityWithInvalidAddress(ca_);
  files_.WriteServer(invalid);
  EXPECT_THAT(ErrorNaming("server.pem"), HasSubstr("with an address of 3 bytes"));
}

}  // namespace
}  // namespace millrace::api
