// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace millrace::command {

// Stops gRPC from writing its own log lines to standard error, ahead of the message that explains
// the same failure. Does nothing if GRPC_VERBOSITY is set. Before the first use of gRPC.
void SilenceGrpcLog();

}  // namespace millrace::command
