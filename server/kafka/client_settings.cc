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

// What users may set otherwise.
Settings Defaults(ClientRole role) {
  Settings settings = {
      {"client.id", "millrace"},
      // A broker that is back is found soon.
      {"reconnect.backoff.max.ms", "2000"},
  };
  // Java's: so that a key is in the partition where Debezium would put it.
  if (role == ClientRole::kProducer) settings["partitioner"] = "murmur2_random";
  return settings;
}

// What the mirror cannot do without.
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
    // Where a broker knows nothing of a producer in a partition yet, it takes whatever batch comes
    // first. So if it refuses the first for a moment, as when it does not lead a new partition yet,
    // and takes a second one that was sent meanwhile, the first cannot be sent any more; librdkafka
    // then counts it as delivered.
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
          fmt::format("'kafka.client' sets {}, which librdkafka {} does not know: correct the name "
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

// On any of the client's threads.
void Log(const rd_kafka_t* client, int severity, const char* facility, const char* text) {
  const std::string_view what(facility);
  // The same settings serve both roles, and each says that it has no use for some.
  const bool expected = what == "CONFWARN";
  spdlog::level::level_enum level = spdlog::level::debug;
  // A broker that is down is an error to librdkafka, again and again; the mirror tells it once.
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
  // The client has taken it.
  static_cast<void>(conf.release());
  // Where tokens are fetched (OAUTHBEARER), that goes on while nobody polls.
  ErrorHandle ignored(rd_kafka_sasl_background_callbacks_enable(client));
  return ClientHandle(client);
}

absl::Status CheckClientSettings(const KafkaOptions& options) {
  // A client that knows no broker does not connect.
  KafkaOptions alone = options;
  alone.brokers.clear();
  for (const ClientRole role : {ClientRole::kProducer, ClientRole::kReader}) {
    MILLRACE_ASSIGN_OR_RETURN(ConfHandle conf, MakeClientConf(alone, role));
    MILLRACE_RETURN_IF_ERROR(MakeClient(std::move(conf), role).status());
  }
  return absl::OkStatus();
}

}  // namespace millrace::kafka
