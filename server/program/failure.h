// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"

namespace millrace::program {

// Exit codes besides 0.
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;  // configuration or command line

// Why millraced exits.
struct Failure {
  absl::Status status;
  int exit_code = kExitFailure;
};

// Prints the error to stderr; returns the exit code.
int Report(const Failure& failure);

}  // namespace millrace::program
