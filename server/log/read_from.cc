// SPDX-License-Identifier: Apache-2.0

#include "log/read_from.h"

namespace millrace::log {

absl::Status NotInMemory() {
  static const absl::Status status = absl::UnavailableError("the disk has to be read");
  return status;
}

bool IsNotInMemory(const absl::Status& status) { return !status.ok() && status == NotInMemory(); }

}  // namespace millrace::log
