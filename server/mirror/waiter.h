// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"

namespace millrace::mirror {

// Implemented by the caller of a sink. A sink splits a long wait into short ones and asks the
// waiter between them whether to give up. All calls come from the mirror's thread.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual bool ShouldStop() const = 0;
  // The sink has waited unusually long, because of `why`, and keeps waiting.
  virtual void OnLongWait(const absl::Status& why) = 0;
  // A problem that does not stop the mirror. Replaces the previous warning of the same subject.
  virtual void OnWarning(const std::string& subject, const std::string& warning) = 0;
};

}  // namespace millrace::mirror
