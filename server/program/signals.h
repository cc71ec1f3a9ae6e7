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

// Calls `reload` on each SIGHUP; returns at SIGTERM or SIGINT. Another SIGTERM or SIGINT then ends
// the process immediately.
void WaitForStop(const sigset_t& signals, const std::function<void()>& reload);

}  // namespace millrace::program
