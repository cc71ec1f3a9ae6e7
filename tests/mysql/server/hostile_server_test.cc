// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <thread>

#include "base/error.h"
#include "mysql/connection.h"
#include "support/temp_directory.h"

namespace millrace {
namespace {

constexpr std::string_view kSecret = "s3cret-w0rd";

// Sends packets that no real server can be made to send: serves one connection by a script and
// records the received bytes.
class HostileServer {
 public:
  explicit HostileServer(std::vector<std::string> script)
      : path_(directory_.path() / "socket"), listener_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    thread_ = std::thread([this, script = std::move(script)] { Serve(script); });
  }
  ~HostileServer() { Received(); }

  const std::string& path() const { return path_; }
  // Waits until the client has disconnected, and returns all that it sent.
  std::string Received() {
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) close(listener_);
    listener_ = -1;
    return received_;
  }

 private:
  void Serve(const std::vector<std::string>& script) {
    const int client = accept(listener_, nullptr, nullptr);
    char buffer[4096];
    for (const std::string& packet : script) {
      send(client, packet.data(), packet.size(), MSG_NOSIGNAL);
      const ssize_t got = recv(client, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      received_.append(buffer, static_cast<size_t>(got));
    }
    close(client);
  }

  testing::TempDirectory directory_;
  const std::string path_;
  int listener_;
  std::string received_;
  std::thread thread_;
};

std::string Packet(uint8_t number, const std::string& body) {
  return std::string{char(body.size()), char(body.size() >> 8), 0, char(number)} + body;
}

std::string GreetingPacket() {
  return Packet(0, "\x0a" + std::string("8.0.99\0", 7) + std::string(4, 1) + std::string(8, 'a') +
                       std::string("\0\xff\xf7\x2d\x02\0\xff\xdf\x15", 9) + std::string(10, 0) +
                       std::string(12, 'a') + std::string("\0mysql_native_password\0", 23));
}

std::string SwitchTo(const std::string& plugin) {
  return Packet(2, "\xfe" + plugin + '\0' + std::string(20, 'a') + '\0');
}

absl::Status ConnectTo(const HostileServer& server) {
  setenv("MILLRACE_TEST_SECRET", std::string(kSecret).c_str(), 1);
  SourceOptions options;
  options.server_id = 1;
  options.socket = server.path();
  options.password_env = "MILLRACE_TEST_SECRET";
  return Connect(options).status();
}

TEST(HostileServerTest, ServerCannotRequestClearTextPassword) {
  for (const std::string plugin : {"mysql_clear_password", "dialog", "mysql_old_password"}) {
    HostileServer server({GreetingPacket(), SwitchTo(plugin), std::string()});
    EXPECT_EQ(ErrorReason(ConnectTo(server)), "SOURCE_AUTHENTICATION_FAILED") << plugin;
    EXPECT_EQ(server.Received().find(kSecret), std::string::npos) << plugin;
  }
}

TEST(HostileServerTest, ServerCannotRequestLocalFile) {
  const std::string ok = std::string("\0\0\0\2\0\0\0", 7);
  HostileServer server({GreetingPacket(), Packet(2, ok), Packet(1, "\xfb/etc/passwd")});
  EXPECT_FALSE(ConnectTo(server).ok());
  EXPECT_EQ(server.Received().find("root:"), std::string::npos);
}

TEST(HostileServerTest, GarbageIsALostConnection) {
  HostileServer server({"HTTP/1.1 400 Bad Request\r\n\r\n"});
  EXPECT_EQ(ErrorReason(ConnectTo(server)), "SOURCE_UNREACHABLE");
}

}  // namespace
}  // namespace millrace
