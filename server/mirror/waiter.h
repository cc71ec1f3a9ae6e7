// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"

namespace millrace::mirror {

// Whoever waits for a sink: asked between short waits whether to give up, and told if one gets
// long. All calls come from the thread of the mirror.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual bool ShouldStop() const = 0;
  virtual void OnLongWait(const absl::Status& why) = 0;
  // Something to look at that does not stop the mirror; replaces the warning of the same subject.
  virtual void OnWarning(const std::string& subject, const std::string& warning) = 0;
};

}  // namespace millrace::mirror
