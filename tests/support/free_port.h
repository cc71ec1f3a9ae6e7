// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace millrace::testing {

// Returns a TCP port on 127.0.0.1 that nobody listens on, below the range from which the kernel
// chooses ports. It is not reserved: if another process takes it first, the caller has to try
// again. Aborts if none is found.
int FreePort();

}  // namespace millrace::testing
