// SPDX-License-Identifier: Apache-2.0

#include "mysql/current_position.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/errors.h"

namespace millrace {
namespace {

// Offset of the first event in every file.
constexpr uint64_t kFirstEventOffset = 4;

bool IsMysql(const Connection& connection) { return connection.info().flavour == Flavour::kMysql; }

uint64_t ParseNumber(const std::string& text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

absl::Status NoBinlog(const Connection& connection) {
  return MakeError(reason::kSourceRefusedDump,
                   fmt::format("the source {} writes no binlog; set log_bin in its configuration "
                               "and restart it",
                               connection.endpoint()),
                   {{"source", connection.endpoint()}});
}

// SHOW VARIABLES truncates to 1,024 bytes, so select the variable.
absl::StatusOr<GtidSet> ReadGtidSet(Connection& connection, std::string_view variable) {
  MILLRACE_ASSIGN_OR_RETURN(const auto text,
                            connection.QueryValue(fmt::format("SELECT @@global.{}", variable)));
  return GtidSet::Parse(connection.info().flavour, text.value_or(""));
}

// Converts `uuid:5#31:6#32`, in which the owning thread follows each number, to `uuid:5:6`.
std::string WithoutOwners(std::string_view owned) {
  std::string gtids;
  bool owner = false;
  for (const char each : owned) {
    const bool digit = each >= '0' && each <= '9';
    owner = each == '#' || (owner && digit);
    if (!owner) gtids.push_back(each);
  }
  return gtids;
}

// GTIDs of the source's purged transactions, and of all that it ever executed.
struct SourceGtids {
  GtidSet purged;
  GtidSet executed;
};

absl::Status CheckMysqlGtids(Connection& connection, const GtidSet& ours,
                             PositionOrigin position_origin) {
  SourceGtids source;
  MILLRACE_ASSIGN_OR_RETURN(source.purged, ReadGtidSet(connection, "gtid_purged"));
  MILLRACE_ASSIGN_OR_RETURN(source.executed, position_origin == PositionOrigin::kThisServer
                                                 ? ExecutedAndOwnedGtids(connection)
                                                 : ExecutedGtids(connection));
  const MysqlGtidSet lacking = ours.mysql().Minus(source.executed.mysql());
  if (!lacking.empty()) {
    return SourceLacksGtids(connection.endpoint(), "it lacks " + lacking.ToString());
  }
  const MysqlGtidSet missed = source.purged.mysql().Minus(ours.mysql());
  if (missed.empty()) return absl::OkStatus();
  return SourcePurged(connection.endpoint(), "it purged " + missed.ToString());
}

// The last transaction of the first domain in which `set` is ahead of `reference`.
std::optional<MariadbGtid> FirstAhead(const GtidSet& set, const GtidSet& reference) {
  for (const auto& [domain, last] : set.mariadb().last()) {
    const auto other = reference.mariadb().last().find(domain);
    if (other == reference.mariadb().last().end() || other->second.number < last.number)
      return last;
  }
  return std::nullopt;
}

std::string ToText(const MariadbGtid& gtid) {
  std::string text;
  AppendText(text, gtid);
  return text;
}

// Transactions before the oldest file are purged. We cannot distinguish transactions of the same
// number on diverged servers here; the dump does.
absl::Status CheckMariadbGtids(Connection& connection, const GtidSet& ours,
                               PositionOrigin position_origin) {
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet written, WrittenGtids(connection));
  MariadbGtidSet known = ours.mariadb().InDomainsOf(written.mariadb());
  // A source that has none of our domains has lost more than a deleted domain.
  const bool may_lack_domains = position_origin == PositionOrigin::kThisServer && !known.empty();
  const GtidSet expected = may_lack_domains ? GtidSet(std::move(known)) : ours;
  if (const auto lacking = FirstAhead(expected, written)) {
    return SourceLacksGtids(connection.endpoint(), "it lacks " + ToText(*lacking));
  }
  MILLRACE_ASSIGN_OR_RETURN(const SourcePosition oldest, EarliestPosition(connection));
  if (const auto purged = FirstAhead(oldest.gtids, ours)) {
    return SourcePurged(connection.endpoint(), "it purged up to " + ToText(*purged));
  }
  return absl::OkStatus();
}

absl::Status CheckFile(Connection& connection, const SourcePosition& ours) {
  MILLRACE_ASSIGN_OR_RETURN(const auto files, ListBinlogFiles(connection));
  for (const BinlogFile& file : files) {
    if (file.name != ours.file) continue;
    if (ours.offset <= file.size) return absl::OkStatus();
    return SourceChanged(connection.endpoint(),
                         fmt::format("{} ends at {}, before our offset {}: the end of the file was "
                                     "lost, or the binlogs were reset",
                                     ours.file, file.size, ours.offset));
  }
  return SourcePurged(connection.endpoint(), fmt::format("it no longer has file {}", ours.file));
}

}  // namespace

absl::StatusOr<QueryRows> BinlogStatus(Connection& connection) {
  const bool renamed = IsMysql(connection) && connection.info().version >= 80200;
  return connection.Query(renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
}

absl::StatusOr<BinlogPlace> ParsePlace(const Connection& connection, const QueryRows& status) {
  if (status.rows.empty()) return NoBinlog(connection);
  const QueryRow& row = status.rows[0];
  return BinlogPlace{status.Text(row, {"File"}), ParseNumber(status.Text(row, {"Position"}))};
}

absl::StatusOr<GtidSet> WrittenGtids(Connection& connection) {
  return ReadGtidSet(connection, "gtid_binlog_pos");
}

absl::StatusOr<GtidSet> ExecutedGtids(Connection& connection) {
  return ReadGtidSet(connection, "gtid_executed");
}

absl::StatusOr<GtidSet> ExecutedAndOwnedGtids(Connection& connection) {
  // Read gtid_owned first: a transaction that is no longer owned has been executed.
  MILLRACE_ASSIGN_OR_RETURN(const auto owned, connection.QueryValue("SELECT @@global.gtid_owned"));
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet executed, ExecutedGtids(connection));
  MILLRACE_ASSIGN_OR_RETURN(MysqlGtidSet gtids,
                            MysqlGtidSet::Parse(WithoutOwners(owned.value_or(""))));
  gtids.Add(executed.mysql());
  return GtidSet(std::move(gtids));
}

absl::StatusOr<std::vector<BinlogFile>> ListBinlogFiles(Connection& connection) {
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows logs, connection.Query("SHOW BINARY LOGS"));
  std::vector<BinlogFile> files;
  files.reserve(logs.rows.size());
  for (const QueryRow& row : logs.rows) {
    files.push_back(
        {.name = logs.Text(row, {"Log_name"}), .size = ParseNumber(logs.Text(row, {"File_size"}))});
  }
  return files;
}

