// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "coverage/coverage.h"
#include "schema/registry.h"

namespace millrace::ingest {

// A log that was written by an earlier version lacks ambiguous text, so that rows whose keys only
// that tells apart cannot be found in it, and has rows of the past of versioned tables and columns
// that the source hides. Such tables are to be read again before a start at SNAPSHOT. Does it once
// for each log; to be called before the first event, after Coverage::StartCapture, on the writing
// thread.
void InvalidateTablesOfOlderLog(schema::Registry& registry, coverage::Coverage& coverage);

}  // namespace millrace::ingest
