// SPDX-License-Identifier: Apache-2.0

#include "ingest/binlog_end_check.h"

#include <compare>

#include "fmt/format.h"
#include "mysql/errors.h"

namespace millrace::ingest {
namespace {

bool Lacks(const GtidSet& source, const GtidSet& ours) {
  if (source.empty() || source.Contains(ours)) return false;
  // FLUSH BINARY LOGS DELETE_DOMAIN_ID removes a domain from the state of MariaDB's binlog.
  const MariadbGtidSet known = ours.mariadb().InDomainsOf(source.mariadb());
  return known.empty() || !source.mariadb().Contains(known);
}

}  // namespace

absl::Status BinlogEndCheck::Check(const std::string& endpoint, const SourcePosition& ours,
                                   const SourcePosition& end) {
  // Equal GTIDs may belong to different transactions, which only the next connection compares. If
  // the source has no GTIDs, `end` has none.
  if (Lacks(end.gtids, ours.gtids)) {
    return SourceLacksGtids(endpoint, fmt::format("it has {} and this log {}", end.gtids.ToString(),
                                                  ours.gtids.ToString()));
  }
  const BinlogPlace at{.file = ours.file, .offset = ours.offset};
  // Without a file the server returned no consistent position: it is busy and sending.
  if (end.file.empty() || !CompareBinlogFiles(end.file, ours.file).has_value()) {
    return absl::OkStatus();
  }
  const std::strong_ordering order = CompareBinlogPlaces(end.file, end.offset, at);
  if (order == std::strong_ordering::less) {
    return SourceChanged(
        endpoint, fmt::format("its binlog ends at {}:{}, before our position {}: its binlogs "
                              "were reset while they were read",
                              end.file, end.offset, at.ToString()));
  }
  const bool stuck = stuck_at_ == at;
  stuck_at_.reset();
  if (order == std::strong_ordering::equal) return absl::OkStatus();
  if (stuck) {
    return SourceUnreachable(
        endpoint, fmt::format("its binlog ends at {}:{}, but it sends nothing after {}", end.file,
                              end.offset, at.ToString()));
  }
  stuck_at_ = at;
  return absl::OkStatus();
}

}  // namespace millrace::ingest
