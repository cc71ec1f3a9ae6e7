// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "absl/status/status.h"
#include "mirror/mirror_status.h"
#include "model/token.h"

namespace millrace::mirror {

// What operators can do with a mirror. Thread-safe; no call waits for the sink.
class MirrorControl {
 public:
  virtual ~MirrorControl() = default;

  virtual MirrorStatus Status() const = 0;
  // Pauses after the transaction under way is committed or aborted.
  virtual void Pause() = 0;
  // Ends a pause, or retries after an error that parked the mirror.
  virtual void Resume() = 0;
  // Moves the mirror to the position right after `token`; the sink commits the new position first.
  // Calls `done` exactly once, on any thread, with the outcome: kUnavailable MIRROR_UNREACHABLE,
  // MIRROR_BUSY (another rewind is under way), STOPPING; other errors of the mirror; errors of
  // feed::Resolve.
  virtual void Rewind(const Token& token, std::function<void(absl::Status)> done) = 0;
};

}  // namespace millrace::mirror
