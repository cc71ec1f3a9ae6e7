// SPDX-License-Identifier: Apache-2.0

#include "kafka/client_settings.h"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "config/password.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace millrace::kafka {
namespace {

// Severities of syslog.
constexpr int kSyslogCritical = 2;
constexpr int kSyslogWarning = 4;

using Settings = std::map<std::string, std::string>;

// Settings that users may override.
Settings Defaults(ClientRole role) {
  Settings settings = {
      {"client.id", "millrace"},
      // Reconnect soon after a broker is back.
      {"reconnect.backoff.max.ms", "2000"},
  };
  // The default of Java clients, so that a key has the same partition as with Debezium.
  if (role == ClientRole::kProducer) settings["partitioner"] = "murmur2_random";
  return settings;
}

// Settings that users cannot override.
Settings Required(const KafkaOptions& options, ClientRole role) {
  Settings settings;
  if (!options.brokers.empty()) settings["bootstrap.servers"] = options.brokers;
  if (role == ClientRole::kReader) {
    settings["isolation.level"] = "read_committed";
    settings["enable.partition.eof"] = "true";
    settings["enable.auto.commit"] = "false";
    settings["enable.auto.offset.store"] = "false";
  } else {
    settings["transactional.id"] = "millrace-" + options.topic_prefix;
    settings["delivery.report.only.error"] = "true";
    // A broker without state of a producer in a partition accepts any batch as its first. It may
    // refuse batch 1 temporarily, since it does not lead a new partition yet, and accept batch 2,
    // which was already in flight. Batch 1 can then no longer be sent, but librdkafka reports it as
    // delivered.
    settings["max.in.flight.requests.per.connection"] = "1";
  }
  return settings;
}

bool MayContainSecret(std::string_view name) {
  return name.starts_with("sasl.") || name.starts_with("ssl.");
}

absl::Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size())) {
    case RD_KAFKA_CONF_OK:
      return absl::OkStatus();
    case RD_KAFKA_CONF_UNKNOWN:
      return absl::InvalidArgumentError(
          fmt::format("'kafka.client' sets {}, which librdkafka {} does not know: fix the name "
                      "or remove it",
                      name, rd_kafka_version_str()));
    default:
      return absl::InvalidArgumentError(fmt::format(
          "'kafka.client' sets {} to a value that librdkafka {} refuses{}", name,
          rd_kafka_version_str(), MayContainSecret(name) ? "" : fmt::format(": {}", text.data())));
  }
}

absl::Status SetAll(rd_kafka_conf_t* conf, const Settings& settings) {
  for (const auto& [name, value] : settings) {
    MILLRACE_RETURN_IF_ERROR(Set(conf, name, value));
  }
  return absl::OkStatus();
}

// Called on any of the client's threads.
void Log(const rd_kafka_t* client, int severity, const char* facility, const char* text) {
  const std::string_view what(facility);
  // Both roles get the same user settings, and each warns about those that it does not use.
  const bool expected = what == "CONFWARN";
  spdlog::level::level_enum level = spdlog::level::debug;
  // librdkafka reports an unreachable broker repeatedly as an error; the mirror reports it once.
  if (severity <= kSyslogWarning) level = spdlog::level::info;
  if (severity <= kSyslogCritical) level = spdlog::level::warn;
  if (expected) level = spdlog::level::debug;
  spdlog::log(level, "kafka client: {} facility={}", text, what);
}

}  // namespace

absl::StatusOr<ConfHandle> MakeClientConf(const KafkaOptions& options, ClientRole role) {
  MILLRACE_ASSIGN_OR_RETURN(const std::string password, ReadSaslPassword(options));
  ConfHandle conf(rd_kafka_conf_new());
  MILLRACE_RETURN_IF_ERROR(SetAll(conf.get(), Defaults(role)));
  MILLRACE_RETURN_IF_ERROR(SetAll(conf.get(), options.client));
  MILLRACE_RETURN_IF_ERROR(SetAll(conf.get(), Required(options, role)));
  if (!password.empty()) {
    MILLRACE_RETURN_IF_ERROR(Set(conf.get(), "sasl.password", password));
  }
  rd_kafka_conf_set_log_cb(conf.get(), Log);
  return conf;
}

absl::StatusOr<ClientHandle> MakeClient(ConfHandle conf, ClientRole role) {
  std::array<char, 512> text{};
  const bool produces = role == ClientRole::kProducer;
  rd_kafka_t* const client = rd_kafka_new(produces ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                                          conf.get(), text.data(), text.size());
  if (client == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("librdkafka refuses 'kafka.brokers' and 'kafka.client': {}", text.data()));
  }
  // The client owns it now.
  static_cast<void>(conf.release());
  // Keeps refreshing OAUTHBEARER tokens while nobody polls the client.
  ErrorHandle ignored(rd_kafka_sasl_background_callbacks_enable(client));
  return ClientHandle(client);
}

absl::Status CheckClientSettings(const KafkaOptions& options) {
  // A client without brokers does not connect.
  KafkaOptions offline = options;
  offline.brokers.clear();
  for (const ClientRole role : {ClientRole::kProducer, ClientRole::kReader}) {
    MILLRACE_ASSIGN_OR_RETURN(ConfHandle conf, MakeClientConf(offline, role));
    MILLRACE_RETURN_IF_ERROR(MakeClient(std::move(conf), role).status());
  }
  return absl::OkStatus();
}

}  // namespace millrace::kafka
