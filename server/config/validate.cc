// SPDX-License-Identifier: Apache-2.0

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/config.h"
#include "fmt/format.h"
#include "model/gtid_set.h"
#include "model/table_name.h"

namespace millrace {
namespace {

absl::Status Invalid(const std::string& text) { return absl::InvalidArgumentError(text); }

absl::Status ValidateTls(const SourceTlsOptions& tls) {
  if (tls.certificate.empty() != tls.key.empty()) {
    return Invalid("'source.tls.certificate' and 'source.tls.key' go together: set both or none");
  }
  const bool verifies = tls.mode == TlsMode::kVerifyCa || tls.mode == TlsMode::kVerifyIdentity;
  if (verifies && tls.ca.empty()) {
    return Invalid("'source.tls.mode' verifies certificates: set 'source.tls.ca'");
  }
  return absl::OkStatus();
}

absl::Status ValidateStart(const SourceOptions& source) {
  const StartOptions& start = source.start;
  if ((start.at == StartAt::kGtidSet) != !start.gtid_set.empty()) {
    return Invalid(
        "'source.start.gtid_set' is required with 'source.start.at: gtid_set', and forbidden "
        "otherwise");
  }
  if ((start.at == StartAt::kPosition) != !start.file.empty()) {
    return Invalid(
        "'source.start.file' is required with 'source.start.at: position', and forbidden "
        "otherwise");
  }
  if (start.at != StartAt::kGtidSet) return absl::OkStatus();
  const bool fits =
      (source.flavour != Flavour::kMariadb && MysqlGtidSet::Parse(start.gtid_set).ok()) ||
      (source.flavour != Flavour::kMysql && MariadbGtidSet::Parse(start.gtid_set).ok());
  return fits ? absl::OkStatus()
              : Invalid("'source.start.gtid_set' is not a GTID set of the source's flavour");
}

absl::Status ValidateSource(const SourceOptions& source) {
  if (source.socket.empty() && source.host.empty()) {
    return Invalid("neither 'source.host' nor 'source.socket' is set");
  }
  if (source.user.empty()) return Invalid("'source.user' is empty");
  if (!source.password_file.empty() && !source.password_env.empty()) {
    return Invalid("both 'source.password_file' and 'source.password_env' are set: choose one");
  }
  if (source.reconnect_backoff_min > source.reconnect_backoff_max) {
    return Invalid("'source.reconnect_backoff_min' is larger than 'source.reconnect_backoff_max'");
  }
  MILLRACE_RETURN_IF_ERROR(ValidateTls(source.tls));
  MILLRACE_RETURN_IF_ERROR(ValidateStart(source));
  MILLRACE_RETURN_IF_ERROR(
      WithContext(TablePatterns::Parse(source.tables).status(), "'source.tables'"));
  MILLRACE_RETURN_IF_ERROR(WithContext(ColumnPatterns::Parse(source.exclude_columns).status(),
                                       "'source.exclude_columns'"));
  MILLRACE_RETURN_IF_ERROR(WithContext(TablePatterns::Parse(source.statement_tables).status(),
                                       "'source.statement_tables'"));
  for (const std::string& pattern : source.statement_tables) {
    // An exclusion alone would match all other tables.
    if (pattern.starts_with('!')) {
      return Invalid("'source.statement_tables' cannot exclude tables: list the tables to allow");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateSnapshot(const SnapshotOptions& snapshot) {
  MILLRACE_RETURN_IF_ERROR(
      WithContext(TablePatterns::Parse(snapshot.tables).status(), "'snapshot.tables'"));
  if (snapshot.connections == 0) return Invalid("'snapshot.connections' is 0: set at least 1");
  return absl::OkStatus();
}

absl::Status ValidateLog(const LogOptions& log) {
  if (log.directory.empty()) return Invalid("'log.directory' is empty");
  if (log.frame_bytes > log.ring_bytes) {
    return Invalid("'log.frame_bytes' is larger than 'log.ring_bytes'");
  }
  if (log.hold_bytes_max != 0 && log.hold_bytes_max < log.retention_bytes) {
    return Invalid(
        "'log.hold_bytes_max' is smaller than 'log.retention_bytes': it would have no "
        "effect");
  }
  return absl::OkStatus();
}

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  unsigned port = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    port = port * 10 + static_cast<unsigned>(digit - '0');
  }
  return port <= 65535;
}

// Whether only this machine can reach `address`. A name other than localhost can resolve to any
// address.
bool IsLoopback(std::string_view address) {
  return address == "localhost" || address == "[::1]" ||
         (address.starts_with("127.") &&
          address.find_first_not_of("0123456789.") == std::string_view::npos);
}

// The address of `address:port` or `[address]:port`; nullopt if `listen` is neither.
std::optional<std::string_view> AddressOf(std::string_view listen) {
  const size_t colon = listen.rfind(':');
  const std::string_view address = listen.substr(0, colon);
  const bool bare_v6 = !address.starts_with('[') && address.find(':') != std::string_view::npos;
  if (colon == std::string_view::npos || address.empty() || bare_v6 ||
      !IsPort(listen.substr(colon + 1))) {
    return std::nullopt;
  }
  return address;
}

// The error for a `key` whose address other machines can reach.
absl::Status Exposed(std::string_view key, std::string_view listen, std::string_view remedy) {
  return Invalid(
      fmt::format("'{}' is {}, an address that other machines can reach without TLS: set {} if the "
                  "network is trusted",
                  key, listen, remedy));
}

absl::Status ValidateServer(const ServerOptions& server) {
  if (server.tls.certificate.empty() != server.tls.key.empty()) {
    return Invalid("'server.tls.certificate' and 'server.tls.key' go together: set both or none");
  }
  if (!server.tls.client_ca.empty() && server.tls.certificate.empty()) {
    return Invalid("'server.tls.client_ca' needs 'server.tls.certificate'");
  }
  const std::string_view listen = server.listen;
  if (listen.starts_with("unix:") && listen.size() > 5) return absl::OkStatus();
  const auto address = AddressOf(listen);
  if (!address.has_value()) {
    return Invalid("'server.listen' must be address:port, [address]:port or unix:/path");
  }
  if (!IsLoopback(*address) && server.tls.certificate.empty() && !server.insecure) {
    return Exposed("server.listen", listen,
                   "'server.tls.certificate' and 'server.tls.key', or 'server.insecure: true'");
  }
  return absl::OkStatus();
}

absl::Status ValidateMetrics(const MetricsOptions& metrics) {
  if (metrics.listen.empty()) return absl::OkStatus();
  const auto address = AddressOf(metrics.listen);
  // The web server would accept a list of addresses.
  if (!address.has_value() || metrics.listen.find(',') != std::string::npos) {
    return Invalid("'metrics.listen' must be address:port or [address]:port, or empty");
  }
  if (!IsLoopback(*address) && !metrics.insecure) {
    return Exposed("metrics.listen", metrics.listen, "'metrics.insecure: true'");
  }
  return absl::OkStatus();
}

// Refuses client settings that the mirror sets itself, and secrets, which a Config never contains.
absl::Status ValidateKafkaClient(const std::map<std::string, std::string>& client) {
  static const std::map<std::string_view, std::string_view> refused = {
      {"bootstrap.servers", "set 'kafka.brokers' instead"},
      {"metadata.broker.list", "set 'kafka.brokers' instead"},
      {"transactional.id", "it is made from 'kafka.topic_prefix'"},
      {"enable.idempotence", "the mirror is always idempotent"},
      {"acks", "all replicas must acknowledge"},
      {"request.required.acks", "all replicas must acknowledge"},
      {"enable.gapless.guarantee", "the mirror guarantees this itself"},
      {"max.in.flight.requests.per.connection", "it is 1, so that no record is lost"},
      {"max.in.flight", "it is 1, so that no record is lost"},
      {"isolation.level", "the mirror always reads committed records"},
      {"sasl.password", "set 'kafka.sasl_password_file' or 'kafka.sasl_password_env' instead"},
      {"ssl.key.password",
       "use a key without a password, in a file that only the server's user can read"},
      {"ssl.keystore.password", "use ssl.key.location and ssl.certificate.location"},
      {"ssl.key.pem", "use ssl.key.location"},
      {"sasl.oauthbearer.client.secret", "it is a secret, and this file must not contain secrets"},
  };
  for (const auto& [name, value] : client) {
    const auto found = refused.find(name);
    if (found == refused.end()) continue;
    return Invalid(
        fmt::format("'kafka.client' cannot set {}: {}", name, std::string(found->second)));
  }
  return absl::OkStatus();
}

absl::Status ValidateDebezium(const DebeziumOptions& debezium) {
  for (const std::string& operation : debezium.skipped_operations) {
    const bool known = operation == "c" || operation == "u" || operation == "d" ||
                       operation == "t" || operation == "none";
    if (!known) {
      return Invalid("'kafka.debezium.skipped_operations' must list c, u, d or t, or be none");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateKafka(const KafkaOptions& kafka) {
  if (kafka.enabled && kafka.brokers.empty()) {
    return Invalid("'kafka.enabled' needs 'kafka.brokers', such as localhost:9092");
  }
  if (kafka.topic_prefix.empty() || kafka.topic_prefix.size() > 100 ||
      kafka.topic_prefix.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789._-") != std::string::npos) {
    return Invalid("'kafka.topic_prefix' must be 1 to 100 letters, digits, '.', '_' or '-'");
  }
  if (!kafka.sasl_password_file.empty() && !kafka.sasl_password_env.empty()) {
    return Invalid(
        "both 'kafka.sasl_password_file' and 'kafka.sasl_password_env' are set: choose one");
  }
  MILLRACE_RETURN_IF_ERROR(
      WithContext(TablePatterns::Parse(kafka.tables).status(), "'kafka.tables'"));
  MILLRACE_RETURN_IF_ERROR(ValidateKafkaClient(kafka.client));
  return ValidateDebezium(kafka.debezium);
}

}  // namespace

absl::Status ValidateConfig(const Config& config) {
  MILLRACE_RETURN_IF_ERROR(ValidateSource(config.source));
  MILLRACE_RETURN_IF_ERROR(ValidateSnapshot(config.snapshot));
  MILLRACE_RETURN_IF_ERROR(ValidateLog(config.log));
  MILLRACE_RETURN_IF_ERROR(ValidateServer(config.server));
  MILLRACE_RETURN_IF_ERROR(ValidateMetrics(config.metrics));
  return ValidateKafka(config.kafka);
}

}  // namespace millrace
