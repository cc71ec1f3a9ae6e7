// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace::testing {

// Number of calls of operator new by this thread, for tests that bound it.
uint64_t AllocationsOfThread();

}  // namespace millrace::testing
