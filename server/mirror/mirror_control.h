// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "absl/status/status.h"
#include "mirror/mirror_status.h"
#include "model/token.h"

namespace millrace::mirror {

// The mirror as operators see it. Thread-safe; no call waits for the sink.
class MirrorControl {
 public:
  virtual ~MirrorControl() = default;

  virtual MirrorStatus Status() const = 0;
  // Holds it once what it has begun to send is committed or taken back.
  virtual void Pause() = 0;
  // Goes on, also after an error that parked it.
  virtual void Resume() = 0;
  // Moves it to right after `token`, in the sink first. Calls `done` once, on another thread or
  // this one, when that is done or has failed: kUnavailable MIRROR_UNREACHABLE, MIRROR_BUSY
  // (another one is under way), STOPPING; other errors of the mirror; errors of feed::Resolve.
  virtual void Rewind(const Token& token, std::function<void(absl::Status)> done) = 0;
};

}  // namespace millrace::mirror
