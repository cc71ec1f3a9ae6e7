// SPDX-License-Identifier: Apache-2.0

#include "ingest/file_order.h"

#include <optional>
#include <string>

#include "fmt/format.h"
#include "model/binlog_place.h"
#include "mysql/errors.h"

namespace millrace::ingest {
namespace {

// The GTIDs in `previous` that the stream has skipped. By file and offset, the stream follows the
// binlog in order, and numbers may decrease in it (gtid_strict_mode = OFF): the last of each domain
// must be ours. By GTIDs, the stream may start before our position.
MariadbGtidSet SkippedGtids(const MariadbGtidSet& previous, const MariadbGtidSet& ours,
                            bool by_gtid) {
  MariadbGtidSet skipped;
  for (const auto& [domain, gtid] : previous.last()) {
    const auto found = ours.last().find(domain);
    const bool same = found != ours.last().end() && found->second == gtid;
    if (!same && !(by_gtid && ours.Contains(gtid))) skipped.Add(gtid);
  }
  return skipped;
}

}  // namespace

void FileOrder::BeginStream(bool by_gtid) {
  by_gtid_ = by_gtid;
  announced_ = false;
  file_.clear();
  missing_.clear();
}

absl::Status FileOrder::OnRotate(std::string_view file, bool artificial) {
  const bool announced = std::exchange(announced_, !artificial);
  const std::string before = std::exchange(file_, std::string(file));
  missing_.clear();
  if (!artificial || before.empty() || before == file) return absl::OkStatus();
  // A source that is stopped or crashes announces no next file.
  const std::optional<bool> next = IsNextBinlogFile(file, before);
  if (!announced && next.value_or(false)) return absl::OkStatus();
  // MariaDB always has GTIDs.
  const bool decided_by_gtids = by_gtid_ || flavour_ == Flavour::kMariadb;
  // If log_bin was renamed, the numbers restart.
  const bool renamed = !announced && !next.has_value();
  if (renamed && !decided_by_gtids) return absl::OkStatus();
  missing_ = announced
                 ? fmt::format("its binlog continues in {}, but the previous file announced {}",
                               file, before)
                 : fmt::format("after its {} comes {}", before, file);
  return decided_by_gtids ? absl::OkStatus() : SourcePurged(endpoint_, missing_);
}

absl::Status FileOrder::OnPreviousGtids(const GtidSet& previous, const GtidSet& ours) {
  const std::string missing = std::exchange(missing_, {});
  const std::string skipped =
      flavour_ == Flavour::kMysql
          ? previous.mysql().Minus(ours.mysql()).ToString()
          : SkippedGtids(previous.mariadb(), ours.mariadb(), by_gtid_).ToString();
  if (skipped.empty()) return absl::OkStatus();
  const std::string_view which = flavour_ == Flavour::kMysql ? "" : "transactions up to ";
  return SourcePurged(endpoint_,
                      fmt::format("{}; {}{} in between were not read", missing, which, skipped));
}

}  // namespace millrace::ingest
