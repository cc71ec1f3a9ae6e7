// SPDX-License-Identifier: Apache-2.0

#include "api/call_watch.h"

#include <memory>

#include "grpcpp/generic/async_generic_service.h"

namespace millrace::api {
namespace {

using listener::Connection;
using listener::Connections;

// A call that its client cancels earlier has hardly begun. Deadlines are longer as a rule; those
// that are not count only in their hundreds.
constexpr Micros kDroppedWithin = 1'000'000;
// Smaller messages are part of what any call may take.
constexpr size_t kLargeMessage = 4 << 10;
// Of the headers of a stream, which stays open.
constexpr size_t kStreamHeaders = 1 << 10;

class TimedContext final : public grpc::CallbackServerContext {
 public:
  explicit TimedContext(Micros begun) : begun_(begun) {}
  Micros begun() const { return begun_; }

 private:
  const Micros begun_;
};

// Sees calls end.
class CallEnds final : public grpc::ContextAllocator {
 public:
  CallEnds(Connections& connections, const Clock& clock)
      : connections_(connections), clock_(clock) {}

  grpc::CallbackServerContext* NewCallbackServerContext() override {
    return new TimedContext(clock_.SteadyMicros());
  }
  // Of a method that nobody serves.
  grpc::GenericCallbackServerContext* NewGenericCallbackServerContext() override {
    return new grpc::GenericCallbackServerContext;
  }
  // gRPC releases contexts of both kinds by this.
  void Release(grpc::CallbackServerContext* context) override {
    const std::unique_ptr<grpc::CallbackServerContext> owner(context);
    const bool dropped = IsDropped(*context);
    connections_.ForPeer(context->peer(), [dropped](Connection& peer) {
      dropped ? peer.NoteDroppedCall() : peer.NoteCall();
    });
  }
  void Release(grpc::GenericCallbackServerContext* context) override {
    Release(static_cast<grpc::CallbackServerContext*>(context));
  }

 private:
  bool IsDropped(const grpc::CallbackServerContext& context) const {
    if (!context.IsCancelled()) return false;
    const auto* timed = dynamic_cast<const TimedContext*>(&context);
    return timed == nullptr || clock_.SteadyMicros() - timed->begun() <= kDroppedWithin;
  }

  Connections& connections_;
  const Clock& clock_;
};

}  // namespace

void WatchCalls(grpc::ServerBuilder& builder, Connections& connections, const Clock& clock) {
  builder.SetContextAllocator(std::make_unique<CallEnds>(connections, clock));
}

void NoteStream(const grpc::CallbackServerContext& context, size_t bytes,
                Connections& connections) {
  connections.ForPeer(context.peer(),
                      [bytes](Connection& peer) { peer.NoteMessage(bytes + kStreamHeaders); });
}

void NoteMessage(const grpc::CallbackServerContext& context, size_t bytes,
                 Connections& connections) {
  if (bytes < kLargeMessage) return;
  connections.ForPeer(context.peer(), [bytes](Connection& peer) { peer.NoteMessage(bytes); });
}

}  // namespace millrace::api
