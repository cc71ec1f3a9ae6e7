// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "base/clock.h"
#include "config/config.h"
#include "feed/feed.h"
#include "mirror/mirrors.h"
#include "schema/registry.h"

namespace millrace::program {

// Adds the configured mirrors to `mirrors`. kInvalidArgument: this build or these options do not
// support one of them. All parameters except `mirrors` must outlive the mirrors.
absl::Status AddMirrors(const Config& config, feed::Feed& feed, const schema::Registry& registry,
                        const Clock& clock, mirror::Mirrors& mirrors);

}  // namespace millrace::program
