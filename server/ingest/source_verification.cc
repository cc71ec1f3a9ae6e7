// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_verification.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mysql/current_position.h"
#include "mysql/errors.h"

namespace millrace::ingest {
namespace {

constexpr uint64_t kFirstOffset = 4;

// One comparison of a source with a log.
class Comparison {
 public:
  Comparison(Connection& source, const SourcePosition& ours, const SourceMemory& memory,
             const SourceVerification::ReadDump& read)
      : source_(source),
        ours_(ours),
        memory_(memory),
        read_(read),
        server_(ServerName(source.info())) {}

  // Checks that the position belongs to this server, if that matters, and that its file is the one
  // that was read.
  absl::Status CompareFiles();
  // False if the last transaction cannot be read again.
  absl::StatusOr<bool> CompareLast();
  std::string LastText() const;

  // Whether the position's file exists and is the one that was read. Call after CompareFiles.
  bool same_file() const {
    return same_server() && memory_.file_created != 0 && memory_.file == ours_.file &&
           Find(ours_.file) != nullptr;
  }

 private:
  // Whether this is the server that the position was read from.
  bool same_server() const { return !memory_.server.empty() && memory_.server == server_; }
  absl::Status ListFiles();
  const BinlogFile* Find(std::string_view file) const;
  absl::Status CompareListed();
  absl::Status CompareCreated();
  absl::StatusOr<std::optional<SourcePosition>> PlaceOfLast();
  absl::StatusOr<std::optional<SourcePosition>> BeforeLastByGtid();
  absl::StatusOr<SourcePosition> BeforeLastOnMysql();
  absl::StatusOr<SourcePosition> BeforeLastOnMariadb();
  absl::StatusOr<bool> SkipFilteredTransactions(FirstTransaction& found);
  absl::StatusOr<bool> LastIsPurged();
  std::string DifferenceOfLast(const FirstTransaction& found, bool same_server) const;
  absl::Status Changed(std::string_view cause);

