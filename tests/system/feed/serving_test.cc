// SPDX-License-Identifier: Apache-2.0

// Many readers at once, readers that do not read, limits, and TLS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "support/process.h"
#include "system/change_reader.h"
#include "system/feed/mixed_changes.h"
#include "system/feed/server_certificates.h"
#include "system/feed_server.h"
#include "system/raw_feed.h"

namespace millrace::testing {
namespace {

using grpc::StatusCode;
using Stream = grpc::ClientReader<v1::SubscribeResponse>;

class Serving : public ::testing::Test {
 protected:
  void Start(FeedServerOptions options = {}) { feed_ = FeedServer::MustStart(*source_, options); }
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
};

TEST_F(Serving, TwoHundredStreamsReceiveEverything) {
  Start();
  MakeMixedChanges(sql_);
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.set_until_token(ChangeReader(*feed_).CurrentToken(sql_));
  const RawRead expected = RawFeed(feed_->address()).Read(request);
  std::vector<std::unique_ptr<RawFeed>> connections;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 200; ++i) {
    if (i % 50 == 0) connections.push_back(std::make_unique<RawFeed>(feed_->address()));
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(connections.back()->stub().Subscribe(contexts.back().get(), request));
  }
  for (const auto& stream : streams) {
    RawRead read;
    v1::SubscribeResponse response;
    while (stream->Read(&response)) AddResponse(response, read);
    ASSERT_TRUE(stream->Finish().ok());
    ASSERT_TRUE(read.changes == expected.changes);
  }
}

TEST_F(Serving, StuckReaderDoesNotSlowOthers) {
  Start();
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, data LONGTEXT)");
  RawFeed stuck(feed_->address());
  grpc::ClientContext context;
  const auto stream = stuck.stub().Subscribe(&context, ChangeReader::FromEarliest());
  for (int i = 0; i < 40; ++i) {
    sql_.MustExecute(fmt::format("INSERT INTO shop.t VALUES ({}, REPEAT('x', 1000000))", i));
  }
  EXPECT_EQ(ChangeReader(*feed_).ReadAll(sql_).size(), 42u);
  // A new stream on the same connection is not delayed either.
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.set_until_token(ChangeReader(*feed_).CurrentToken(sql_));
  EXPECT_GT(stuck.Read(request).changes.size(), 42u);
  RawRead read;
  v1::SubscribeResponse response;
  while (read.changes.size() < 42 && stream->Read(&response)) AddResponse(response, read);
  EXPECT_GE(read.changes.size(), 42u);
  context.TryCancel();
  stream->Finish();
}

TEST_F(Serving, StreamLimitRefusesUntilAnotherEnds) {
  Start({.server = {"streams_max: 2"}});
  RawFeed raw(feed_->address());
  v1::SubscribeRequest request;
  request.mutable_progress_interval()->set_nanos(100'000'000);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Stream>> streams;
  v1::SubscribeResponse response;
  for (int i = 0; i < 2; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(raw.stub().Subscribe(contexts.back().get(), request));
    ASSERT_TRUE(streams.back()->Read(&response));
  }
  const RawRead refused = raw.Read(request);
  EXPECT_EQ(refused.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.error.reason(), "STREAM_LIMIT");
  contexts[0]->TryCancel();
  streams[0]->Finish();
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  bool admitted = false;
  while (!admitted && absl::Now() < deadline) {
    grpc::ClientContext context;
    const auto stream = raw.stub().Subscribe(&context, request);
    admitted = stream->Read(&response);
    context.TryCancel();
    stream->Finish();
  }
  EXPECT_TRUE(admitted);
  contexts[1]->TryCancel();
  streams[1]->Finish();
}

TEST_F(Serving, ClientAuthorityAdmitsOnlyItsCertificates) {
  const ServerCertificates certificates;
  Start({.server = {"tls:", "  certificate: " + certificates.Path("server.pem"),
                    "  key: " + certificates.Path("server.key"),
                    "  client_ca: " + certificates.Path("ca.pem")},
         .client_tls = client::TlsOptions{.ca_file = certificates.Path("ca.pem"),
                                          .certificate_file = certificates.Path("client.pem"),
                                          .key_file = certificates.Path("client.key"),
                                          .server_name = "localhost"}});
  sql_.MustExecute("CREATE DATABASE shop");
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.set_until_token(ChangeReader(*feed_).CurrentToken(sql_));
  const RawRead read = RawFeed(feed_->address(), certificates.Credentials("client")).Read(request);
  EXPECT_TRUE(read.status.ok()) << read.status.error_message();
  EXPECT_FALSE(read.changes.empty());
  for (const auto& credentials :
       {certificates.Credentials(""), certificates.Credentials("stranger"),
        grpc::InsecureChannelCredentials()}) {
    const RawRead refused = RawFeed(feed_->address(), credentials).Read(request);
    EXPECT_EQ(refused.status.error_code(), StatusCode::UNAVAILABLE);
    EXPECT_TRUE(refused.changes.empty());
  }
}

TEST_F(Serving, RenewedCertificateNeedsNoRestart) {
  const ServerCertificates certificates;
  const auto use = [&](const std::string& name) {
    for (const char* kind : {".pem", ".key"}) {
      std::ofstream(certificates.Path(std::string("used") + kind))
          << certificates.Text(name + kind);
    }
  };
  use("server");
  Start({.server = {"tls:", "  certificate: " + certificates.Path("used.pem"),
                    "  key: " + certificates.Path("used.key")},
         .client_tls = client::TlsOptions{.ca_file = certificates.Path("ca.pem")}});
  sql_.MustExecute("CREATE DATABASE shop");
  RawFeed raw(feed_->address(), certificates.Credentials(""));
  v1::SubscribeRequest request = ChangeReader::FromEarliest();
  request.set_client_name("an open stream");
  grpc::ClientContext context;
  const auto stream = raw.stub().Subscribe(&context, request);
  v1::SubscribeResponse response;
  ASSERT_TRUE(stream->Read(&response));
  // Signed by an authority that the client does not trust, so only old connections continue.
  use("stranger");
  const auto refused = [&] {
    return !RawFeed(feed_->address(), certificates.Credentials("")).Read(request).status.ok();
  };
  feed_->Signal(SIGHUP);
  request.set_until_token(response.resume_token());
  while (!refused()) absl::SleepFor(absl::Milliseconds(20));
  const auto status = feed_->client().GetStatus({});
  ASSERT_TRUE(status.ok()) << status.status();
  ASSERT_EQ(status->certificates_size(), 1);
  EXPECT_EQ(status->certificates(0).subject(), "CN=stranger");
  EXPECT_EQ(status->subscriptions(0).client_name(), "an open stream");
  sql_.MustExecute("CREATE DATABASE shop2");
  EXPECT_TRUE(stream->Read(&response));
  context.TryCancel();
  stream->Finish();
  std::ofstream(certificates.Path("used.key")) << "no key";
  const auto broken = feed_->WaitUntil("an error of the certificate", [](const auto& now) {
    return now.certificates_error_reason() == "TLS_FILE_UNREADABLE";
  });
  EXPECT_THAT(broken.certificates_error(), ::testing::HasSubstr(certificates.Path("used.key")));
  feed_->WaitForLog("reason=TLS_FILE_UNREADABLE");
}

}  // namespace
}  // namespace millrace::testing
