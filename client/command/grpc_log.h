// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace millrace::command {

// Stops gRPC from logging to standard error, where its lines would precede our message about the
// same failure. Does nothing if GRPC_VERBOSITY is set. Call it before the first use of gRPC.
void SilenceGrpcLog();

}  // namespace millrace::command
