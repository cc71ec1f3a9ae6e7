// SPDX-License-Identifier: Apache-2.0

#include "condition/errors.h"

#include "base/reason.h"
#include "fmt/format.h"

namespace millrace::condition {

absl::Status InvalidAt(size_t offset, std::string_view problem, ErrorMetadata metadata) {
  metadata["offset"] = fmt::format("{}", offset);
  return MakeError(reason::kConditionInvalid, fmt::format("at offset {}: {}", offset, problem),
                   metadata);
}

absl::Status DoesNotFit(std::string_view problem) {
  return absl::InvalidArgumentError({problem.data(), problem.size()});
}

}  // namespace millrace::condition
