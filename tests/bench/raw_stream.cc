// SPDX-License-Identifier: Apache-2.0

#include "bench/raw_stream.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <thread>

#include "base/error.h"
#include "bench/backlog.h"
#include "bench/stream_drain.h"
#include "fmt/format.h"
#include "grpcpp/grpcpp.h"
#include "millrace/v1/change_feed.grpc.pb.h"
#include "support/process.h"
#include "support/temp_directory.h"

namespace millrace::testing {
namespace {

constexpr size_t kMessageBytes = 64 << 10;
constexpr int kStartPollsMax = 1000;

class Stream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  Stream(const grpc::ByteBuffer& message, uint64_t count) : message_(message), left_(count) {
    Write();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    Write();
  }
  void OnDone() override { delete this; }

 private:
  void Write() {
    if (left_-- == 0) return Finish(grpc::Status::OK);
    StartWrite(&message_);
  }

  const grpc::ByteBuffer message_;
  uint64_t left_;
};

class Service final
    : public v1::ChangeFeed::WithRawCallbackMethod_Subscribe<v1::ChangeFeed::Service> {
 public:
  explicit Service(uint64_t messages) : messages_(messages) {
    // A SubscribeResponse of one transaction: tag, length in three bytes, content.
    std::string bytes(kMessageBytes, '\x5a');
    const size_t content = kMessageBytes - 4;
    bytes[0] = static_cast<char>(v1::SubscribeResponse::kTransactionsFieldNumber << 3 | 2);
    bytes[1] = static_cast<char>(content | 0x80);
    bytes[2] = static_cast<char>(content >> 7 | 0x80);
    bytes[3] = static_cast<char>(content >> 14);
    const grpc::Slice slice(bytes);
    message_ = grpc::ByteBuffer(&slice, 1);
  }
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(
      grpc::CallbackServerContext* /*context*/, const grpc::ByteBuffer* /*request*/) override {
    return new Stream(message_, messages_);
  }

 private:
  const uint64_t messages_;
  grpc::ByteBuffer message_;
};

// Port that the child wrote to `file`.
int AwaitPort(const std::filesystem::path& file) {
  for (int poll = 0; poll < kStartPollsMax; ++poll) {
    const std::string text = ReadFileTail(file, 100);
    if (!text.empty() && text.back() == '\n') return std::stoi(text);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Die(absl::DeadlineExceededError("the server of raw streams did not start"));
}

}  // namespace

void ServeRawStreams(uint64_t messages) {
  Service service(messages);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) Die(absl::UnavailableError("raw streams cannot be served"));
  std::cout << port << std::endl;
  server->Wait();
  std::exit(0);
}

double RawGrpcMegabytes(int streams, uint64_t bytes) {
  const TempDirectory directory;
  const auto output = directory.path() / "port";
  const uint64_t messages =
      std::max<uint64_t>(1, bytes / kMessageBytes / static_cast<uint64_t>(streams));
  auto server = Take(Process::Start({.program = std::filesystem::read_symlink("/proc/self/exe"),
                                     .arguments = {kServeRawStreams, std::to_string(messages)},
                                     .environment = {},
                                     .directory = {},
                                     .output = output,
                                     .errors = directory.path() / "errors"}));
  StreamDrain drain(fmt::format("127.0.0.1:{}", AwaitPort(output)), streams);
  drain.Begin(v1::SubscribeRequest(), std::numeric_limits<uint64_t>::max());
  const Drained drained = drain.Wait();
  server.Kill();
  return static_cast<double>(drained.bytes) / 1e6 / drained.seconds;
}

}  // namespace millrace::testing
