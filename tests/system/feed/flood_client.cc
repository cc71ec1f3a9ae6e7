// SPDX-License-Identifier: Apache-2.0

#include "system/feed/flood_client.h"

#include <chrono>

namespace millrace::testing {
namespace {

constexpr char kMethod[] = "/millrace.v1.ChangeFeed/ListSubscriptions";
// The entry `age` of HPACK's static table: 35 bytes by its rules, of which gRPC accepts 8 KiB a
// frame.
constexpr char kShortHeader = '\x95';
constexpr size_t kHeadersPerFrame = 234;
constexpr int kFramesPerWrite = 64;
constexpr uint32_t kCallsPerWrite = 1000;
// Pause after a connection that was closed before it could send anything.
constexpr std::chrono::milliseconds kPause(5);

// An empty gRPC message.
const std::string kEmptyMessage(5, '\0');

std::string Begin() {
  using namespace http2;
  return Preface() + Frame(kSettings, kAck, 0, "");
}

}  // namespace

std::string EndlessHeaders() {
  using namespace http2;
  const std::string frame = Frame(kContinuation, 0, 1, std::string(kHeadersPerFrame, kShortHeader));
  std::string frames;
  for (int i = 0; i < kFramesPerWrite; ++i) frames += frame;
  return frames;
}

std::string DroppedCalls(uint32_t first_stream) {
  using namespace http2;
  std::string calls;
  for (uint32_t i = 0; i < kCallsPerWrite; ++i) {
    const uint32_t stream = first_stream + 2 * i;
    calls += Frame(kHeaders, kEndHeaders, stream, HeadersAgain());
    calls += Frame(kData, kEndStream, stream, kEmptyMessage);
    calls += Frame(kResetStream, 0, stream, std::string("\0\0\0\x08", 4));
  }
  return calls;
}

FloodClients::FloodClients(int port, const std::string& from, bool tls, int clients,
                           const Next& next) {
  for (int i = 0; i < clients; ++i) {
    threads_.emplace_back([this, port, from, tls, next] { Run(port, from, tls, next); });
  }
}

FloodClients::~FloodClients() {
  stop_.store(true);
  for (std::thread& thread : threads_) thread.join();
}

void FloodClients::Run(int port, const std::string& from, bool tls, const Next& next) {
  using namespace http2;
  while (!stop_.load()) {
    auto connection = RawConnection::Open(port, from, tls);
    uint32_t count = 0;
    if (connection.has_value() && connection->Write(Begin())) {
      for (std::string bytes = next(0); !stop_.load() && connection->Write(bytes);) {
        bytes_.fetch_add(bytes.size());
        bytes = next(++count);
      }
    }
    if (count > 1) {
      connections_.fetch_add(1);
    } else {
      refused_.fetch_add(1);
      std::this_thread::sleep_for(kPause);
    }
  }
}

}  // namespace millrace::testing
