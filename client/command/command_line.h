// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace millrace::command {

// Exit codes of the command.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

// Does what the command line says and returns the exit code. Call it before any thread is started.
int RunCommandLine(int argc, char** argv);

}  // namespace millrace::command
