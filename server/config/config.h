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

// All of millraced's configuration. A key of the file is the path of the member here:
// `source.tls.mode`. Defaults are those of the structs; deploy/millrace.example.yaml shows them.
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

// Reads a YAML file of at most 1 MiB. kInvalidArgument: not such a file, an unknown or repeated
// key, a value of the wrong type or out of range: the message begins with `file:line:` and names
// the key, never its value. Or what ValidateConfig finds, after `file:`.
// kNotFound, kPermissionDenied: the file cannot be read.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// The same for text; `name` stands for the file in messages.
absl::StatusOr<Config> LoadConfigText(const std::string& text, std::string_view name);

// Checks what one value alone does not show. kInvalidArgument, names the key.
absl::Status ValidateConfig(const Config& config);

// YAML that loads to the same configuration. Holds no secret, for none is in a Config.
std::string DumpConfig(const Config& config);

// Every key that can be set, in the order of DumpConfig.
std::vector<std::string> ConfigKeys();

}  // namespace millrace
