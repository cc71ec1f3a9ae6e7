// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config.h"

namespace millrace::program {

// `millraced check`: prints what keeps a feed from working with the source. Returns the exit code.
int Check(const Config& config);

}  // namespace millrace::program
