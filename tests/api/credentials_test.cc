// SPDX-License-Identifier: Apache-2.0

// Real TLS handshakes with a gRPC server whose certificates change.

#include "api/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <optional>
#include <thread>
#include <vector>

#include "api/certificate_files.h"
#include "api/certificates.h"
#include "api/grpc_log.h"
#include "base/error.h"
#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server_builder.h"
#include "millrace/v1/admin.grpc.pb.h"

namespace millrace::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Returns the names in the client's certificate.
class PeerService final : public v1::Admin::Service {
 public:
  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest*,
                         v1::GetStatusResponse* response) override {
    for (const grpc::string_ref& name : context->auth_context()->GetPeerIdentity()) {
      response->mutable_source()->add_warnings(std::string(name.data(), name.size()));
    }
    return grpc::Status::OK;
  }
};

// The result of a handshake by an OpenSSL client.
struct Handshake {
  std::string subject;  // of the server's certificate
  std::string protocol;
  std::string alpn;
  size_t chain = 0;  // number of certificates that the server sent
};

struct HandshakeOptions {
  int version_max = TLS1_3_VERSION;
  std::string alpn = "h2";
};

class CredentialsTest : public ::testing::Test {
 protected:
  void Start(const ServerTlsOptions& options) {
    RouteGrpcLog();
    certificates_ =
        Certificates::Open({.server = options, .others = {}, .clock = Clock::System()}).value();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", MakeCredentials(certificates_.get()), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  // Nothing if the server refuses the handshake.
  std::optional<Handshake> DoHandshake(const HandshakeOptions& options = {}) const {
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), options.version_max);
    const std::shared_ptr<BIO> bio(BIO_new_ssl_connect(context.get()), BIO_free_all);
    BIO_set_conn_hostname(bio.get(), fmt::format("127.0.0.1:{}", port_).c_str());
    SSL* ssl = nullptr;
    BIO_get_ssl(bio.get(), &ssl);
    const std::string alpn = static_cast<char>(options.alpn.size()) + options.alpn;
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
    if (BIO_do_handshake(bio.get()) != 1) return std::nullopt;
    return HandshakeOf(ssl);
  }
  static Handshake HandshakeOf(SSL* ssl) {
    const unsigned char* alpn = nullptr;
    unsigned alpn_bytes = 0;
    SSL_get0_alpn_selected(ssl, &alpn, &alpn_bytes);
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl)), NID_commonName,
                              name, sizeof name);
    return {.subject = name,
            .protocol = SSL_get_version(ssl),
            .alpn = std::string(reinterpret_cast<const char*>(alpn), alpn_bytes),
            .chain = static_cast<size_t>(sk_X509_num(SSL_get_peer_cert_chain(ssl)))};
  }
  bool Presents(const std::string& subject) const {
    const auto handshake = DoHandshake();
    return handshake.has_value() && handshake->subject == subject;
  }

  std::shared_ptr<grpc::Channel> Dial(const Identity& authority, const Identity* client) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority.certificate;
    if (client != nullptr) {
      options.pem_cert_chain = client->certificate;
      options.pem_private_key = client->key;
    }
    grpc::ChannelArguments arguments;
    // Otherwise channels to the same address would share a connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", port_),
                                     grpc::SslCredentials(options), arguments);
  }
  // The names that the server sees; nothing if it refuses the client.
  static std::optional<std::vector<std::string>> PeerNames(
      const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::GetStatusResponse response;
    if (!v1::Admin::NewStub(channel)->GetStatus(&context, {}, &response).ok()) return std::nullopt;
    const auto& names = response.source().warnings();
    return std::vector<std::string>(names.begin(), names.end());
  }
  // Whether a new connection of the client is accepted.
  bool Accepts(const Identity* client) const { return PeerNames(Dial(ca_, client)).has_value(); }

  CertificateFiles files_;
  const Identity ca_ = MakeIdentity({.name = "ca"});
  const Identity other_ca_ = MakeIdentity({.name = "other"});
  const Identity first_ = MakeIdentity({.name = "first", .issuer = &ca_});
  const Identity second_ = MakeIdentity({.name = "second", .issuer = &ca_});
  const Identity client_ = MakeIdentity({.name = "client", .issuer = &ca_});
  const Identity stranger_ = MakeIdentity({.name = "stranger", .issuer = &other_ca_});
  PeerService service_;
  std::unique_ptr<Certificates> certificates_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(CredentialsTest, HandshakeNegotiatesHttp2) {
  files_.WriteServer(first_, ca_.certificate);
  Start(files_.Options());
  const auto newest = DoHandshake();
  ASSERT_TRUE(newest.has_value());
  EXPECT_EQ(newest->subject, "first");
  EXPECT_EQ(newest->protocol, "TLSv1.3");
  EXPECT_EQ(newest->alpn, "h2");
  EXPECT_EQ(newest->chain, 2u);
  EXPECT_EQ(DoHandshake({.version_max = TLS1_2_VERSION})->protocol, "TLSv1.2");
}

