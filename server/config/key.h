// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "config/config.h"
#include "yaml-cpp/yaml.h"

namespace millrace {

// A key of the configuration file: how its value gets into a Config and out again.
struct Key {
  // Path of the member in Config, with dots.
  std::string name;
  // Takes the value, which is not null. The message of kInvalidArgument says what is
  // wanted and goes after `'name' `; the loader adds the place. Config is unchanged on failure.
  std::function<absl::Status(Config&, const YAML::Node&)> set;
  // Writes the value in a form that `set` takes.
  std::function<void(const Config&, YAML::Emitter&)> print;
};

// Every key, grouped by section.
std::vector<Key> AllKeys();

}  // namespace millrace
