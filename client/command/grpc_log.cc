// SPDX-License-Identifier: Apache-2.0

#include "grpc_log.h"

#include <cstdlib>

#include "grpc/support/log.h"

namespace millrace::command {

void SilenceGrpcLog() {
  if (std::getenv("GRPC_VERBOSITY") != nullptr) return;
  gpr_set_log_function([](gpr_log_func_args* /*line*/) {});
}

}  // namespace millrace::command
