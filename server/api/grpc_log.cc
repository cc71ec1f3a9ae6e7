// SPDX-License-Identifier: Apache-2.0

#include "api/grpc_log.h"

#include "grpc/support/log.h"
#include "spdlog/spdlog.h"

namespace millrace::api {

void RouteGrpcLog() {
  gpr_set_log_function([](gpr_log_func_args* line) {
    spdlog::debug("grpc: {} ({}:{})", line->message, line->file, line->line);
  });
}

}  // namespace millrace::api
