// SPDX-License-Identifier: Apache-2.0

#include "mysql/errors.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool OneOf(unsigned code, std::initializer_list<unsigned> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// Error numbers of servers (below 2000, and from 3000) and of client libraries (2000 to 2999;
// Connector/C's own from 5000).
// https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
constexpr unsigned kFatalBinlogError = 1236;
constexpr unsigned kPurgedRequiredGtids = 1789;
constexpr unsigned kDuplicateServerId = 4052;  // MariaDB
constexpr unsigned kSpecificAccessDenied = 1227;
constexpr unsigned kInsecureTransportProhibited = 3159;
constexpr unsigned kTlsConnectionError = 2026;
// 1203: MAX_USER_CONNECTIONS of the account or max_user_connections of the server. 1226: any limit
// of the account, including hourly ones.
constexpr unsigned kTooManyUserConnections = 1203;
constexpr unsigned kUserLimitReached = 1226;

bool IsAuthenticationError(unsigned code) {
  return OneOf(code, {1045, 1130, 1251, 1275, 1524, 1698, 1820, 1862, 2049, 2059, 2061, 3118, 3955,
                      4151, 5010});
}

bool IsAccessError(unsigned code) {
  return OneOf(code, {1044, 1045, 1142, 1143, kSpecificAccessDenied});
}

bool IsConnectionLost(unsigned code) {
  return (code >= 2000 && code < 3000) || code >= 5000 ||
         OneOf(code, {1040, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 3169,
                      4031});
}

bool IsAccountLimit(unsigned code) {
  return OneOf(code, {kTooManyUserConnections, kUserLimitReached});
}

// The server ended the statement because of max_execution_time or max_statement_time, or because it
// waited too long for a lock.
bool IsTimeout(unsigned code) { return OneOf(code, {1205, 1969, 3024}); }

// A column or index does not exist, or the table was altered after the transaction first read it.
bool IsTableChanged(unsigned code) { return OneOf(code, {1054, 1176, 1412}); }

// No such table, or no such database.
bool IsTableMissing(unsigned code) { return OneOf(code, {1049, 1146}); }

// Returns `REPLICATION CLIENT` for `... you need (at least one of) the SUPER, REPLICATION CLIENT
// privilege(s) for this operation`: the last one listed is the weakest.
std::string WeakestPrivilege(std::string_view text) {
  constexpr std::string_view kBefore = ") the ";
  constexpr std::string_view kAfter = " privilege(s)";
  const size_t begin = text.find(kBefore);
  const size_t end = text.find(kAfter);
  if (begin == std::string_view::npos || end == std::string_view::npos || begin > end) return "";
  std::string_view names = text.substr(begin + kBefore.size(), end - begin - kBefore.size());
  const size_t comma = names.rfind(", ");
  return std::string(comma == std::string_view::npos ? names : names.substr(comma + 2));
}

absl::Status AccessDenied(const std::string& endpoint, const SourceFailure& failure,
                          std::string_view privilege) {
  const std::string remedy =
      fmt::format("GRANT {} ON *.* TO <the account that millrace connects as>;", privilege);
  return MakeError(reason::kSourceAccessDenied,
                   fmt::format("the source {} denies access: {}; run on the source: {}", endpoint,
                               failure.text, remedy),
                   {{"source", endpoint}, {"remedy", remedy}});
}

// An hourly limit of the account: its name in the server's error, and the option that changes it.
struct HourlyLimit {
  std::string_view resource;
  std::string_view option;
};
constexpr std::array kHourlyLimits = {
    HourlyLimit{"'max_questions'", "MAX_QUERIES_PER_HOUR"},
    HourlyLimit{"'max_queries_per_hour'", "MAX_QUERIES_PER_HOUR"},
    HourlyLimit{"'max_updates", "MAX_UPDATES_PER_HOUR"},
    HourlyLimit{"'max_connections", "MAX_CONNECTIONS_PER_HOUR"},
};

absl::Status AccountLimit(const std::string& endpoint, const SourceFailure& failure) {
  const auto* const hourly =
      std::find_if(kHourlyLimits.begin(), kHourlyLimits.end(), [&](const HourlyLimit& limit) {
        return failure.code == kUserLimitReached && Contains(failure.text, limit.resource);
      });
  const std::string remedy =
      hourly != kHourlyLimits.end()
          ? fmt::format(
                "this limit is hourly: wait, or remove it there with ALTER USER "
                "... WITH {} 0",
                hourly->option)
          : "a feed needs 2 connections, and each reader of a snapshot (snapshot.connections) and "
            "each request for a snapshot one more: raise the limit there with ALTER USER ... WITH "
            "MAX_USER_CONNECTIONS; `millraced check` prints the statement";
  return MakeError(reason::kSourceAccountLimit,
                   fmt::format("the account has reached a limit at the source {}: {}; {}", endpoint,
                               failure.text, remedy),
                   {{"source", endpoint}});
}