TEST_F(CredentialsTest, OldProtocolsAreRefused) {
  files_.WriteServer(first_);
  Start(files_.Options());
  EXPECT_FALSE(DoHandshake({.version_max = TLS1_1_VERSION}).has_value());
}

TEST_F(CredentialsTest, NewConnectionsGetTheChangedCertificate) {
  files_.WriteServer(first_);
  Start(files_.Options());
  const auto open = Dial(ca_, nullptr);
  EXPECT_TRUE(PeerNames(open).has_value());
  files_.WriteServer(second_);
  ASSERT_TRUE(certificates_->Reload().ok());
  while (!Presents("second")) std::this_thread::yield();
  // The open connection stays.
  EXPECT_EQ(open->GetState(false), GRPC_CHANNEL_READY);
  EXPECT_TRUE(PeerNames(open).has_value());
}

TEST_F(CredentialsTest, EveryConnectionDuringChangesSucceeds) {
  files_.WriteServer(first_);
  Start(files_.Options());
  int seen_second = 0;
  for (int change = 0; change < 4; ++change) {
    files_.WriteServer(change % 2 == 0 ? second_ : first_);
    ASSERT_TRUE(certificates_->Reload().ok());
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
    while (std::chrono::steady_clock::now() < until) {
      const auto handshake = DoHandshake();
      ASSERT_TRUE(handshake.has_value());
      seen_second += handshake->subject == "second" ? 1 : 0;
    }
  }
  EXPECT_GT(seen_second, 0);
}

TEST_F(CredentialsTest, ClientsNeedACertificateOfTheAuthority) {
  files_.WriteServer(first_);
  files_.Write("clients.pem", ca_.certificate);
  Start(files_.OptionsWithClientCa());
  EXPECT_TRUE(Accepts(&client_));
  EXPECT_FALSE(Accepts(nullptr));
  EXPECT_FALSE(Accepts(&stranger_));
}

TEST_F(CredentialsTest, ExpiredClientIsRefused) {
  files_.WriteServer(first_);
  files_.Write("clients.pem", ca_.certificate);
  Start(files_.OptionsWithClientCa());
  const Identity old = MakeIdentity({.name = "old", .issuer = &ca_, .valid_days = -1});
  EXPECT_FALSE(Accepts(&old));
}

// Without the check gRPC would abort the process.
TEST_F(CredentialsTest, ClientWithInvalidAddressIsRefused) {
  files_.WriteServer(first_);
  files_.Write("clients.pem", ca_.certificate);
  Start(files_.OptionsWithClientCa());
  const Identity invalid = MakeIdentityWithInvalidAddress(ca_);
  EXPECT_FALSE(Accepts(&invalid));
  EXPECT_TRUE(Accepts(&client_));
}

TEST_F(CredentialsTest, ServicesSeeTheClientIdentity) {
  files_.WriteServer(first_);
  files_.Write("clients.pem", ca_.certificate);
  Start(files_.OptionsWithClientCa());
  EXPECT_THAT(PeerNames(Dial(ca_, &client_)).value(), ElementsAre("localhost", "127.0.0.1"));
}

TEST_F(CredentialsTest, WithoutClientAuthorityClientsNeedNoCertificate) {
  files_.WriteServer(first_);
  Start(files_.Options());
  EXPECT_THAT(PeerNames(Dial(ca_, &stranger_)).value(), IsEmpty());
}

TEST_F(CredentialsTest, ChangedAuthorityAppliesToNewConnections) {
  files_.WriteServer(first_);
  files_.Write("clients.pem", ca_.certificate);
  Start(files_.OptionsWithClientCa());
  const auto open = Dial(ca_, &client_);
  EXPECT_TRUE(PeerNames(open).has_value());
  files_.Write("clients.pem", other_ca_.certificate);
  ASSERT_TRUE(certificates_->Reload().ok());
  while (!Accepts(&stranger_)) std::this_thread::yield();
  EXPECT_FALSE(Accepts(&client_));
  EXPECT_TRUE(PeerNames(open).has_value());
}

TEST_F(CredentialsTest, ServerWithoutCertificatesUsesPlainText) {
  Start({});
  EXPECT_FALSE(DoHandshake().has_value());
  const auto channel =
      grpc::CreateChannel(fmt::format("127.0.0.1:{}", port_), grpc::InsecureChannelCredentials());
  EXPECT_TRUE(PeerNames(channel).has_value());
}

TEST_F(CredentialsTest, FilesThatGrpcRejectsAreRefused) {
  EXPECT_TRUE(TryServerTls({.identity = first_.key + first_.certificate}).ok());
  EXPECT_EQ(ErrorReason(TryServerTls({.identity = second_.key + first_.certificate})),
            "TLS_FILE_UNREADABLE");
  EXPECT_EQ(ErrorReason(TryServerTls(
                {.identity = first_.key + first_.certificate, .client_ca = "no certificate"})),
            "TLS_FILE_UNREADABLE");
}

}  // namespace
}  // namespace millrace::api
