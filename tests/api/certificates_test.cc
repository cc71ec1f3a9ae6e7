// SPDX-License-Identifier: Apache-2.0

#include "api/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <sstream>

#include "api/certificate_files.h"
#include "base/error.h"
#include "log/log_fixture.h"

namespace millrace::api {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Micros kOneDay = Micros{24} * 3600 * 1'000'000;

class CertificatesTest : public ::testing::Test {
 protected:
  CertificatesTest() {
    files_.WriteServer(first_);
    files_.Write("clients.pem", ca_.certificate);
    clock_.JumpWall(Clock::System().WallMicros() - clock_.WallMicros());
  }
  absl::Status Open(const ServerTlsOptions& server, const std::vector<TlsFile>& others = {}) {
    auto opened = Certificates::Open({.server = server, .others = others, .clock = clock_});
    if (opened.ok()) certificates_ = *std::move(opened);
    return opened.status();
  }
  void MustOpen() { ASSERT_TRUE(Open(files_.OptionsWithClientCa()).ok()); }
  void CheckTwice() {
    certificates_->CheckNow();
    certificates_->CheckNow();
  }
  // The error that operators see.
  std::string Error() {
    const absl::Status error = certificates_->Read().error;
    EXPECT_EQ(ErrorReason(error), error.ok() ? "" : "TLS_FILE_UNREADABLE");
    return std::string(error.message());
  }
  // The content that gRPC would read.
  static std::string ContentOf(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  bool PublishesIdentity(const Identity& identity) {
    return ContentOf(certificates_->identity_path()) == identity.key + identity.certificate;
  }

  CertificateFiles files_;
  log::testing::ManualClock clock_;
  const Identity ca_ = MakeIdentity({.name = "ca"});
  const Identity first_ = MakeIdentity({.name = "first", .issuer = &ca_});
  const Identity second_ = MakeIdentity({.name = "second", .issuer = &ca_});
  std::unique_ptr<Certificates> certificates_;
};

TEST_F(CertificatesTest, ValidFilesArePublishedToGrpc) {
  MustOpen();
  EXPECT_TRUE(certificates_->has_server_tls());
  EXPECT_TRUE(PublishesIdentity(first_));
  EXPECT_EQ(ContentOf(certificates_->client_ca_path()), ca_.certificate);
  const auto read = certificates_->Read();
  ASSERT_THAT(read.certificates, SizeIs(2));
  EXPECT_EQ(read.certificates[0].file.setting, "server.tls.certificate");
  EXPECT_EQ(read.certificates[0].expiry.subject, "CN=first");
  EXPECT_EQ(read.certificates[1].file.setting, "server.tls.client_ca");
}

TEST_F(CertificatesTest, BrokenFilesFailToOpen) {
  files_.Write("server.key", second_.key);
  EXPECT_EQ(ErrorReason(Open(files_.Options())), "TLS_FILE_UNREADABLE");
}

TEST_F(CertificatesTest, WithoutTlsNothingIsPublished) {
  ASSERT_TRUE(Open({}).ok());
  EXPECT_FALSE(certificates_->has_server_tls());
  CheckTwice();
  EXPECT_TRUE(certificates_->Reload().ok());
  EXPECT_THAT(certificates_->Read().certificates, IsEmpty());
}

TEST_F(CertificatesTest, ChangedFilesAreUsedAtTheSecondCheck) {
  MustOpen();
  files_.WriteServer(second_);
  certificates_->CheckNow();
  EXPECT_TRUE(PublishesIdentity(first_));
  certificates_->CheckNow();
  EXPECT_TRUE(PublishesIdentity(second_));
  EXPECT_EQ(certificates_->Read().certificates[0].expiry.subject, "CN=second");
}

TEST_F(CertificatesTest, ReloadUsesChangedFilesImmediately) {
  MustOpen();
  files_.WriteServer(second_);
  EXPECT_TRUE(certificates_->Reload().ok());
  EXPECT_TRUE(PublishesIdentity(second_));
}

TEST_F(CertificatesTest, PartialChangeKeepsTheOldCertificate) {
  MustOpen();
  files_.Write("server.key", second_.key);
  CheckTwice();
  EXPECT_TRUE(PublishesIdentity(first_));
  EXPECT_THAT(Error(), HasSubstr(files_.Path("server.key")));
  files_.Write("server.pem", second_.certificate);
  CheckTwice();
  EXPECT_TRUE(PublishesIdentity(second_));
  EXPECT_EQ(Error(), "");
}

TEST_F(CertificatesTest, ReloadReportsTheError) {
  MustOpen();
  files_.Remove("server.pem");
  const absl::Status status = certificates_->Reload();
  EXPECT_EQ(ErrorReason(status), "TLS_FILE_UNREADABLE");
  EXPECT_EQ(certificates_->Read().error, status);
  EXPECT_TRUE(PublishesIdentity(first_));
}

TEST_F(CertificatesTest, RestoredFilesClearTheError) {
  MustOpen();
  files_.Write("server.pem", "no certificate");
  CheckTwice();
  EXPECT_THAT(Error(), HasSubstr("contains no certificate"));
  files_.WriteServer(first_);
  CheckTwice();
  EXPECT_EQ(Error(), "");
  EXPECT_TRUE(PublishesIdentity(first_));
}

TEST_F(CertificatesTest, ClientAuthoritiesAreReplaced) {
  MustOpen();
  const Identity other = MakeIdentity({.name = "other"});
  files_.Write("clients.pem", "no certificate");
  CheckTwice();
  EXPECT_EQ(ContentOf(certificates_->client_ca_path()), ca_.certificate);
  EXPECT_THAT(Error(), HasSubstr(files_.Path("clients.pem")));
  files_.Write("clients.pem", other.certificate + ca_.certificate);
  CheckTwice();
  EXPECT_EQ(ContentOf(certificates_->client_ca_path()), other.certificate + ca_.certificate);
  EXPECT_EQ(Error(), "");
}

TEST_F(CertificatesTest, DescriptorShortageIsNotAFileError) {
  MustOpen();
  files_.WriteServer(second_);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  CheckTwice();
  const std::string error = Error();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(error, "");
  CheckTwice();
  EXPECT_TRUE(PublishesIdentity(second_));
}

TEST_F(CertificatesTest, ThreadReadsTheFiles) {
  MustOpen();
  certificates_->Start();
  files_.WriteServer(second_);
  while (!PublishesIdentity(second_)) std::this_thread::yield();
}

TEST_F(CertificatesTest, ExpiryOfOtherCertificatesIsRead) {
  files_.Write("source.pem", second_.certificate);
  ASSERT_TRUE(Open({}, {{"source.tls.certificate", files_.Path("source.pem")},
                        {"kafka.client.ssl.certificate.location", files_.Path("none.pem")}})
                  .ok());
  ASSERT_THAT(certificates_->Read().certificates, SizeIs(1));
  EXPECT_EQ(certificates_->Read().certificates[0].expiry.subject, "CN=second");
  files_.Remove("source.pem");
  certificates_->CheckNow();
  EXPECT_THAT(certificates_->Read().certificates, IsEmpty());
  EXPECT_EQ(Error(), "");
}

class ExpiryWarningTest : public ::testing::Test {
 protected:
  // The warning for a certificate that is valid for `days`, `left` before its end.
  static std::string Warning(Micros days, Micros left) {
    const Micros begin = Micros{1'800'000'000} * 1'000'000;
    const Micros end = begin + days * kOneDay;
    return ExpiryWarning({.file = {"server.tls.certificate", "/tls/feed.pem"},
                          .expiry = {.not_before = begin, .not_after = end, .subject = "CN=feed"}},
                         end - left);
  }
};

TEST_F(ExpiryWarningTest, WarnsThirtyDaysBefore) {
  EXPECT_EQ(Warning(365, 31 * kOneDay), "");
  EXPECT_EQ(Warning(365, 30 * kOneDay),
            "server.tls.certificate '/tls/feed.pem': the certificate 'CN=feed' expires in 30 days, "
            "at 2028-01-15T08:00:00Z: renew it");
  EXPECT_THAT(Warning(365, kOneDay), HasSubstr("expires in 24 hours"));
}

TEST_F(ExpiryWarningTest, ExpiredCertificateIsReportedAsExpired) {
  EXPECT_THAT(Warning(365, 0), HasSubstr("expired at 2028-01-15T08:00:00Z: renew it"));
  EXPECT_THAT(Warning(365, -kOneDay), HasSubstr("expired at"));
}

TEST_F(ExpiryWarningTest, ShortLivedCertificateWarnsLater) {
  EXPECT_EQ(Warning(3, 2 * kOneDay), "");
  EXPECT_THAT(Warning(3, kOneDay), HasSubstr("expires in 24 hours"));
}

}  // namespace
}  // namespace millrace::api
