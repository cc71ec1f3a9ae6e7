// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "base/clock.h"
#include "model/token.h"

namespace millrace::feed {

// A position stored under a name.
struct Subscription {
  std::string name;
  Token token;
  Micros update_time = 0;
};

}  // namespace millrace::feed
