// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "coverage/coverage.h"
#include "schema/registry.h"

namespace millrace::ingest {

// Handles a log of an earlier version. Such a log lacks ambiguous text, so that rows whose keys
// differ only by that cannot be found in it; and it has historical rows of versioned tables and
// columns that the source hides. These tables must be read again before a subscription can start at
// SNAPSHOT. Acts once per log. Call it before the first event, after Coverage::StartCapture, on the
// ingest thread.
void InvalidateTablesOfOlderLog(schema::Registry& registry, coverage::Coverage& coverage);

}  // namespace millrace::ingest