  Connection& source_;
  const SourcePosition& ours_;
  const SourceMemory& memory_;
  const SourceVerification::ReadDump& read_;
  const std::string server_;
  std::vector<BinlogFile> files_;
};

// SOURCE_CHANGED, or the query's error if the source is gone: a dump also ends when the source
// shuts down, and then proves nothing.
absl::Status Comparison::Changed(std::string_view cause) {
  MILLRACE_RETURN_IF_ERROR(source_.Query("SELECT 1").status());
  return SourceChanged(source_.endpoint(), cause);
}

const BinlogFile* Comparison::Find(std::string_view file) const {
  const auto found = std::find_if(files_.begin(), files_.end(),
                                  [file](const BinlogFile& each) { return each.name == file; });
  return found == files_.end() ? nullptr : &*found;
}

absl::Status Comparison::CompareFiles() {
  const bool by_gtid = !ours_.gtids.empty() && source_.info().gtids();
  if (!by_gtid && !memory_.server.empty() && !same_server()) {
    return Changed(
        fmt::format("it is server {}, but server {} was read, and without GTIDs a position is "
                    "valid on one server only",
                    server_, memory_.server));
  }
  const bool reads_by_place = memory_.last.has_value() && memory_.last->server == server_;
  if (!same_server() && !reads_by_place) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(files_, ListBinlogFiles(source_));
  if (!same_server() || ours_.file.empty() || files_.empty()) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(CompareListed());
  return CompareCreated();
}

absl::Status Comparison::CompareListed() {
  const BinlogFile* file = Find(ours_.file);
  if (file != nullptr && ours_.offset > file->size) {
    return Changed(fmt::format(
        "{} ends at {}, before our offset {}: its tail was lost, or the binlogs were reset",
        ours_.file, file->size, ours_.offset));
  }
  if (file == nullptr &&
      CompareBinlogFiles(files_.back().name, ours_.file) == std::strong_ordering::less) {
    return Changed(
        fmt::format("its newest file is {}, but {} was read: its tail was lost, or the "
                    "binlogs were reset",
                    files_.back().name, ours_.file));
  }
  return absl::OkStatus();
}

absl::Status Comparison::CompareCreated() {
  if (memory_.file_created == 0 || Find(memory_.file) == nullptr) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(const FirstTransaction first,
                            read_({.file = memory_.file, .offset = kFirstOffset, .gtids = {}},
                                  SourceVerification::Depth::kFile));
  // The file was purged just now: the dump will report it.
  if (HasReason(first.status, reason::kSourcePurged)) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(first.status);
  if (first.file_created == 0 || first.file_created == memory_.file_created) {
    return absl::OkStatus();
  }
  return Changed(
      fmt::format("its {} was created at {} (seconds since 1970), but the one that was read was "
                  "created at {}: the binlogs were reset or restored",
                  memory_.file, first.file_created, memory_.file_created));
}

std::string Comparison::LastText() const {
  const LastTransaction& last = *memory_.last;
  return last.gtid.empty() ? fmt::format("the transaction at {}", last.place.ToString())
                           : fmt::format("transaction {}", last.gtid);
}

absl::StatusOr<bool> Comparison::CompareLast() {
  if (!memory_.last.has_value()) return false;
  MILLRACE_ASSIGN_OR_RETURN(const std::optional<SourcePosition> from, PlaceOfLast());
  if (!from.has_value()) return false;
  MILLRACE_ASSIGN_OR_RETURN(FirstTransaction found,
                            read_(*from, SourceVerification::Depth::kTransaction));
  if (found.malformed) {
    // Retry, as the bytes may have been damaged on their way.
    MILLRACE_ASSIGN_OR_RETURN(found, read_(*from, SourceVerification::Depth::kTransaction));
  }
  if (HasReason(found.status, reason::kSourcePurged)) return false;
  if (from->file.empty() && source_.info().flavour == Flavour::kMariadb) {
    MILLRACE_ASSIGN_OR_RETURN(const bool comparable, SkipFilteredTransactions(found));
    if (!comparable) return false;
  }
  // With gtid_mode ON a source sends no transaction without GTID.
  const bool withheld = HasReason(found.status, reason::kSourceRefusedDump) &&
                        memory_.last->gtid.empty() && source_.info().gtids();
  if (withheld) return false;
  const bool by_place = !from->file.empty();
  // If the server starts reading inside an event, it reports an error or sends arbitrary bytes.
  const bool misaligned = found.malformed ||
                          HasReason(found.status, reason::kSourceBinlogDamaged) ||
                          HasReason(found.status, reason::kSourceRefusedDump) ||
                          HasReason(found.status, reason::kSourcePacketTooLarge);
  if (!found.status.ok() && !(by_place && misaligned)) return found.status;
  const std::string difference =
      DifferenceOfLast(found, memory_.last->server == server_ && !server_.empty());
  if (difference.empty()) return true;
  return Changed(difference);
}

absl::StatusOr<std::optional<SourcePosition>> Comparison::PlaceOfLast() {
  const LastTransaction& last = *memory_.last;
  const bool listed = last.server == server_ && Find(last.place.file) != nullptr;
  // A dump request has 32 bits for the offset; beyond that, the whole file would have to be read.
  if (listed && last.place.offset <= std::numeric_limits<uint32_t>::max()) {
    return SourcePosition{.file = last.place.file, .offset = last.place.offset, .gtids = {}};
  }
  return BeforeLastByGtid();
}

absl::StatusOr<std::optional<SourcePosition>> Comparison::BeforeLastByGtid() {
  if (memory_.last->gtid.empty() || !source_.info().gtids()) return std::nullopt;
  MILLRACE_ASSIGN_OR_RETURN(const bool purged, LastIsPurged());
  if (purged) return std::nullopt;
  return source_.info().flavour == Flavour::kMysql ? BeforeLastOnMysql() : BeforeLastOnMariadb();
}

absl::StatusOr<bool> Comparison::LastIsPurged() {
  MILLRACE_ASSIGN_OR_RETURN(const SourcePosition earliest, EarliestPosition(source_));
  if (source_.info().flavour == Flavour::kMysql) {
    MILLRACE_ASSIGN_OR_RETURN(const MysqlGtid gtid, ParseMysqlGtid(memory_.last->gtid));
    return earliest.gtids.Contains(gtid);
  }
  MILLRACE_ASSIGN_OR_RETURN(const MariadbGtid gtid, ParseMariadbGtid(memory_.last->gtid));
  return earliest.gtids.Contains(gtid);
}

// All GTIDs of the source except that of the last transaction.
absl::StatusOr<SourcePosition> Comparison::BeforeLastOnMysql() {
  MILLRACE_ASSIGN_OR_RETURN(const MysqlGtidSet last, MysqlGtidSet::Parse(memory_.last->gtid));
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet executed, ExecutedGtids(source_));
  return SourcePosition{.file = {}, .offset = 0, .gtids = GtidSet(executed.mysql().Minus(last))};
}

// The domain of the last transaction as it was before, the other domains as they are.
absl::StatusOr<SourcePosition> Comparison::BeforeLastOnMariadb() {
  MILLRACE_ASSIGN_OR_RETURN(const MariadbGtid last, ParseMariadbGtid(memory_.last->gtid));
  MILLRACE_ASSIGN_OR_RETURN(const GtidSet written, WrittenGtids(source_));
  MILLRACE_ASSIGN_OR_RETURN(MariadbGtidSet before,
                            MariadbGtidSet::Parse(memory_.last->gtid_before));
  for (const auto& [domain, gtid] : written.mariadb().last()) {
    if (domain != last.domain) before.Add(gtid);
  }
  return SourcePosition{.file = {}, .offset = 0, .gtids = GtidSet(std::move(before))};
}

// A MariaDB replica with filters omits transactions from its binlog, and so their numbers: what was
// read from it has gaps where another server has transactions, and vice versa. False: the last
// transaction cannot be found here.
absl::StatusOr<bool> Comparison::SkipFilteredTransactions(FirstTransaction& found) {
  MILLRACE_ASSIGN_OR_RETURN(const MariadbGtid last, ParseMariadbGtid(memory_.last->gtid));
  const auto number_found = [&]() -> std::optional<uint64_t> {
    const absl::StatusOr<MariadbGtid> gtid = ParseMariadbGtid(found.gtid);
    const bool usable =
        found.status.ok() && found.found && gtid.ok() && gtid->domain == last.domain;
    return usable ? std::optional(gtid->number) : std::nullopt;
  };
  std::optional<uint64_t> number = number_found();
  if (number.has_value() && *number < last.number) {
    MILLRACE_ASSIGN_OR_RETURN(SourcePosition from, BeforeLastOnMariadb());
    MariadbGtidSet before = from.gtids.mariadb();
    before.Add({last.domain, last.server_id, last.number - 1});
    from.gtids = GtidSet(std::move(before));
    MILLRACE_ASSIGN_OR_RETURN(found, read_(from, SourceVerification::Depth::kTransaction));
    if (HasReason(found.status, reason::kSourceLacksGtids)) return false;
    number = number_found();
  }
  if (!number.has_value() || *number <= last.number) return true;
  return SourceLacksGtids(
      source_.endpoint(),
      fmt::format("its binlog has {} but not {} before it, like that of a replica with filters",
                  found.gtid, memory_.last->gtid));
}

std::string Comparison::DifferenceOfLast(const FirstTransaction& found, bool same_server) const {
  const LastTransaction& last = *memory_.last;
  if (!found.found || found.gtid != last.gtid) {
    return fmt::format("{}, the last that was read, is not where it was{}", LastText(),
                       found.gtid.empty() ? "" : fmt::format(", but {} is", found.gtid));
  }
  // A MariaDB replica logs the time of an earlier event of the transaction.
  const bool commit_time_comparable = same_server || source_.info().flavour == Flavour::kMysql;
  if (commit_time_comparable && found.commit_time != last.commit_time) {
    return fmt::format(
        "{} has the commit time {} (µs since 1970), but had {} when it was read: it is another "
        "transaction",
        LastText(), found.commit_time, last.commit_time);
  }
  if (!found.content.has_value()) return "";
  // On another MySQL server the microsecond identifies the transaction. Its rows may differ: a
  // replica omits those of tables that it filters.
  if (!same_server && commit_time_comparable && last.commit_time != 0) return "";
  const bool equal =
      same_server ? *found.content == last.content
                  : MayBeSameOnAnotherServer(*found.content, last.content, source_.info().flavour);
  return equal ? ""
               : fmt::format(
                     "{} has other rows or another statement than when it was read: it is "
                     "another transaction",
                     LastText());
}

std::string NotComparedWarning(const Comparison& comparison) {
  return fmt::format(
      "{}, the last that was read, is no longer in the source's binlog, so it was not compared; "
      "GTIDs and files of the binlog match",
      comparison.LastText());
}

}  // namespace

absl::StatusOr<SourceVerification::Result> SourceVerification::Check(Connection& source,
                                                                     const Known& known,
                                                                     const ReadDump& read) {
  Comparison comparison(source, known.position, known.memory, read);
  MILLRACE_RETURN_IF_ERROR(comparison.CompareFiles());
  MILLRACE_RETURN_IF_ERROR(CheckContinuity(
      source, known.position, known.uuid,
      comparison.same_file() ? PositionOrigin::kThisServer : PositionOrigin::kUnverified));
  MILLRACE_ASSIGN_OR_RETURN(const bool compared, comparison.CompareLast());
  if (compared) return Result{.compared = true, .same_file = comparison.same_file(), .warning = {}};
  if (known.mismatched) {
    return SourceChanged(source.endpoint(),
                         "it lacked transactions that are in this log, or had others in their "
                         "place, and has their numbers now; the last of them can no longer be read "
                         "for comparison");
  }
  return Result{
      .compared = false,
      .same_file = comparison.same_file(),
      .warning = known.memory.last.has_value() ? NotComparedWarning(comparison) : std::string()};
}

}  // namespace millrace::ingest
