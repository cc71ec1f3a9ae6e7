// SPDX-License-Identifier: Apache-2.0

// Real client connections, through the listener and gRPC.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "admin/status_reading.h"
#include "grpcpp/generic/generic_stub.h"
#include "server_fixture.h"
#include "support/raw_http2.h"

namespace millrace::api {
namespace {

using testing::RawConnection;
namespace http2 = testing::http2;

constexpr char kListSubscriptions[] = "/millrace.v1.ChangeFeed/ListSubscriptions";

class ClientConnectionsTest : public ServerTest {
 protected:
  std::unique_ptr<v1::ChangeFeed::Stub> NewStub(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return v1::ChangeFeed::NewStub(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  }
  static grpc::Status List(v1::ChangeFeed::Stub& stub) {
    grpc::ClientContext context;
    v1::ListSubscriptionsResponse response;
    return stub.ListSubscriptions(&context, {}, &response);
  }
  void AwaitOpen(uint64_t count) {
    while (connections_.reading().open != count) std::this_thread::yield();
  }
  uint64_t Cut() {
    const listener::ConnectionsReading reading = connections_.reading();
    return std::accumulate(reading.cut.begin(), reading.cut.end(), uint64_t{0});
  }
  RawConnection Raw() {
    auto connection = RawConnection::Open(server_->port());
    EXPECT_TRUE(connection.has_value());
    EXPECT_TRUE(connection->Write(http2::Preface()));
    return std::move(*connection);
  }
};

TEST_F(ClientConnectionsTest, OpenConnectionsAreCounted) {
  Start();
  auto stub = NewStub("127.0.0.1:" + std::to_string(server_->port()));
  EXPECT_TRUE(List(*stub).ok());
  EXPECT_EQ(connections_.reading().open, 1u);
  stub.reset();
  AwaitOpen(0);
  EXPECT_EQ(connections_.reading().accepted, 1u);
}

TEST_F(ClientConnectionsTest, Ipv4AndIpv6AreServed) {
  options_.listen = "[::]:0";
  Start();
  const std::string port = std::to_string(server_->port());
  for (const std::string& address : {"127.0.0.1:" + port, "[::1]:" + port}) {
    EXPECT_TRUE(List(*NewStub(address)).ok()) << address;
  }
}

TEST_F(ClientConnectionsTest, UnixSocketIsServed) {
  options_.listen = "unix:" + ::testing::TempDir() + "millrace_api.sock";
  Start();
  EXPECT_EQ(server_->port(), 0);
  EXPECT_TRUE(List(*NewStub(options_.listen)).ok());
}

TEST_F(ClientConnectionsTest, SilentConnectionIsClosed) {
  options_.handshake_timeout = kSecond;
  Start();
  auto connection = RawConnection::Open(server_->port());
  ASSERT_TRUE(connection.has_value());
  EXPECT_TRUE(connection->WaitForClose(10));
  AwaitOpen(0);
}

TEST_F(ClientConnectionsTest, IdleConnectionIsPinged) {
  options_.keepalive_interval = kSecond;
  options_.keepalive_timeout = kSecond;
  Start();
  RawConnection silent = Raw();
  EXPECT_TRUE(silent.WaitForClose(10));
  // A connection that responds stays open.
  auto stub = NewStub("127.0.0.1:" + std::to_string(server_->port()));
  ASSERT_TRUE(List(*stub).ok());
  RawConnection also_silent = Raw();
  EXPECT_TRUE(also_silent.WaitForClose(10));
  AwaitOpen(1);
  EXPECT_TRUE(List(*stub).ok());
  EXPECT_EQ(connections_.reading().accepted, 3u);
}

TEST_F(ClientConnectionsTest, ManySmallCallsAreNotAFlood) {
  Start();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(List(*stub_).ok());
  EXPECT_EQ(connections_.reading().open, 1u);
}

TEST_F(ClientConnectionsTest, LargeRequestsAreNotAFlood) {
  Start();
  const std::string pattern = "shop." + std::string(250, 'x') + "*";
  for (int i = 0; i < 20; ++i) {
    v1::ListTablesRequest request;
    for (int table = 0; table < 1000; ++table) request.add_tables(pattern);
    ASSERT_GT(request.ByteSizeLong(), 240'000u);
    Call(&v1::ChangeFeed::Stub::ListTables, request);
    ASSERT_TRUE(status_.ok()) << status_.error_message();
    v1::SubscribeRequest subscribe = Earliest();
    *subscribe.mutable_tables() = request.tables();
    subscribe.mutable_progress_interval()->set_nanos(100'000'000);
    const auto subscriber = Subscribe(subscribe);
    EXPECT_TRUE(subscriber->Next().has_value()) << subscriber->Finish().error_message();
  }
  EXPECT_EQ(Cut(), 0u);
  EXPECT_EQ(connections_.reading().accepted, 1u);
}

TEST_F(ClientConnectionsTest, UnknownMethodsAreNotAFlood) {
  Start();
  grpc::GenericStub stub(channel_);
  for (int i = 0; i < 2000; ++i) {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto call =
        stub.PrepareUnaryCall(&context, "/no.Service/Method", grpc::ByteBuffer(), &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    ASSERT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
  EXPECT_EQ(connections_.reading().accepted, 1u);
}

// CVE-2023-1428: in some versions of gRPC, too many headers of this kind abort the process.
TEST_F(ClientConnectionsTest, InvalidHeadersBeyondTheLimitAreRefused) {
  Start();
  const std::string filler = std::string("\x40\x01z\x7f\x81\x1f", 6) + std::string(4096, 'z');
  for (const std::string& bad :
       {std::string("\x83\x86\x40\x02te\x01x", 9), std::string("\x83\x46\x01x", 4),
        std::string("\x83\x86\x40\x13grpclb_client_stats\x01x", 25)}) {
    RawConnection connection = Raw();
    const std::string block = bad + filler.substr(0, 4000) + filler.substr(0, 4000);
    connection.Write(http2::Frame(http2::kHeaders, http2::kEndHeaders, 1, bad));
    connection.Write(http2::Frame(http2::kHeaders, http2::kEndHeaders, 3, block));
    connection.Write(http2::Frame(http2::kHeaders, 0, 5, bad));
    for (int i = 0; i < 4; ++i) {
      connection.Write(
          http2::Frame(http2::kContinuation, 0, 5,
                       std::string("\x40\x01z\x7f\x81\x1e", 6) + std::string(4096 - 128, 'z')));
    }
    connection.Write(http2::Frame(http2::kContinuation, http2::kEndHeaders, 5, ""));
    connection.WaitForClose(1);
  }
  EXPECT_TRUE(List(*stub_).ok());
}

TEST_F(ClientConnectionsTest, EndlessHeadersCloseTheConnection) {
  Start();
  ASSERT_TRUE(List(*stub_).ok());
  RawConnection connection = Raw();
  const std::string begin = http2::Frame(http2::kHeaders, 0, 1, http2::Headers(kListSubscriptions));
  const std::string more = http2::Frame(http2::kContinuation, 0, 1, std::string(200, '\x95'));
  connection.Write(begin);
  size_t sent = 0;
  while (connection.Write(more)) sent += more.size();
  EXPECT_LT(sent, 8u << 20);
  EXPECT_EQ(Cut(), 1u);
  EXPECT_EQ(RawConnection::Open(server_->port())->WaitForClose(10), true);
  // Existing connections stay open, although they come from the same address.
  EXPECT_TRUE(List(*stub_).ok());
}

}  // namespace
}  // namespace millrace::api
