// SPDX-License-Identifier: Apache-2.0

#include "bench/stream_drain.h"

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "bench/backlog.h"
#include "fmt/format.h"
#include "google/protobuf/io/coded_stream.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "model/token.h"

namespace millrace::testing {
namespace {

constexpr char kMethod[] = "/millrace.v1.ChangeFeed/Subscribe";
constexpr absl::Duration kWaitMax = absl::Minutes(10);
constexpr std::chrono::seconds kConnectMax(30);
constexpr uint32_t kTokenField = v1::SubscribeResponse::kResumeTokenFieldNumber;
constexpr uint32_t kTransactionsField = v1::SubscribeResponse::kTransactionsFieldNumber;
constexpr uint32_t kChangesField = v1::Transaction::kChangesFieldNumber;

using google::protobuf::io::CodedInputStream;
using std::chrono::duration;
using std::chrono::steady_clock;

// Returns the sequence of a response's token, or `otherwise` if it has none.
uint64_t SequenceOf(grpc::ByteBuffer& response, uint64_t otherwise) {
  grpc::ProtoBufferReader reader(&response);
  CodedInputStream input(&reader);
  while (const uint32_t tag = input.ReadTag()) {
    uint32_t size = 0;
    if ((tag & 7) != 2 || !input.ReadVarint32(&size)) break;
    if (tag >> 3 != kTokenField) {
      if (!input.Skip(static_cast<int>(size))) break;
      continue;
    }
    std::string text;
    if (!input.ReadString(&text, static_cast<int>(size))) break;
    return Take(Token::Parse(text)).sequence.value;
  }
  return otherwise;
}

// Skips a field of one of the types that the feed uses.
bool Skip(CodedInputStream& input, uint32_t tag) {
  uint32_t size = 0;
  uint64_t number = 0;
  if ((tag & 7) == 0) return input.ReadVarint64(&number);
  return (tag & 7) == 2 && input.ReadVarint32(&size) && input.Skip(static_cast<int>(size));
}

// Counts the changes of a transaction of `size` bytes.
uint64_t ChangesOfTransaction(CodedInputStream& input, uint32_t size) {
  uint64_t changes = 0;
  const auto outer = input.PushLimit(static_cast<int>(size));
  while (const uint32_t tag = input.ReadTag()) {
    if (!Skip(input, tag)) Die(absl::DataLossError("a transaction is malformed"));
    if (tag >> 3 == kChangesField) ++changes;
  }
  input.PopLimit(outer);
  return changes;
}

uint64_t ChangesIn(grpc::ByteBuffer& response) {
  grpc::ProtoBufferReader reader(&response);
  CodedInputStream input(&reader);
  uint64_t changes = 0;
  while (const uint32_t tag = input.ReadTag()) {
    uint32_t size = 0;
    if (tag >> 3 == kTransactionsField && input.ReadVarint32(&size)) {
      changes += ChangesOfTransaction(input, size);
    } else if (!Skip(input, tag)) {
      Die(absl::DataLossError("a response is malformed"));
    }
  }
  return changes;
}

}  // namespace

// Counts the finished streams.
struct StreamDrain::Progress {
  absl::Mutex mutex;
  int running ABSL_GUARDED_BY(mutex) = 0;    // streams before `until`
  int open ABSL_GUARDED_BY(mutex) = 0;       // calls that gRPC has not ended
  std::string error ABSL_GUARDED_BY(mutex);  // of the first that failed
  steady_clock::time_point last ABSL_GUARDED_BY(mutex);
};

// Only one operation is in progress at a time, so its tag is the stream.
class StreamDrain::Stream {
 public:
  Stream(const std::string& address, Progress& progress, grpc::CompletionQueue& queue)
      : progress_(progress), queue_(queue) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    channel_->GetState(/*try_to_connect=*/true);
  }

  void AwaitConnected() {
    if (!channel_->WaitForConnected(std::chrono::system_clock::now() + kConnectMax)) {
      Die(absl::UnavailableError("a stream cannot connect"));
    }
  }
  void CountChanges() { counts_changes_ = true; }
  void Begin(const std::string& request, uint64_t after, uint64_t until) {
    after_ = passed_ = after;
    until_ = until;
    const grpc::Slice slice(request);
    request_ = grpc::ByteBuffer(&slice, 1);
    call_ = grpc::GenericStub(channel_).PrepareCall(&context_, kMethod, &queue_);
    call_->StartCall(this);
  }
  void Cancel() { context_.TryCancel(); }

  // Starts the next operation. `ok` is the result of the previous one.
  void Proceed(bool ok) {
    switch (step_) {
      case Step::kStart:
        step_ = Step::kRequest;
        return call_->WriteLast(request_, {}, this);
      case Step::kRequest:
        step_ = Step::kRead;
        return call_->Read(&response_, this);
      case Step::kRead:
        if (ok) return TakeResponse();
        step_ = Step::kFinish;
        return call_->Finish(&status_, this);
      case Step::kFinish:
        return End();
    }
  }