absl::StatusOr<SourcePosition> CurrentPosition(Connection& connection) {
  SourcePosition position;
  // MariaDB reports file and GTIDs in two queries, and the binlog may grow between them. They are
  // the same position only if the end of the file did not move.
  QueryRows before;
  MILLRACE_ASSIGN_OR_RETURN(before, BinlogStatus(connection));
  constexpr int kAttemptsMax = 1000;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    MILLRACE_ASSIGN_OR_RETURN(BinlogPlace place, ParsePlace(connection, before));
    position.file = std::move(place.file);
    position.offset = place.offset;
    if (IsMysql(connection)) {
      MILLRACE_ASSIGN_OR_RETURN(
          position.gtids,
          GtidSet::Parse(Flavour::kMysql, before.Text(before.rows[0], {"Executed_Gtid_Set"})));
      return position;
    }
    MILLRACE_ASSIGN_OR_RETURN(position.gtids, WrittenGtids(connection));
    MILLRACE_ASSIGN_OR_RETURN(QueryRows after, BinlogStatus(connection));
    if (after.rows == before.rows) return position;
    before = std::move(after);
  }
  // On MariaDB a dump needs only the GTIDs.
  position.file.clear();
  position.offset = 0;
  return position;
}

absl::StatusOr<SourcePosition> EarliestPosition(Connection& connection) {
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows logs, connection.Query("SHOW BINARY LOGS"));
  if (logs.rows.empty()) return NoBinlog(connection);
  SourcePosition position;
  position.file = logs.Text(logs.rows[0], {"Log_name"});
  position.offset = kFirstEventOffset;
  if (IsMysql(connection)) {
    MILLRACE_ASSIGN_OR_RETURN(position.gtids, ReadGtidSet(connection, "gtid_purged"));
    return position;
  }
  MILLRACE_ASSIGN_OR_RETURN(const auto gtids, connection.QueryValue(fmt::format(
                                                  "SELECT BINLOG_GTID_POS({}, {})",
                                                  QuotedText(position.file), kFirstEventOffset)));
  MILLRACE_ASSIGN_OR_RETURN(position.gtids, GtidSet::Parse(Flavour::kMariadb, gtids.value_or("")));
  return position;
}

absl::StatusOr<MysqlGtidSet> PurgedNotIn(Connection& connection, const GtidSet& ours) {
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet purged, ReadGtidSet(connection, "gtid_purged"));
  return purged.mysql().Minus(ours.mysql());
}

absl::Status CheckNotPurged(Connection& connection, const MysqlGtidSet& missing) {
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet purged, ReadGtidSet(connection, "gtid_purged"));
  const MysqlGtidSet purged_missing = missing.Minus(missing.Minus(purged.mysql()));
  if (purged_missing.empty()) return absl::OkStatus();
  return GtidsNotInBinlog(connection.endpoint(), purged_missing.ToString());
}

absl::Status CheckContinuity(Connection& connection, const SourcePosition& ours,
                             std::string_view ours_uuid, PositionOrigin position_origin) {
  const ServerInfo& server = connection.info();
  if (!ours.gtids.empty() && server.gtids()) {
    return server.flavour == Flavour::kMysql
               ? CheckMysqlGtids(connection, ours.gtids, position_origin)
               : CheckMariadbGtids(connection, ours.gtids, position_origin);
  }
  if (!ours_uuid.empty() && !server.server_uuid.empty() && ours_uuid != server.server_uuid) {
    return SourceChanged(connection.endpoint(),
                         fmt::format("its server_uuid is {}, but our position was read from {}; "
                                     "without GTIDs a position is valid on one server only",
                                     server.server_uuid, ours_uuid));
  }
  if (ours.file.empty()) return absl::OkStatus();
  return CheckFile(connection, ours);
}

}  // namespace millrace
