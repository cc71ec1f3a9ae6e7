// SPDX-License-Identifier: Apache-2.0

#include "millrace/subscription.h"

#include <utility>

#include "millrace/error.h"

namespace millrace::client {
namespace {

// GetPosition returns within milliseconds, so a longer wait means that the server is gone.
constexpr absl::Duration kPositionDeadline = absl::Seconds(15);

// Limits retries of failures that look like a lost connection but may be a permanent defect.
constexpr int kUnclearFailuresMax = 10;

enum class FailureKind { kTemporary, kUnclear, kFinal };

FailureKind Classify(const absl::Status& failure) {
  if (failure.code() == absl::StatusCode::kUnavailable) return FailureKind::kTemporary;
  const std::string reason = ErrorReasonOf(failure);
  if (reason == "STREAM_LIMIT" || reason == "CATCHUP_LIMIT") return FailureKind::kTemporary;
  if (!reason.empty()) return FailureKind::kFinal;
  // A failure without a reason comes from gRPC or a proxy, not from the server. A reset stream may
  // have any of these codes.
  switch (failure.code()) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
      return FailureKind::kUnclear;
    default:
      return FailureKind::kFinal;
  }
}

absl::Status Cancelled() { return absl::CancelledError("the subscription was cancelled"); }

}  // namespace

Subscription::Subscription(std::shared_ptr<v1::ChangeFeed::StubInterface> stub,
                           SubscribeOptions options)
    : stub_(std::move(stub)),
      options_(std::move(options)),
      request_(options_.request),
      backoff_(options_.retry) {}

Subscription::~Subscription() {
  Cancel();
  // gRPC requires Finish before a stream is destroyed.
  if (stream_ != nullptr) stream_->Finish();
}

bool Subscription::StartsAtLatest() const {
  if (request_.start_case() == v1::SubscribeRequest::START_NOT_SET) return true;
  return request_.start_case() == v1::SubscribeRequest::kAt &&
         (request_.at() == v1::START_POINT_LATEST || request_.at() == v1::START_POINT_UNSPECIFIED);
}

absl::Status Subscription::Open() {
  while (StartsAtLatest() && !final_.has_value()) {
    const absl::Status fetched = FetchLatestToken();
    if (fetched.ok()) {
      backoff_.Reset();
      break;
    }
    final_ = WaitToRetry(fetched);
  }
  return final_.value_or(absl::OkStatus());
}

absl::Status Subscription::FetchLatestToken() {
  const auto context = BeginCall();
  if (context == nullptr) return Cancelled();
  context->set_deadline(absl::ToChronoTime(absl::Now() + kPositionDeadline));
  v1::GetPositionRequest request;
  request.set_at(v1::START_POINT_LATEST);
  v1::GetPositionResponse response;
  const grpc::Status status = stub_->GetPosition(context.get(), request, &response);
  if (!status.ok()) return ToAbslStatus(status, *context);
  if (response.resume_token().empty()) {
    return absl::InternalError("the server's response to GetPosition has no token");
  }
  request_.set_resume_token(std::move(*response.mutable_resume_token()));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Batch>> Subscription::Next() {
  if (const absl::Status opened = Open(); !opened.ok()) return opened;
  while (!final_.has_value()) {
    if (stream_ == nullptr) Connect();
    Batch batch;
    if (stream_ != nullptr && stream_->Read(batch.mutable_response())) {
      final_ = Accept(batch);
      if (!final_.has_value()) return std::optional<Batch>(std::move(batch));
    } else {
      final_ = HandleStreamEnd(Disconnect());
    }
  }
  if (!final_->ok()) return *final_;
  return std::optional<Batch>();
}

std::optional<absl::Status> Subscription::Accept(const Batch& batch) {
  if (cancelled_.HasBeenNotified()) return Cancelled();
  if (batch.resume_token().empty()) {
    return absl::InternalError("the server sent a response without a token");
  }
  backoff_.Reset();
  request_.set_resume_token(batch.resume_token());
  return std::nullopt;
}

std::optional<absl::Status> Subscription::HandleStreamEnd(const absl::Status& ended) {
  if (cancelled_.HasBeenNotified()) return Cancelled();
  if (!ended.ok()) return WaitToRetry(ended);
  if (!request_.until_token().empty()) return absl::OkStatus();
  return WaitToRetry(absl::UnavailableError("the server ended the stream"));
}

std::shared_ptr<grpc::ClientContext> Subscription::BeginCall() {
  absl::MutexLock lock(&mutex_);
  if (cancelled_.HasBeenNotified()) return nullptr;
  context_ = std::make_shared<grpc::ClientContext>();
  return context_;
}

void Subscription::Connect() {
  if (const auto context = BeginCall(); context != nullptr) {
    stream_ = stub_->Subscribe(context.get(), request_);
  }
}

absl::Status Subscription::Disconnect() {
  if (stream_ == nullptr) return Cancelled();
  const grpc::Status status = stream_->Finish();
  stream_.reset();
  absl::MutexLock lock(&mutex_);
  return ToAbslStatus(status, *context_);
}

std::optional<absl::Status> Subscription::WaitToRetry(const absl::Status& failure) {
  const FailureKind kind = Classify(failure);
  if (cancelled_.HasBeenNotified()) return Cancelled();
  if (kind == FailureKind::kFinal) return failure;
  const absl::Duration wait = backoff_.Next();
  if (backoff_.failures() > options_.retry.attempts_max) return failure;
  if (kind == FailureKind::kUnclear && backoff_.failures() > kUnclearFailuresMax) return failure;
  if (options_.on_retry) options_.on_retry(failure, wait);
  if (options_.sleeper) {
    options_.sleeper(wait);
  } else {
    cancelled_.WaitForNotificationWithTimeout(wait);
  }
  if (cancelled_.HasBeenNotified()) return Cancelled();
  return std::nullopt;
}

void Subscription::Cancel() {
  absl::MutexLock lock(&mutex_);
  if (!cancelled_.HasBeenNotified()) cancelled_.Notify();
  if (context_ != nullptr) context_->TryCancel();
}

}  // namespace millrace::client