  uint64_t rows() const { return passed_ - after_; }
  uint64_t changes() const { return changes_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t messages() const { return messages_; }
  uint64_t first_changes() const { return first_changes_; }
  steady_clock::time_point first_at() const { return first_at_; }

 private:
  enum class Step { kStart, kRequest, kRead, kFinish };

  void TakeResponse() {
    if (!is_finished_) {
      bytes_ += response_.Length();
      if (counts_changes_) changes_ += ChangesIn(response_);
      if (messages_++ == 0) {
        first_at_ = steady_clock::now();
        first_changes_ = changes_;
      }
      passed_ = SequenceOf(response_, passed_);
      if (passed_ >= until_) MarkFinished();
    }
    call_->Read(&response_, this);
  }
  void MarkFinished() {
    is_finished_ = true;
    context_.TryCancel();
    absl::MutexLock lock(&progress_.mutex);
    --progress_.running;
    progress_.last = steady_clock::now();
  }
  void End() {
    if (!is_finished_) MarkFinished();
    absl::MutexLock lock(&progress_.mutex);
    if (!status_.ok() && status_.error_code() != grpc::StatusCode::CANCELLED) {
      progress_.error = status_.error_message();
    }
    --progress_.open;
  }

  Progress& progress_;
  grpc::CompletionQueue& queue_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  Step step_ = Step::kStart;
  bool counts_changes_ = false;
  uint64_t after_ = 0;
  uint64_t until_ = 0;
  // Belong to the thread that serves the stream. Other threads read them once it is finished.
  uint64_t passed_ = 0;
  uint64_t changes_ = 0;
  uint64_t bytes_ = 0;
  uint64_t messages_ = 0;
  uint64_t first_changes_ = 0;
  steady_clock::time_point first_at_;
  bool is_finished_ = false;
};

StreamDrain::StreamDrain(const std::string& address, int streams)
    : progress_(std::make_unique<Progress>()) {
  const size_t threads = streams == 1 ? 1 : 2;
  for (size_t i = 0; i < threads; ++i) {
    queues_.push_back(std::make_unique<grpc::CompletionQueue>());
    threads_.emplace_back(Serve, std::ref(*queues_.back()));
  }
  for (size_t i = 0; i < static_cast<size_t>(streams); ++i) {
    streams_.push_back(std::make_unique<Stream>(address, *progress_, *queues_[i % threads]));
  }
  for (const auto& stream : streams_) stream->AwaitConnected();
}

StreamDrain::~StreamDrain() {
  for (const auto& stream : streams_) stream->Cancel();
  const auto closed = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(progress_->mutex) {
    return progress_->open == 0;
  };
  {
    absl::MutexLock lock(&progress_->mutex);
    progress_->mutex.Await(absl::Condition(&closed));
  }
  for (const auto& queue : queues_) queue->Shutdown();
  for (std::thread& thread : threads_) thread.join();
}

void StreamDrain::Serve(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) static_cast<Stream*>(tag)->Proceed(ok);
}

void StreamDrain::CountChanges() {
  for (const auto& stream : streams_) stream->CountChanges();
}

void StreamDrain::Begin(uint64_t after, uint64_t until) {
  v1::SubscribeRequest request;
  request.mutable_after()->set_sequence(after);
  Begin(request, until);
}

void StreamDrain::Begin(const v1::SubscribeRequest& request, uint64_t until) {
  {
    absl::MutexLock lock(&progress_->mutex);
    progress_->running = progress_->open = static_cast<int>(streams_.size());
  }
  const std::string bytes = request.SerializeAsString();
  begin_ = steady_clock::now();
  for (const auto& stream : streams_) stream->Begin(bytes, request.after().sequence(), until);
}

Drained StreamDrain::Wait() {
  const auto over = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(progress_->mutex) {
    return progress_->running == 0 || !progress_->error.empty();
  };
  absl::MutexLock lock(&progress_->mutex);
  if (!progress_->mutex.AwaitWithTimeout(absl::Condition(&over), kWaitMax)) {
    Die(absl::DeadlineExceededError(
        fmt::format("{} streams are still running", progress_->running)));
  }
  if (!progress_->error.empty()) Die(absl::InternalError(progress_->error));
  const Stream& first = *streams_.front();
  Drained drained{
      .seconds = duration<double>(progress_->last - begin_).count(),
      .seconds_after_first = duration<double>(progress_->last - first.first_at()).count(),
      .first_changes = first.first_changes()};
  for (const auto& stream : streams_) {
    drained.rows += stream->rows();
    drained.changes += stream->changes();
    drained.bytes += stream->bytes();
    drained.messages += stream->messages();
  }
  return drained;
}

}  // namespace millrace::testing
