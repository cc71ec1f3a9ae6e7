// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace {

struct Reason;

// The variable parts of an error, by name.
using ErrorMetadata = std::map<std::string, std::string>;

// Makes an error with the code of `reason`, one of base/reason.h. Callers branch on the reason. The
// message says what happened, where, and what to do now; it contains no secret and no row value.
absl::Status MakeError(const Reason& reason, std::string_view message,
                       const ErrorMetadata& metadata = {});

// The same with another code, for the few reasons that have more than one code.
absl::Status MakeError(absl::StatusCode code, const Reason& reason, std::string_view message,
                       const ErrorMetadata& metadata = {});

// An error with the reason of `status`, and with another code, message and metadata.
absl::Status Reworded(const absl::Status& status, absl::StatusCode code, std::string_view message,
                      const ErrorMetadata& metadata = {});

// Whether `status` was made by MakeError with `reason`.
bool HasReason(const absl::Status& status, const Reason& reason);

// The name of the reason; empty if MakeError did not make the status.
std::string ErrorReason(const absl::Status& status);

// The metadata; empty if MakeError did not make the status.
ErrorMetadata ErrorMetadataOf(const absl::Status& status);

// The same error with "`context`: " before its message. Keeps code, reason and metadata.
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

// Assigns the value of `expression`, a StatusOr, to `target`, or returns its status.
#define MILLRACE_ASSIGN_OR_RETURN(target, expression) \
  MILLRACE_ASSIGN_OR_RETURN_(MILLRACE_CONCAT_(millrace_or_, __LINE__), target, expression)
#define MILLRACE_ASSIGN_OR_RETURN_(holder, target, expression) \
  auto holder = (expression);                                  \
  if (!holder.ok()) [[unlikely]]                               \
    return holder.status();                                    \
  target = std::move(holder).value()
