// SPDX-License-Identifier: Apache-2.0

#include "interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace millrace::command {
namespace {

sigset_t EndingSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  stop_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { Run(); });
}

Interrupt::~Interrupt() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(signals_);
  close(stop_);
}

void Interrupt::OnSignal(std::function<void()> action) {
  absl::MutexLock lock(&mutex_);
  action_ = std::move(action);
}

void Interrupt::Run() {
  while (true) {
    std::array<pollfd, 2> waits = {pollfd{signals_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
    if (poll(waits.data(), waits.size(), -1) < 0) continue;
    if (waits[1].revents != 0) return;
    signalfd_siginfo signal{};
    if (read(signals_, &signal, sizeof(signal)) != sizeof(signal)) continue;
    if (!HandleSignal()) _exit(128 + static_cast<int>(signal.ssi_signo));
  }
}

bool Interrupt::HandleSignal() {
  absl::MutexLock lock(&mutex_);
  if (signalled_.HasBeenNotified() || action_ == nullptr) return false;
  signalled_.Notify();
  action_();
  return true;
}

}  // namespace millrace::command
