// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"

namespace millrace::kafka {

// Who waits for Kafka: asked between short waits whether to give up, and told if one gets long.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual bool ShouldStop() const = 0;
  virtual void OnLongWait(const absl::Status& why) = 0;
};

}  // namespace millrace::kafka
