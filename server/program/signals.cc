// SPDX-License-Identifier: Apache-2.0

#include "program/signals.h"

#include <unistd.h>

#include "program/failure.h"
#include "spdlog/spdlog.h"

namespace millrace::program {

void BlockHangup() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void WaitForStop(const sigset_t& signals, const std::function<void()>& reload) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0 || signal == SIGHUP) {
    if (signal == SIGHUP) reload();
  }
  spdlog::info("stopping signal={}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGTERM, [](int) { _exit(kExitFailure); });
  std::signal(SIGINT, [](int) { _exit(kExitFailure); });
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace millrace::program
