// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config.h"
#include "log/log.h"
#include "model/flavour.h"

namespace millrace::program {

// The source options with the effective server id.
SourceOptions SourceOf(const Config& config);

// The flavour of the source: as configured, else as the GTIDs in the log show. A new log learns it
// from the source before its first change.
Flavour FlavourOf(const SourceOptions& source, const log::Log& log);

}  // namespace millrace::program
