#include <string_view>

#include "base/error.h"
#include "config/config.h"
#include "fmt/format.h"
#include "model/gtid_set.h"
#include "model/table_name.h"

namespace millrace {
namespace {

absl::Status Invalid(std::string text) { return absl::InvalidArgumentError(std::move(text)); }

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
    return Invalid("'source.start.gtid_set' is set if and only if 'source.start.at' is gtid_set");
  }
  if ((start.at == StartAt::kPosition) != !start.file.empty()) {
    return Invalid("'source.start.file' is set if and only if 'source.start.at' is position");
  }
  if (start.at != StartAt::kGtidSet) return absl::OkStatus();
  const bool fits =
      (source.flavour != Flavour::kMariadb && MysqlGtidSet::Parse(start.gtid_set).ok()) ||
      (source.flavour != Flavour::kMysql && MariadbGtidSet::Parse(start.gtid_set).ok());
  return fits ? absl::OkStatus()
              : Invalid("'source.start.gtid_set' is no GTID set of the source's flavour");
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
  return absl::OkStatus();
}

absl::Status ValidateSnapshot(const SnapshotOptions& snapshot) {
  MILLRACE_RETURN_IF_ERROR(
      WithContext(TablePatterns::Parse(snapshot.tables).status(), "'snapshot.tables'"));
  if (snapshot.connections == 0) return Invalid("'snapshot.connections' is 0: nothing would read");
  return absl::OkStatus();
}

absl::Status ValidateLog(const LogOptions& log) {
  if (log.directory.empty()) return Invalid("'log.directory' is empty");
  if (log.frame_bytes > log.ring_bytes) {
    return Invalid("'log.frame_bytes' is larger than 'log.ring_bytes'");
  }
  if (log.hold_bytes_max != 0 && log.hold_bytes_max < log.retention_bytes) {
    return Invalid(
        "'log.hold_bytes_max' is smaller than 'log.retention_bytes': it would hold "
        "nothing");
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

// Whether `address` is one that other machines cannot reach. A name other than localhost may lead
// anywhere.
bool IsLoopback(std::string_view address) {
  return address == "localhost" || address == "[::1]" ||
         (address.starts_with("127.") &&
          address.find_first_not_of("0123456789.") == std::string_view::npos);
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
  const size_t colon = listen.rfind(':');
  const std::string_view address = listen.substr(0, colon);
  const bool bare_v6 = !address.starts_with('[') && address.find(':') != std::string_view::npos;
  if (colon == std::string_view::npos || address.empty() || bare_v6 ||
      !IsPort(listen.substr(colon + 1))) {
    return Invalid("'server.listen' must be address:port, [address]:port or unix:/path");
  }
  if (!IsLoopback(address) && server.tls.certificate.empty() && !server.insecure) {
    return Invalid(fmt::format(
        "'server.listen' is {}, which other machines may reach, without TLS: set "
        "'server.tls.certificate' and 'server.tls.key', or 'server.insecure: true' if the network "
        "is trusted",
        server.listen));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateConfig(const Config& config) {
  MILLRACE_RETURN_IF_ERROR(ValidateSource(config.source));
  MILLRACE_RETURN_IF_ERROR(ValidateSnapshot(config.snapshot));
  MILLRACE_RETURN_IF_ERROR(ValidateLog(config.log));
  return ValidateServer(config.server);
}

}  // namespace millrace
