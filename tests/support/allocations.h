// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace::testing {

// How often this thread has asked for memory by operator new, for tests that bound it.
uint64_t AllocationsOfThread();

}  // namespace millrace::testing
