// SPDX-License-Identifier: Apache-2.0

#include "program/failure.h"

#include <iostream>
#include <string>

#include "base/error.h"

namespace millrace::program {

int Report(const Failure& failure) {
  const std::string reason = ErrorReason(failure.status);
  std::cerr << "millraced: " << failure.status.message();
  if (!reason.empty()) std::cerr << " [" << reason << "]";
  std::cerr << "\n";
  return failure.exit_code;
}

}  // namespace millrace::program
