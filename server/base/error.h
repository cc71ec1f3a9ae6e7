// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace {

struct Reason;

// Variable parts of an error, by name.
using ErrorMetadata = std::map<std::string, std::string>;

// A failure that callers tell apart by `reason`, one of base/reason.h, with its code. The message
// says what, where and what to do now; it holds no secret and no row value.
absl::Status MakeError(const Reason& reason, std::string_view message,
                       const ErrorMetadata& metadata = {});

// The same with another code, for the few reasons whose code depends on the case.
absl::Status MakeError(absl::StatusCode code, const Reason& reason, std::string_view message,
                       const ErrorMetadata& metadata = {});

// A failure for the reason of `status`, with another code, message and metadata.
absl::Status Reworded(const absl::Status& status, absl::StatusCode code, std::string_view message,
                      const ErrorMetadata& metadata = {});

// Whether `status` was made by MakeError with `reason`.
bool HasReason(const absl::Status& status, const Reason& reason);

// The name of the reason given to MakeError; empty if the status was made otherwise.
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
