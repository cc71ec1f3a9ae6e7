// SPDX-License-Identifier: Apache-2.0

#include "program/serve.h"

#include <cstdlib>
#include <optional>

#include "base/clock.h"
#include "program/failure.h"
#include "program/parts.h"
#include "program/signals.h"

namespace millrace::program {

int Serve(const Config& config) {
  const sigset_t signals = BlockSignals();
  Parts parts(config, Clock::System());
  const std::optional<Failure> failure = parts.Build();
  if (failure.has_value()) return Report(*failure);
  parts.Start();
  WaitForStop(signals, [&] { parts.Reload(); });
  if (!parts.Stop()) std::_Exit(EXIT_SUCCESS);
  return EXIT_SUCCESS;
}

}  // namespace millrace::program
