// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/config.h"

namespace millrace::program {

// Serves until a signal arrives; returns the exit code.
int Serve(const Config& config);

}  // namespace millrace::program
