// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <csignal>
#include <functional>

namespace millrace::program {

// Keeps a SIGHUP during the start from ending the process. It stays pending until WaitForStop.
void BlockHangup();

// Blocks the signals that WaitForStop handles, so that only it receives them, on the main thread
// and outside a signal handler. Call it before starting threads.
sigset_t BlockSignals();

// Waits for SIGTERM or SIGINT; the next one of them ends the process immediately. Until then calls
// `reload` on each SIGHUP.
void WaitForStop(const sigset_t& signals, const std::function<void()>& reload);

}  // namespace millrace::program