absl::Status AuthenticationFailed(const SourceLogin& login, const SourceFailure& failure) {
  const std::string endpoint = login.address.ToString();
  std::string_view remedy = "check source.user and its password, and that the account exists there";
  if (failure.code == 1130) remedy = "create the account for the host that millrace runs on";
  if (OneOf(failure.code, {1820, 1862})) remedy = "set a new password with ALTER USER";
  if (OneOf(failure.code, {3118, 4151})) remedy = "unlock it with ALTER USER … ACCOUNT UNLOCK";
  if (OneOf(failure.code, {1251, 1275, 2049, 2059, 2061, 5010})) {
    remedy = "change its plugin to caching_sha2_password, or ed25519 on MariaDB, and use TLS";
  }
  return MakeError(reason::kSourceAuthenticationFailed,
                   fmt::format("the source {} rejects user '{}': {}; {}", endpoint, login.user,
                               failure.text, remedy),
                   {{"source", endpoint}, {"user", login.user}});
}

absl::Status DuplicateServerId(const std::string& endpoint, uint32_t server_id,
                               const SourceFailure& failure) {
  return MakeError(
      reason::kSourceDuplicateServerId,
      fmt::format(
          "the source {} ended the dump because another replica connected with server id {}; "
          "use a different source.server_id for each replica and each millraced ({})",
          endpoint, server_id, failure.text),
      {{"source", endpoint}, {"server_id", fmt::format("{}", server_id)}});
}

absl::Status QueryTimeout(const std::string& endpoint, const SourceFailure& failure) {
  return MakeError(reason::kQueryTimeout,
                   fmt::format("the source {} ended a query that took too long: {}; request less "
                               "at once, or raise the limit",
                               endpoint, failure.text),
                   {{"source", endpoint}});
}

absl::Status TableChanged(const std::string& endpoint, const SourceFailure& failure) {
  return MakeError(reason::kTableChanged,
                   fmt::format("at the source {} the definition of a table does not match a "
                               "query: {}; fetch the definition again and retry",
                               endpoint, failure.text),
                   {{"source", endpoint}});
}

absl::Status BinlogDamaged(const std::string& endpoint, const SourceFailure& failure) {
  return MakeError(
      reason::kSourceBinlogDamaged,
      fmt::format("the source {} cannot read its binlog: {}; verify it there with mysqlbinlog, or "
                  "read from a replica whose copy is intact",
                  endpoint, failure.text),
      {{"source", endpoint}});
}

absl::Status RefusedDump(const std::string& endpoint, const SourceFailure& failure) {
  return MakeError(reason::kSourceRefusedDump,
                   fmt::format("the source {} refuses to send its binlog: {} (error {}); run "
                               "`millraced check` to see what to change there",
                               endpoint, failure.text, failure.code),
                   {{"source", endpoint}});
}

// With gtid_mode ON the source refuses to send the transactions without a GTID that it wrote under
// OFF_PERMISSIVE or ON_PERMISSIVE. We have not read all of them.
absl::Status RefusedAnonymous(const std::string& endpoint, const SourceFailure& failure) {
  return MakeError(reason::kSourceRefusedDump,
                   fmt::format("the source {} does not send transactions without a GTID that the "
                               "feed has not read yet: {}; if this error persists, run there SET "
                               "GLOBAL gtid_mode = ON_PERMISSIVE until the feed has read them",
                               endpoint, failure.text),
                   {{"source", endpoint}});
}

enum class Refusal {
  kAnonymous,
  kPurged,
  kLacksGtids,
  kChanged,
  kNextFileMissing,
  kDuplicate,
  kTooLarge,
  kDamaged
};

struct Phrase {
  std::string_view part;
  Refusal refusal;
};

