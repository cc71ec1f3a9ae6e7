// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace millrace::api {

// Sends gRPC's log lines to our log at level debug. By default they go to standard error, before
// the message that explains the same failure. Thread-safe; may be called again.
void RouteGrpcLog();

}  // namespace millrace::api
