// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

#include "base/clock.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/server_context.h"
#include "listener/connections.h"

namespace millrace::api {

// Makes gRPC say how calls of each connection end, which `connections` needs to tell a flood from
// use. Costs a call a lookup, messages of a stream nothing. Both must outlive the server. Calls are
// seen when they end: gRPC says that one begins only after it has read all that has come, and
// intercepting calls costs each message a round through gRPC's queue.
void WatchCalls(grpc::ServerBuilder& builder, listener::Connections& connections,
                const Clock& clock);

// The same of a stream that began with a request of `bytes`.
void NoteStream(const grpc::CallbackServerContext& context, size_t bytes,
                listener::Connections& connections);

// The same of the request of any other call; services say it of those that may be large.
void NoteMessage(const grpc::CallbackServerContext& context, size_t bytes,
                 listener::Connections& connections);

}  // namespace millrace::api
