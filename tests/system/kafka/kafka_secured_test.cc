// SPDX-License-Identifier: Apache-2.0

// A mirror to a broker that requires TLS and a password.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "fmt/format.h"
#include "support/sql_session.h"
#include "system/kafka/kafka_fixture.h"
#include "system/kafka/kafka_ledger.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class KafkaSecured : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { shared_broker_ = KafkaBroker::MustStart({.secured = true}); }
  static void TearDownTestSuite() { shared_broker_.reset(); }
  static KafkaBroker& broker() { return *shared_broker_; }

  KafkaSecured() {
    WritePassword(kKafkaPassword);
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  }
  // With a final newline, as editors write it.
  void WritePassword(const std::string& password) {
    std::ofstream(directory_.path() / "password") << password << "\n";
  }
  void Start(const std::string& prefix, const std::string& ca_file) {
    feed_ = FeedServer::MustStart(
        *source_,
        {.kafka = {"enabled: true", "brokers: " + broker().secure_bootstrap(),
                   "topic_prefix: " + prefix,
                   fmt::format("client: {{security.protocol: sasl_ssl, ssl.ca.location: '{}', "
                               "sasl.mechanisms: PLAIN, sasl.username: {}, "
                               "broker.address.family: v4}}",
                               ca_file, kKafkaUser),
                   "sasl_password_file: " + (directory_.path() / "password").string()}});
  }
  // Waits until the mirror reports an error with this reason.
  v1::MirrorStatus WaitForError(const std::string& reason) {
    while (true) {
      v1::MirrorStatus mirror = MirrorOf(*feed_);
      if (mirror.error_reason() == reason || HasFailure()) return mirror;
      absl::SleepFor(absl::Milliseconds(10));
    }
  }

  TempDirectory directory_;
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;

 private:
  static inline std::unique_ptr<KafkaBroker> shared_broker_;
};

TEST_F(KafkaSecured, ChangesArriveOverTlsWithPassword) {
  Start("secured", broker().ca_file().string());
  sql_.MustExecute("INSERT INTO shop.t VALUES (1), (2), (3)");
  sql_.MustExecute("DELETE FROM shop.t WHERE id = 2");
  WaitUntilMirrored(*feed_, 4);
  std::vector<uint64_t> sequences;
  for (const KafkaRecord& record : ReadMirrored(*feed_, broker(), {"secured.shop.t"})) {
    sequences.push_back(SequenceOf(record));
  }
  // The DELETE is followed by its tombstone.
  EXPECT_THAT(sequences, ElementsAre(1, 2, 3, 4, 4));
}

TEST_F(KafkaSecured, WrongPasswordIsReportedAndFixableWithoutRestart) {
  WritePassword("wrong");
  Start("denied", broker().ca_file().string());
  sql_.MustExecute("INSERT INTO shop.t VALUES (1)");
  const v1::MirrorStatus denied = WaitForError("MIRROR_DENIED");
  EXPECT_EQ(denied.state(), v1::MirrorStatus::STATE_CONNECTING);
  EXPECT_THAT(denied.error(), AllOf(HasSubstr("the password"), Not(HasSubstr("wrong"))));
  WritePassword(kKafkaPassword);
  WaitUntilMirrored(*feed_, 1);
}

TEST_F(KafkaSecured, UntrustedCertificateIsRefused) {
  // A CA that has not signed the broker's certificate.
  const std::filesystem::path other = directory_.path() / "other.pem";
  ASSERT_EQ(RunProcess({.program = "openssl",
                        .arguments = {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                                      "/CN=other", "-keyout", "/dev/null", "-out", other.string()}},
                       absl::Minutes(1))
                ->exit_code,
            0);
  Start("distrust", other.string());
  const v1::MirrorStatus mirror = WaitForError("MIRROR_UNREACHABLE");
  EXPECT_THAT(mirror.error(), HasSubstr("ssl.ca.location"));
}

}  // namespace
}  // namespace millrace::testing
