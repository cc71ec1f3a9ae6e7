// SPDX-License-Identifier: Apache-2.0

#include "listener/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "listener/listen_sockets.h"
#include "support/raw_http2.h"

namespace millrace::listener {
namespace {

namespace http2 = testing::http2;

constexpr Micros kSendTimeout = 10'000'000;
constexpr char kAnyPort[] = "127.0.0.1:0";

// A client's socket, bound to the local address `from`.
Descriptor ClientSocket(const std::string& from = "127.0.0.1") {
  Descriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, from.c_str(), &address.sin_addr);
  EXPECT_EQ(bind(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return client;
}

bool ConnectTo(const Descriptor& client, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

// Waits until the server closes the connection.
bool IsClosed(const Descriptor& client) {
  char byte = 0;
  return recv(client.get(), &byte, 1, 0) <= 0;
}

// Lowers the soft limit of open files to the lowest free descriptor while the object lives.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lowered = before_;
    const Descriptor lowest(dup(STDIN_FILENO));
    lowered.rlim_cur = static_cast<rlim_t>(lowest.get());
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~NoDescriptorsLeft() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

class ListenerTest : public ::testing::Test {
 protected:
  void Start(const ConnectionLimits& limits = {.connections_max = 100,
                                               .connections_per_peer_max = 100},
             const std::string& listen = kAnyPort) {
    connections_.emplace(limits, Clock::System());
    listener_ =
        Listener::Open(listen, /*tls=*/false, kSendTimeout, *connections_, Clock::System()).value();
    listener_->Start([this](int, int connection) {
      absl::MutexLock lock(&mutex_);
      taken_.emplace_back(connection);
    });
  }
  // Waits for the next connection from the listener.
  Descriptor NextConnection() {
    absl::MutexLock lock(&mutex_);
    const auto some = [this] { return !taken_.empty(); };
    mutex_.Await(absl::Condition(&some));
    Descriptor taken = std::move(taken_.front());
    taken_.erase(taken_.begin());
    return taken;
  }
  Descriptor Connect(const std::string& from = "127.0.0.1") {
    Descriptor client = ClientSocket(from);
    EXPECT_TRUE(ConnectTo(client, listener_->port())) << strerror(errno);
    return client;
  }
  void AwaitOpen(uint64_t count) {
    while (connections_->reading().open != count) std::this_thread::yield();
  }
  void AwaitRefused(Refusal refusal, uint64_t count) {
    while (connections_->reading().refused[static_cast<size_t>(refusal)] < count) {
      std::this_thread::yield();
    }
  }

  absl::Mutex mutex_;
  std::vector<Descriptor> taken_;
  std::optional<Connections> connections_;
  std::unique_ptr<Listener> listener_;
};

TEST_F(ListenerTest, PassesConnectionsOnAndSeesThemClose) {
  Start();
  const Descriptor client = Connect();
  Descriptor taken = NextConnection();
  EXPECT_NE(fcntl(taken.get(), F_GETFL) & O_NONBLOCK, 0);
  AwaitOpen(1);
  // Close it like gRPC.
  shutdown(taken.get(), SHUT_RDWR);
  taken.Close();
  AwaitOpen(0);
}

TEST_F(ListenerTest, ExcessConnectionIsClosedAtOnce) {
  Start({.connections_max = 1, .connections_per_peer_max = 1});
  const Descriptor first = Connect();
  Descriptor taken = NextConnection();
  EXPECT_TRUE(IsClosed(Connect()));
  AwaitRefused(Refusal::kConnectionsMax, 1);
  shutdown(taken.get(), SHUT_RDWR);
  taken.Close();
  AwaitOpen(0);
  const Descriptor next = Connect();
  EXPECT_TRUE(NextConnection().ok());
}

TEST_F(ListenerTest, ExcessConnectionOfPeerIsClosedAtOnce) {
  Start({.connections_max = 10, .connections_per_peer_max = 1});
  const Descriptor first = Connect("127.0.0.2");
  const Descriptor taken = NextConnection();
  EXPECT_TRUE(IsClosed(Connect("127.0.0.2")));
  const Descriptor other = Connect("127.0.0.3");
  EXPECT_TRUE(NextConnection().ok());
  EXPECT_EQ(connections_->reading().refused[static_cast<size_t>(Refusal::kPeerMax)], 1u);
}

TEST_F(ListenerTest, ConnectionsCloseUntilDescriptorsAreFree) {
  Start();
  std::vector<Descriptor> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(ClientSocket());
  {
    const NoDescriptorsLeft no_descriptors;
    ASSERT_TRUE(ConnectTo(clients[0], listener_->port()));
    ASSERT_TRUE(ConnectTo(clients[1], listener_->port()));
    ASSERT_TRUE(ConnectTo(clients[2], listener_->port()));
    // The listener accepts and closes each connection with its spare descriptor: no client hangs.
    EXPECT_TRUE(IsClosed(clients[0]));
    AwaitRefused(Refusal::kDescriptors, 3);
  }
  ASSERT_TRUE(ConnectTo(clients[3], listener_->port()));
  const Descriptor taken = NextConnection();
  EXPECT_TRUE(taken.ok());
}

// Reads like gRPC. Returns the bytes, empty at the end, or nullopt if the read fails.
std::optional<std::string> ReadLikeGrpc(const Descriptor& connection) {
  std::array<std::string, 2> parts{std::string(1000, '\0'), std::string(100'000, '\0')};
  std::array<iovec, 2> vectors{};
  for (size_t i = 0; i < parts.size(); ++i) vectors[i] = {parts[i].data(), parts[i].size()};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = vectors.size();
  pollfd readable{.fd = connection.get(), .events = POLLIN, .revents = 0};
  poll(&readable, 1, -1);
  const ssize_t count = recvmsg(connection.get(), &message, 0);
  if (count < 0) return std::nullopt;
  return (parts[0] + parts[1]).substr(0, static_cast<size_t>(count));
}

TEST_F(ListenerTest, WatchedBytesArriveUnchanged) {
  Start();
  const Descriptor client = Connect();
  const Descriptor taken = NextConnection();
  const std::string bytes =
      http2::Preface() + http2::Frame(http2::kData, 0, 1, std::string(5000, 'x'));
  ASSERT_EQ(send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
  std::string read;
  while (read.size() < bytes.size()) read += ReadLikeGrpc(taken).value();
  EXPECT_EQ(read, bytes);
}

TEST_F(ListenerTest, FloodFailsTheReadAndBlocksThePeer) {
  Start();
  const Descriptor client = Connect("127.0.0.2");
  Descriptor taken = NextConnection();
  std::string flood = http2::Preface() + http2::Frame(http2::kHeaders, 0, 1, "");
  for (int i = 0; i < 1000; ++i) flood += http2::Frame(http2::kContinuation, 0, 1, "");
  ASSERT_GT(send(client.get(), flood.data(), flood.size(), MSG_NOSIGNAL), 0);
  EXPECT_EQ(ReadLikeGrpc(taken), std::nullopt);
  EXPECT_EQ(errno, ECONNRESET);
  EXPECT_EQ(connections_->reading().cut[static_cast<size_t>(CutReason::kEndlessHeaders)], 1u);
  taken.Close();
  AwaitOpen(0);
  EXPECT_TRUE(IsClosed(Connect("127.0.0.2")));
  AwaitRefused(Refusal::kPeerBlocked, 1);
  const Descriptor other = Connect("127.0.0.3");
  EXPECT_TRUE(NextConnection().ok());
}

TEST_F(ListenerTest, ReusedDescriptorNumberIsNotWatched) {
  Start();
  const Descriptor client = Connect();
  Descriptor taken = NextConnection();
  const int number = taken.get();
  taken.Close();
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  Descriptor one(pair[0]);
  Descriptor two(pair[1]);
  ASSERT_TRUE(one.get() == number || two.get() == number);
  std::string flood = http2::Preface() + http2::Frame(http2::kHeaders, 0, 1, "");
  for (int i = 0; i < 100; ++i) flood += http2::Frame(http2::kContinuation, 0, 1, "");
  const Descriptor& from = one.get() == number ? two : one;
  const Descriptor& to = one.get() == number ? one : two;
  ASSERT_GT(send(from.get(), flood.data(), flood.size(), MSG_NOSIGNAL), 0);
  EXPECT_EQ(ReadLikeGrpc(to), flood);
}

TEST_F(ListenerTest, StoppedListenerRefusesClients) {
  Start();
  const int port = listener_->port();
  const Descriptor before = Connect();
  Descriptor taken = NextConnection();
  listener_->Stop();
  EXPECT_FALSE(ConnectTo(ClientSocket(), port));
  EXPECT_EQ(send(taken.get(), "x", 1, MSG_NOSIGNAL), 1);
  listener_.reset();
  EXPECT_EQ(connections_->reading().open, 1u);
  taken.Close();
  EXPECT_EQ(connections_->reading().open, 0u);
}

TEST_F(ListenerTest, UnixSocketsAreLimited) {
  const std::string path = ::testing::TempDir() + "millrace_listener.sock";
  Start({.connections_max = 1, .connections_per_peer_max = 1}, "unix:" + path);
  EXPECT_EQ(listener_->port(), 0);
  const auto connect_to_path = [&] {
    Descriptor client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return client;
  };
  Descriptor first = connect_to_path();
  Descriptor taken = NextConnection();
  EXPECT_TRUE(IsClosed(connect_to_path()));
  shutdown(taken.get(), SHUT_RDWR);
  taken.Close();
  AwaitOpen(0);
  first = connect_to_path();
  EXPECT_TRUE(NextConnection().ok());
  listener_.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ListenSockets, UnusableAddressFails) {
  const auto first = ListenSockets::Open(kAnyPort, kSendTimeout);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string taken = "127.0.0.1:" + std::to_string(first->port());
  EXPECT_TRUE(absl::IsUnavailable(ListenSockets::Open(taken, kSendTimeout).status()));
  EXPECT_TRUE(absl::IsUnavailable(ListenSockets::Open("192.0.2.1:0", kSendTimeout).status()));
  EXPECT_TRUE(absl::IsUnavailable(ListenSockets::Open("unix:/nowhere/x", kSendTimeout).status()));
}

TEST(ListenSockets, NamesAndWildcardsUseOnePort) {
  for (const char* listen : {"localhost:0", "0.0.0.0:0", "[::]:0", "[::1]:0"}) {
    const auto sockets = ListenSockets::Open(listen, kSendTimeout);
    if (!sockets.ok() && std::string(listen).starts_with('[')) continue;  // no IPv6 on this machine
    ASSERT_TRUE(sockets.ok()) << listen << sockets.status();
    EXPECT_GT(sockets->port(), 0);
    if (std::string(listen) != "[::1]:0") {
      EXPECT_TRUE(ConnectTo(ClientSocket(), sockets->port())) << listen;
    }
  }
}

TEST(ListenSockets, OtherFileAtSocketPathStays) {
  const std::string path = ::testing::TempDir() + "millrace_no_socket";
  Descriptor file(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT_FALSE(ListenSockets::Open("unix:" + path, kSendTimeout).ok());
  EXPECT_TRUE(std::filesystem::exists(path));
  std::filesystem::remove(path);
}

TEST(ListenSockets, StaleSocketFileIsReplaced) {
  const std::string path = ::testing::TempDir() + "millrace_stale.sock";
  std::filesystem::remove(path);
  {
    const Descriptor stale(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(stale.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  EXPECT_TRUE(ListenSockets::Open("unix:" + path, kSendTimeout).ok());
}

}  // namespace
}  // namespace millrace::listener