// All causes share error 1236, so we distinguish them by their text. MySQL 8.0.26 renamed slave to
// replica and master to source, so the phrases avoid these words where they can.
constexpr std::array kPhrases = {
    Phrase{"Cannot replicate anonymous transaction", Refusal::kAnonymous},
    Phrase{"purged required binary logs", Refusal::kPurged},
    Phrase{"purged binary logs containing GTIDs", Refusal::kPurged},
    Phrase{"Could not find first log file name", Refusal::kPurged},
    Phrase{"Could not find GTID state requested", Refusal::kPurged},
    Phrase{"required binlog files have been purged", Refusal::kPurged},
    Phrase{"has more GTIDs than", Refusal::kLacksGtids},
    Phrase{"which is not in the master's binlog", Refusal::kLacksGtids},
    Phrase{"which is not in the primary's binlog", Refusal::kLacksGtids},
    Phrase{"is missing the GTID", Refusal::kLacksGtids},
    Phrase{"has diverged", Refusal::kLacksGtids},
    Phrase{"position > file size", Refusal::kChanged},
    Phrase{"impossible position", Refusal::kChanged},
    // The binlogs were reset during the dump. The next connection detects that.
    Phrase{"could not find next log", Refusal::kNextFileMissing},
    Phrase{"with the same server_uuid/server_id", Refusal::kDuplicate},
    Phrase{"exceeded max_allowed_packet", Refusal::kTooLarge},
    Phrase{"bogus data in log event", Refusal::kDamaged},
    Phrase{"corrupted data in log event", Refusal::kDamaged},
    Phrase{"did not pass crc check", Refusal::kDamaged},
    Phrase{"checksum verification failed", Refusal::kDamaged},
    Phrase{"truncated in the middle of event", Refusal::kDamaged},
};

absl::Status RefusalError(Refusal refusal, const std::string& endpoint, uint32_t server_id,
                          const SourceFailure& failure) {
  switch (refusal) {
    case Refusal::kAnonymous:
      return RefusedAnonymous(endpoint, failure);
    case Refusal::kPurged:
      return SourcePurged(endpoint, failure.text);
    case Refusal::kLacksGtids:
      return SourceLacksGtids(endpoint, failure.text);
    case Refusal::kChanged:
      return SourceChanged(endpoint, failure.text);
    case Refusal::kNextFileMissing:
      return SourceUnreachable(endpoint, failure.text);
    case Refusal::kDuplicate:
      return DuplicateServerId(endpoint, server_id, failure);
    case Refusal::kTooLarge:
      return PacketTooLarge(endpoint, failure.text);
    case Refusal::kDamaged:
      return BinlogDamaged(endpoint, failure);
  }
  return RefusedDump(endpoint, failure);
}

}  // namespace

absl::Status ConnectError(const SourceLogin& login, const SourceFailure& failure) {
  const std::string endpoint = login.address.ToString();
  if (failure.code == kTlsConnectionError) return TlsFailed(endpoint, failure.text);
  if (failure.code == kInsecureTransportProhibited) {
    return TlsFailed(endpoint, failure.text + "; set source.tls.mode to required");
  }
  if (IsAuthenticationError(failure.code)) return AuthenticationFailed(login, failure);
  if (IsAccountLimit(failure.code)) return AccountLimit(endpoint, failure);
  return SourceUnreachable(endpoint, failure.text);
}

absl::Status QueryError(const std::string& endpoint, const SourceFailure& failure) {
  if (IsAccessError(failure.code)) {
    const std::string named = WeakestPrivilege(failure.text);
    return AccessDenied(endpoint, failure, named.empty() ? "SELECT" : named);
  }
  if (IsConnectionLost(failure.code)) return SourceUnreachable(endpoint, failure.text);
  if (IsAccountLimit(failure.code)) return AccountLimit(endpoint, failure);
  if (IsTimeout(failure.code)) return QueryTimeout(endpoint, failure);
  if (IsTableChanged(failure.code)) return TableChanged(endpoint, failure);
  if (IsTableMissing(failure.code)) return TableMissing(endpoint, failure.text);
  return MakeError(
      reason::kSourceQueryFailed,
      fmt::format(
          "a query failed at the source {}: {} (error {}); if it contains the condition of a "
          "snapshot, correct the condition; otherwise check that the source's version is supported",
          endpoint, failure.text, failure.code),
      {{"source", endpoint}, {"source_error", fmt::format("{}", failure.code)}});
}

absl::Status DumpError(const std::string& endpoint, uint32_t server_id,
                       const SourceFailure& failure) {
  if (failure.code == kDuplicateServerId) return DuplicateServerId(endpoint, server_id, failure);
  if (failure.code == kFatalBinlogError || failure.code == kPurgedRequiredGtids) {
    for (const Phrase& phrase : kPhrases) {
      if (!Contains(failure.text, phrase.part)) continue;
      return RefusalError(phrase.refusal, endpoint, server_id, failure);
    }
    return RefusedDump(endpoint, failure);
  }
  if (IsAccessError(failure.code)) return AccessDenied(endpoint, failure, "REPLICATION SLAVE");
  if (IsConnectionLost(failure.code)) return SourceUnreachable(endpoint, failure.text);
  if (IsAccountLimit(failure.code)) return AccountLimit(endpoint, failure);
  return RefusedDump(endpoint, failure);
}

