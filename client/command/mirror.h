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
  // Of `rewind`.
  Place place;
  bool json = false;
};

// How the mirror in Kafka stands, a few lines; with `topics`, then a line for each of its topics.
std::string MirrorText(const v1::MirrorStatus& mirror, bool topics, const Paint& paint);

// kNotFound: the server has no mirror.
absl::Status ShowMirror(const Session& session, const MirrorOptions& options);

absl::Status PauseMirror(const Session& session, const MirrorOptions& options);
absl::Status ResumeMirror(const Session& session, const MirrorOptions& options);
// Moves it to the place, which may lie behind or before where it is.
absl::Status RewindMirror(const Session& session, const MirrorOptions& options);

}  // namespace millrace::command
