// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "coverage/coverage.h"
#include "schema/registry.h"

namespace millrace::ingest {

// Handles a log of an earlier version. Its changes do not mark ambiguous text, so rows whose keys
// have equal text cannot be distinguished; and it has historical rows of versioned tables and
// columns that the source hides. These tables must be read again before a subscription can start at
// SNAPSHOT. Acts once per log. Call it before the first event, after Coverage::StartCapture, on the
// ingest thread.
void InvalidateTablesOfOlderLog(schema::Registry& registry, coverage::Coverage& coverage);

}  // namespace millrace::ingest
