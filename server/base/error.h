// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace {

// Variable parts of an error, by name.
using ErrorMetadata = std::map<std::string, std::string>;

// A failure that callers tell apart by `reason` (upper snake case, at most 63 characters). The
// reasons that reach users are listed in proto/millrace/v1/error.proto (API) and in README.md
// (feed). The message says what, where and what to do now; it holds no secret and no row value.
absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const ErrorMetadata& metadata = {});

// The reason given to MakeError; empty if the status was made otherwise.
std::string ErrorReason(const absl::Status& status);

// The metadata given to MakeError; empty if the status was made otherwise.
ErrorMetadata ErrorMetadataOf(const absl::Status& status);

// The same error with "`context`: " before its message; code, reason and metadata stay.
absl::Status WithContext(const absl::Status& status, std::string_view context);

}  // namespace millrace

// Returns from the function if `expression`, a Status, is not OK.
#define MILLRACE_RETURN_IF_ERROR(expression)                                               \
  do {                                                                                     \
    if (absl::Status millrace_status_ = (expression); !millrace_status_.ok()) [[unlikely]] \
      return millrace_status_;                                                             \
  } while (false)

#define MILLRACE_CONCAT_INNER_(a, b) a##b
#define MILLRACE_CONCAT_(a, b) MILLRACE_CONCAT_INNER_(a, b)

// `target = value of expression`, a StatusOr, or returns its status.
#define MILLRACE_ASSIGN_OR_RETURN(target, expression) \
  MILLRACE_ASSIGN_OR_RETURN_(MILLRACE_CONCAT_(millrace_or_, __LINE__), target, expression)
#define MILLRACE_ASSIGN_OR_RETURN_(holder, target, expression) \
  auto holder = (expression);                                  \
  if (!holder.ok()) [[unlikely]]                               \
    return holder.status();                                    \
  target = std::move(holder).value()
