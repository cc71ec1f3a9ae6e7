// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/logging.h"
#include "config/kafka_options.h"
#include "config/log_options.h"
#include "config/metrics_options.h"
#include "config/server_options.h"
#include "config/snapshot_options.h"
#include "config/source_options.h"

namespace millrace {

// The whole configuration of millraced. A key in the file is the path of its member here, such as
// `source.tls.mode`. The structs define the defaults; deploy/millrace.example.yaml shows them.
struct Config {
  LoggingOptions logging;
  SourceOptions source;
  SnapshotOptions snapshot;
  LogOptions log;
  ServerOptions server;
  MetricsOptions metrics;
  KafkaOptions kafka;
  friend bool operator==(const Config&, const Config&) = default;
};

// Reads a YAML file of at most 1 MiB.
// kInvalidArgument: the file is not YAML or is too large, a key is unknown or repeated, or a value
// has the wrong type or is out of range. The message begins with `file:line:` and names the key,
// never its value. Errors of ValidateConfig begin with `file:`.
// kNotFound, kPermissionDenied: the file cannot be read.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// The same for text. Messages use `name` as the file name.
absl::StatusOr<Config> LoadConfigText(const std::string& text, std::string_view name);

// Checks what parsing a single key cannot, such as values that contradict each other.
// kInvalidArgument: the message names the key.
absl::Status ValidateConfig(const Config& config);

// YAML that loads to the same configuration. Contains no secrets, because a Config has none.
std::string DumpConfig(const Config& config);

// All keys that can be set, in the order of DumpConfig.
std::vector<std::string> ConfigKeys();

}  // namespace millrace
