// SPDX-License-Identifier: Apache-2.0

#include "program/reload.h"

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/error.h"
#include "config/password.h"
#include "mysql/source_check.h"
#include "spdlog/spdlog.h"

namespace millrace::program {
namespace {

void LogReload(const absl::Status& status, std::string_view what) {
  if (status.ok()) {
    spdlog::info("SIGHUP: {} can be read", what);
  } else {
    spdlog::warn("SIGHUP: {} reason={}", std::string(status.message()), ErrorReason(status));
  }
}

}  // namespace

void Reload(const Config& config, api::Certificates& certificates, ingest::Ingest& ingest,
            snapshot::Snapshots& snapshots) {
  LogReload(ReadPassword(config.source).status(), "the password of the source");
  LogReload(CheckTlsFiles(config.source), "the TLS files of the source");
  if (config.kafka.enabled) {
    LogReload(ReadSaslPassword(config.kafka).status(), "the password of Kafka");
  }
  if (certificates.has_server_tls()) {
    LogReload(certificates.Reload(), "the TLS files of the server");
  }
  ingest.RetryNow();
  snapshots.RetryNow();
}

}  // namespace millrace::program
