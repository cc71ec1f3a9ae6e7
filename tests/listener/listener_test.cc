// SPDX-License-Identifier: Apache-2.0

#include "listener/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "listener/listen_sockets.h"

namespace millrace::listener {
namespace {

constexpr Micros kSendTimeout = 10'000'000;
constexpr char kAnyPort[] = "127.0.0.1:0";

// A socket of a client; connects from an address of this machine.
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

// Waits until the server closes.
bool IsClosed(const Descriptor& client) {
  char byte = 0;
  return recv(client.get(), &byte, 1, 0) <= 0;
}

// Lowers the soft limit of open files to what is open, as long as it lives.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = 0;
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
    listener_ = Listener::Open(listen, kSendTimeout, *connections_, Clock::System()).value();
    listener_->Start([this](int, int connection) {
      absl::MutexLock lock(&mutex_);
      taken_.emplace_back(connection);
    });
  }
  // The next connection that was handed over.
  Descriptor Taken() {
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

TEST_F(ListenerTest, HandsConnectionsOverAndSeesThemEnd) {
  Start();
  const Descriptor client = Connect();
  Descriptor taken = Taken();
  EXPECT_NE(fcntl(taken.get(), F_GETFL) & O_NONBLOCK, 0);
  AwaitOpen(1);
  // As gRPC does it.
  shutdown(taken.get(), SHUT_RDWR);
  taken.Close();
  AwaitOpen(0);
}

TEST_F(ListenerTest, OneTooManyIsClosedAtOnce) {
  Start({.connections_max = 1, .connections_per_peer_max = 1});
  const Descriptor first = Connect();
  Descriptor taken = Taken();
  EXPECT_TRUE(IsClosed(Connect()));
  AwaitRefused(Refusal::kConnectionsMax, 1);
  shutdown(taken.get(), SHUT_RDWR);
  taken.Close();
  AwaitOpen(0);
  const Descriptor next = Connect();
  EXPECT_TRUE(Taken().ok());
}

TEST_F(ListenerTest, OneTooManyOfAPeerIsClosedAtOnce) {
  Start({.connections_max = 10, .connections_per_peer_max = 1});
  const Descriptor first = Connect("127.0.0.2");
  const Descriptor taken = Taken();
  EXPECT_TRUE(IsClosed(Connect("127.0.0.2")));
  const Descriptor other = Connect("127.0.0.3");
  EXPECT_TRUE(Taken().ok());
  EXPECT_EQ(connections_->reading().refused[static_cast<size_t>(Refusal::kPeerMax)], 1u);
}

TEST_F(ListenerTest, WithoutDescriptorsClientsAreClosedAndLaterAdmitted) {
  Start();
  std::vector<Descriptor> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(ClientSocket());
  {
    const NoDescriptorsLeft nothing;
    ASSERT_TRUE(ConnectTo(clients[0], listener_->port()));
    ASSERT_TRUE(ConnectTo(clients[1], listener_->port()));
    // Whether by the spare descriptor or after a pause, nobody hangs.
    ASSERT_TRUE(ConnectTo(clients[2], listener_->port()));
  }
  ASSERT_TRUE(ConnectTo(clients[3], listener_->port()));
  const Descriptor taken = Taken();
  EXPECT_TRUE(taken.ok());
}

TEST_F(ListenerTest, EndlessBytesAreCutAndThePeerIsBlocked) {
  Start();
  const Descriptor client = Connect("127.0.0.2");
  const Descriptor taken = Taken();
  const std::string bytes(64 << 10, 'x');
  std::string read(64 << 10, '\0');
  size_t sent = 0;
  ssize_t count = 0;
  while ((count = send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)) > 0) {
    sent += static_cast<size_t>(count);
    ASSERT_LT(sent, 512u << 20);
    while (recv(taken.get(), read.data(), read.size(), MSG_DONTWAIT) > 0) {
    }
  }
  AwaitOpen(0);
  EXPECT_EQ(connections_->reading().cut[static_cast<size_t>(CutReason::kUnansweredBytes)], 1u);
  EXPECT_TRUE(IsClosed(Connect("127.0.0.2")));
  EXPECT_EQ(connections_->reading().refused[static_cast<size_t>(Refusal::kPeerBlocked)], 1u);
  const Descriptor other = Connect("127.0.0.3");
  EXPECT_TRUE(Taken().ok());
}

TEST_F(ListenerTest, BytesOfCallsAreNotCut) {
  Start();
  const Descriptor client = Connect();
  const Descriptor taken = Taken();
  sockaddr_in name{};
  socklen_t size = sizeof(name);
  getsockname(client.get(), reinterpret_cast<sockaddr*>(&name), &size);
  const std::string peer = "ipv4:127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  const std::string bytes(4 << 10, 'x');
  std::string read(4 << 10, '\0');
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), 4 << 10);
    while (recv(taken.get(), read.data(), read.size(), MSG_DONTWAIT) > 0) {
    }
    connections_->ForPeer(peer, [](Connection& connection) { connection.NoteCall(); });
  }
  EXPECT_EQ(connections_->reading().open, 1u);
}

TEST_F(ListenerTest, StoppedListenerRefusesClients) {
  Start();
  const int port = listener_->port();
  const Descriptor before = Connect();
  Descriptor taken = Taken();
  listener_->Stop();
  EXPECT_FALSE(ConnectTo(ClientSocket(), port));
  EXPECT_EQ(send(taken.get(), "x", 1, MSG_NOSIGNAL), 1);
  listener_.reset();
  EXPECT_EQ(connections_->reading().open, 0u);
}

TEST_F(ListenerTest, UnixSocketsAreLimitedToo) {
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
  Descriptor taken = Taken();
  EXPECT_TRUE(IsClosed(connect_to_path()));
  shutdown(taken.get(), SHUT_RDWR);
  taken.Close();
  AwaitOpen(0);
  first = connect_to_path();
  EXPECT_TRUE(Taken().ok());
  listener_.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ListenSockets, TakenAddressFails) {
  const auto first = ListenSockets::Open(kAnyPort, kSendTimeout);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string taken = "127.0.0.1:" + std::to_string(first->port());
  EXPECT_TRUE(absl::IsUnavailable(ListenSockets::Open(taken, kSendTimeout).status()));
  EXPECT_TRUE(absl::IsUnavailable(ListenSockets::Open("192.0.2.1:0", kSendTimeout).status()));
  EXPECT_TRUE(absl::IsUnavailable(ListenSockets::Open("unix:/nowhere/x", kSendTimeout).status()));
}

TEST(ListenSockets, NamesAndWildcardsListenOnOnePort) {
  for (const char* listen : {"localhost:0", "0.0.0.0:0", "[::]:0", "[::1]:0"}) {
    const auto sockets = ListenSockets::Open(listen, kSendTimeout);
    if (!sockets.ok() && std::string(listen).starts_with('[')) continue;  // no IPv6 here
    ASSERT_TRUE(sockets.ok()) << listen << sockets.status();
    EXPECT_GT(sockets->port(), 0);
    if (std::string(listen) != "[::1]:0") {
      EXPECT_TRUE(ConnectTo(ClientSocket(), sockets->port())) << listen;
    }
  }
}

TEST(ListenSockets, FileThatIsNoSocketStays) {
  const std::string path = ::testing::TempDir() + "millrace_no_socket";
  Descriptor file(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT_FALSE(ListenSockets::Open("unix:" + path, kSendTimeout).ok());
  EXPECT_TRUE(std::filesystem::exists(path));
  std::filesystem::remove(path);
}

TEST(ListenSockets, SocketFileOfADeadServerIsReplaced) {
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
