// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <csignal>
#include <functional>

namespace millrace::program {

// A SIGHUP during the start must not end the process; it waits until WaitForStop takes it.
void BlockHangup();

// Blocks the signals that WaitForStop takes, so that it alone sees them, on the main thread and not
// in a handler. Before any thread starts.
sigset_t BlockSignals();

// Waits for SIGTERM or SIGINT; the next one of them ends the process at once. Calls `reload` at
// each SIGHUP until then.
void WaitForStop(const sigset_t& signals, const std::function<void()>& reload);

}  // namespace millrace::program
