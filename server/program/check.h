// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config.h"

namespace millrace::program {

// `millraced check`: prints what stands between the source and a working feed. Returns the exit
// code.
int Check(const Config& config);

}  // namespace millrace::program
