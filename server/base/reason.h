// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "base/retry_policy.h"

namespace millrace {

// Who retries after an error.
struct Retry {
  // What the feed does.
  RetryPolicy feed = RetryPolicy::kStop;
  // True: the mirror in Kafka waits and retries. False: it parks.
  bool mirror = false;
  // How ERRORS.md describes the policy.
  std::string_view text;
};

namespace retry {

// Errors of calls and snapshots: the caller decides whether to retry.
inline constexpr Retry kCallerDecides{.text = "by the caller"};
// The server handles these errors itself; users never see them.
inline constexpr Retry kHandledInternally{.text = "inside the server"};
inline constexpr Retry kNoStart{.text = "no: millraced does not start, or it exits"};
inline constexpr Retry kFeedStops{.text = "no: the feed stops"};
inline constexpr Retry kFeedWaits{.feed = RetryPolicy::kWait, .text = "the feed waits"};
inline constexpr Retry kFeedWaitsKeepingBackoff{.feed = RetryPolicy::kWaitKeepingBackoff,
                                                .text = "the feed waits"};
inline constexpr Retry kFeedRetriesOnce{.feed = RetryPolicy::kRetryOnce,
                                        .text = "once, then the feed stops"};
inline constexpr Retry kMirrorWaits{.mirror = true, .text = "the mirror waits"};
inline constexpr Retry kMirrorParks{.text = "no: the mirror parks"};
inline constexpr Retry kFeedStopsMirrorWaits{.mirror = true,
                                             .text = "the feed stops, the mirror waits"};

}  // namespace retry

// One row of the table of errors, reasons.inc.
struct Reason {
  // Upper snake case, at most 63 characters.
  std::string_view name;
  absl::StatusCode code;
  Retry retry;
  std::string_view meaning;
  std::string_view remedy;
};

namespace reason {

#define MILLRACE_REASON(constant, name, code, retries, meaning, remedy) \
  inline constexpr Reason constant{name, absl::StatusCode::code, retry::retries, meaning, remedy};
#include "base/reasons.inc"
#undef MILLRACE_REASON

}  // namespace reason

// All reasons, sorted by name.
std::span<const Reason* const> AllReasons();

// The reason with this name; null if there is none, for example if a newer version stored the name.
const Reason* FindReason(std::string_view name);

}  // namespace millrace
