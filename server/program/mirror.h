// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "config/config.h"
#include "feed/feed.h"
#include "kafka/mirror_control.h"
#ifdef MILLRACE_KAFKA
#include "kafka/mirror.h"
#endif
#include "model/sequence.h"
#include "schema/registry.h"

namespace millrace::program {

#ifdef MILLRACE_KAFKA

using Mirror = kafka::Mirror;

#else

// What a build without Kafka has in place of it: nothing, ever.
struct Mirror : kafka::MirrorControl {
  virtual void Start() = 0;
  virtual void RequestStop() = 0;
  virtual bool StopWithin(absl::Duration timeout) = 0;
  virtual std::optional<Sequence> HoldFrom() const = 0;
};

#endif

// Null if configuration wants none. kInvalidArgument: it wants one that there cannot be.
absl::StatusOr<std::unique_ptr<Mirror>> MakeMirror(const Config& config, feed::Feed& feed,
                                                   const schema::Registry& registry,
                                                   const Clock& clock);

}  // namespace millrace::program
