// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_identity.h"

#include <limits.h>
#include <unistd.h>

#include <optional>

#include "base/crc32.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/source_check.h"
#include "spdlog/spdlog.h"

namespace millrace::ingest {
namespace {

// Record of kMeta: flavour byte, then MySQL's server_uuid as text.
constexpr std::string_view kIdentityKey = "source.identity";

absl::Status OfAnotherSource(const Connection& source, std::string_view what) {
  return MakeError(reason::kDataDirectoryOfAnotherSource,
                   fmt::format("the data directory contains the log of another source than {}: {}; "
                               "set source.host to the source of the log, or "
                               "log.directory to an empty directory",
                               source.endpoint(), what));
}

}  // namespace

uint32_t DerivedServerId(std::string_view log_directory) {
  char host[HOST_NAME_MAX + 1] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return 0x80000000u | Crc32(fmt::format("{}:{}", host, log_directory));
}

absl::StatusOr<std::string> CheckSourceIdentity(log::Log& log, const Connection& source) {
  const ServerInfo& server = source.info();
  std::string identity(1, static_cast<char>(server.flavour));
  identity.append(server.server_uuid);
  MILLRACE_ASSIGN_OR_RETURN(const std::optional<std::string> known,
                            log.GetRecord(log::RecordKind::kMeta, kIdentityKey));
  if (known == identity) return server.server_uuid;
  if (known.has_value() && !known->empty()) {
    if (known->front() != identity.front())
      return OfAnotherSource(source, "one is MySQL, the other MariaDB");
    const bool both_named = known->size() > 1 && identity.size() > 1;
    if (both_named && !server.gtids()) {
      return OfAnotherSource(source,
                             "its server_uuid differs, and without GTIDs nothing shows that the "
                             "two have the same history");
    }
  }
  // With GTIDs the histories are compared instead of the names; from now on the log belongs to this
  // server.
  MILLRACE_RETURN_IF_ERROR(
      log.PutRecords({{log::RecordKind::kMeta, std::string(kIdentityKey), identity}}));
  return known.has_value() && !known->empty() ? known->substr(1) : std::string();
}

absl::Status RequireReadySource(Connection& source, const SourceOptions& options,
                                std::string& logged) {
  MILLRACE_ASSIGN_OR_RETURN(const auto findings, CheckSource(source, options));
  for (const Finding& finding : findings) {
    const bool already_logged = logged.find(finding.message) != std::string::npos;
    if (finding.severity == Severity::kError || already_logged) continue;
    logged += finding.message + "\n";
    spdlog::warn("source: {}; to fix it: {}", finding.message, finding.remedy);
  }
  return FindingsStatus(findings, source.endpoint());
}

}  // namespace millrace::ingest