absl::Status SourceUnreachable(const std::string& endpoint, std::string_view cause) {
  return MakeError(
      reason::kSourceUnreachable,
      fmt::format(
          "no connection to the source {}: {}; check that it is up and reachable, then retry",
          endpoint, cause),
      {{"source", endpoint}});
}

absl::Status OutOfFileDescriptors(std::string_view what) {
  return MakeError(reason::kOutOfFileDescriptors,
                   fmt::format("no file descriptor is left for {}; raise the limit of open files "
                               "(LimitNOFILE of the unit), or reduce the number of clients",
                               what));
}

absl::Status SourceSilent(const std::string& endpoint, Micros silence_max) {
  return MakeError(reason::kSourceSilent,
                   fmt::format("the source {} has sent nothing for {} ms, not even a heartbeat; "
                               "the connection is closed, connect again",
                               endpoint, silence_max / 1000),
                   {{"source", endpoint}});
}

absl::Status PacketTooLarge(const std::string& endpoint, std::string_view what) {
  return MakeError(
      reason::kSourcePacketTooLarge,
      fmt::format(
          "a packet from the source {} is too large: {}; raise source.event_bytes_max here, or "
          "max_allowed_packet there (for a dump MySQL uses replica_max_allowed_packet)",
          endpoint, what),
      {{"source", endpoint}});
}

absl::Status TableMissing(const std::string& endpoint, std::string_view cause) {
  return MakeError(reason::kTableMissing,
                   fmt::format("a query names a table that the source {} lacks: {}; it was dropped "
                               "or renamed",
                               endpoint, cause),
                   {{"source", endpoint}});
}

absl::Status TlsFailed(const std::string& endpoint, std::string_view cause) {
  return MakeError(
      reason::kSourceTlsFailed,
      fmt::format(
          "TLS with the source {} failed: {}; check source.tls here and the certificate there",
          endpoint, cause),
      {{"source", endpoint}});
}

absl::Status SourcePurged(const std::string& endpoint, std::string_view cause) {
  return MakeError(
      reason::kSourcePurged,
      fmt::format(
          "the source {} has deleted binlogs that the feed has not read: {}; this log lacks "
          "their changes. Read from a replica that still has the binlogs, or start a new log, "
          "and raise binlog_expire_logs_seconds there",
          endpoint, cause),
      {{"source", endpoint}});
}

absl::Status GtidsNotInBinlog(const std::string& endpoint, std::string_view gtids) {
  return MakeError(
      reason::kSourcePurged,
      fmt::format("the source {} has transactions that are not in its binlog: {} (SET GLOBAL "
                  "gtid_purged, or a dump loaded with sql_log_bin = 0); this log lacks their "
                  "changes. Start a new log, and load dumps there with SET sql_log_bin = 1 and "
                  "without gtid_purged",
                  endpoint, gtids),
      {{"source", endpoint}, {"gtids", std::string(gtids)}});
}

absl::Status SourceLacksGtids(const std::string& endpoint, std::string_view cause) {
  return MakeError(
      reason::kSourceLacksGtids,
      fmt::format("the source {} lacks transactions that are in this log: {}; wait if it is a "
                  "replica that lags; otherwise it lost them: connect to a server that has them",
                  endpoint, cause),
      {{"source", endpoint}});
}

absl::Status SourceChanged(const std::string& endpoint, std::string_view cause) {
  return MakeError(
      reason::kSourceChanged,
      fmt::format(
          "the binlog of the source {} is not the one that the feed read before: {}; connect to "
          "the server that it read before, or start a new log",
          endpoint, cause),
      {{"source", endpoint}});
}

absl::Status SessionRefused(const std::string& endpoint, const RefusedSetting& setting) {
  return MakeError(
      reason::kSourceSessionRefused,
      fmt::format("the source {} keeps {} = '{}' in our session, but rows are read correctly only "
                  "with '{}': remove the limit there, such as maximum-{} in the server's "
                  "configuration or a proxy in between",
                  endpoint, setting.name, setting.kept, setting.needed, setting.name),
      {{"source", endpoint}, {"variable", std::string(setting.name)}});
}

}  // namespace millrace
