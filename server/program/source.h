// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config.h"
#include "log/log.h"
#include "model/flavour.h"

namespace millrace::program {

// The source with the server id that is to be used.
SourceOptions SourceOf(const Config& config);

// Of the source: as configured, else as the GTIDs of the log show. A new log learns it from the
// source before its first change.
Flavour FlavourOf(const SourceOptions& source, const log::Log& log);

}  // namespace millrace::program
