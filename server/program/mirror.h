// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "base/clock.h"
#include "config/config.h"
#include "feed/feed.h"
#include "mirror/mirrors.h"
#include "schema/registry.h"

namespace millrace::program {

// Adds the mirrors that `config` asks for to `mirrors`. kInvalidArgument: it asks for one that this
// build or these options cannot have. All but `mirrors` must outlive them.
absl::Status AddMirrors(const Config& config, feed::Feed& feed, const schema::Registry& registry,
                        const Clock& clock, mirror::Mirrors& mirrors);

}  // namespace millrace::program
