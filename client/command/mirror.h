// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "millrace/v1/admin.pb.h"
#include "place.h"
#include "session.h"
#include "terminal.h"

namespace millrace::command {

struct MirrorOptions {
  Place place;  // for `rewind`
  bool json = false;
};

// The mirror's status in a few lines; with `topics`, followed by a line for each topic.
std::string MirrorText(const v1::MirrorStatus& mirror, bool topics, const Paint& paint);

// kNotFound: the server has no mirror.
absl::Status ShowMirror(const Session& session, const MirrorOptions& options);

absl::Status PauseMirror(const Session& session, const MirrorOptions& options);
absl::Status ResumeMirror(const Session& session, const MirrorOptions& options);
// Moves the mirror to a place before or after its position.
absl::Status RewindMirror(const Session& session, const MirrorOptions& options);

}  // namespace millrace::command
