// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace millrace::testing {

// A TCP port on 127.0.0.1 that nobody listens on, from below the range that the kernel hands out
// by itself. It is not reserved: another process may take it first, so who uses it may have to
// try again. Aborts if none is found.
int FreePort();

}  // namespace millrace::testing
