// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "config/config.h"
#include "yaml-cpp/yaml.h"

namespace millrace {

// A key of the configuration file: how to set its value in a Config and how to print it.
struct Key {
  // The path of the member in Config, with dots.
  std::string name;
  // Sets the value, which is not null. kInvalidArgument: the message says what the value must be.
  // The loader puts file, line and `'name' ` before it. Config is unchanged on failure.
  std::function<absl::Status(Config&, const YAML::Node&)> set;
  // Prints the value in a form that `set` accepts.
  std::function<void(const Config&, YAML::Emitter&)> print;
};

// Every key, grouped by section.
std::vector<Key> AllKeys();

}  // namespace millrace
