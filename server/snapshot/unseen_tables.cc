// SPDX-License-Identifier: Apache-2.0

#include "snapshot/unseen_tables.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/time/clock.h"
#include "absl/types/span.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "model/capture_rules.h"
#include "mysql/read_marks.h"
#include "mysql/table_details.h"
#include "schema/described_map.h"
#include "snapshot/source_tables.h"
#include "spdlog/spdlog.h"

namespace millrace::snapshot {
namespace {

// Tables stored in one batch.
constexpr size_t kTablesAtOnce = 50;
constexpr absl::Duration kStoredPause = absl::Milliseconds(5);

struct DescribedTable {
  TableDetails details;
  schema::DescribedMap map;
};

absl::Status NotReady(std::string_view what) {
  return MakeError(reason::kNotReady,
                   fmt::format("{}; see millrace status, and retry in a few seconds", what));
}

// Handles the tables of one call, some at a time.
class LearnCall {
 public:
  LearnCall(const UnseenTables& parts, Connection& connection)
      : parts_(parts), connection_(connection) {}

  absl::Status Learn(absl::Span<const TableName> tables) {
    MILLRACE_ASSIGN_OR_RETURN(const std::vector<DescribedTable> described, Describe(tables));
    if (described.empty()) return absl::OkStatus();
    deadline_ = absl::Now() + parts_.timeout;
    MILLRACE_RETURN_IF_ERROR(ReadEpoch());
    MILLRACE_ASSIGN_OR_RETURN(BinlogMark end, BinlogEnd(connection_));
    // Waits until the stream reaches the end of the binlog as it is after the queries. So it has
    // read all statements before them.
    MILLRACE_RETURN_IF_ERROR(RunTask({.epoch = epoch_,
                                      .place = std::move(end.place),
                                      .gtids = std::move(end.gtids),
                                      .deadline = deadline_},
                                     [&](StreamAccess& stream) { Resolve(described, stream); }));
    return WaitUntilStored();
  }

  // Why the first table could not be described; OK if at least one could be, or none failed.
  absl::Status result() const { return learned_ ? absl::OkStatus() : first_error_; }

 private:
  absl::Status RunTask(const StreamTasks::Due& due,
                       const std::function<void(StreamAccess&)>& work) {
    const absl::Status status = parts_.tasks.Run(due, [&work](StreamAccess& stream) {
      work(stream);
      return absl::OkStatus();
    });
    if (!HasReason(status, reason::kStreamBroke)) return status;
    return NotReady("the feed lost its connection to the source");
  }

  absl::StatusOr<std::vector<DescribedTable>> Describe(absl::Span<const TableName> tables) {
    std::vector<DescribedTable> described;
    for (const TableName& table : tables) {
      auto details = FetchTableDetails(connection_, table);
      if (absl::IsPermissionDenied(details.status())) {
        NoteError(table, details.status());
        continue;
      }
      MILLRACE_RETURN_IF_ERROR(details.status());
      // Dropped since, or an object without rows of its own.
      if (!details->has_value() || (*details)->sequence || (*details)->merge) continue;
      auto map = schema::DescribedMap::Make(**details, connection_.info().flavour);
      if (map.ok()) {
        described.push_back({.details = **std::move(details), .map = *std::move(map)});
      } else {
        NoteError(table, map.status());
      }
    }
    return described;
  }

  absl::Status ReadEpoch() {
    bool same = false;
    StreamTasks::Due due;
    due.deadline = deadline_;
    MILLRACE_RETURN_IF_ERROR(RunTask(due, [&](StreamAccess& stream) {
      epoch_ = stream.epoch();
      same = stream.IsServer(connection_.info());
    }));
    if (same) return absl::OkStatus();
    return MakeError(reason::kSourceDiffers,
                     fmt::format("queries at {} reach a server other than the one whose binlog is "
                                 "read; set source.host to an address of a single server",
                                 connection_.endpoint()));
  }

  void Resolve(const std::vector<DescribedTable>& described, StreamAccess& stream) {
    for (const auto& [details, map] : described) {
      // The stream has learned the table since, perhaps in a newer form.
      if (stream.registry().HasVersion(details.name)) continue;
      auto stated = stream.registry().KnownMeanings(details.name);
      const auto version =
          stream.registry().Resolve(map.map(), &details, stream.builder().newest().next());
      if (version.ok()) {
        // A statement may change the table between the query and the end of the binlog. So the
        // first TABLE_MAP must prove the definition, together with the statements about it.
        stream.registry().MarkUnverified(details.name);
        stream.registry().SetDeclaredMeanings(details.name, std::move(stated));
        learned_ = true;
        unstored_.push_back(details.name);
      } else {
        NoteError(details.name, version.status());
      }
    }
  }

  absl::Status WaitUntilStored() {
    for (const TableName& table : std::exchange(unstored_, {})) {
      while (parts_.registry.Find(table) == nullptr) {
        if (absl::Now() > deadline_) return NotReady("the log's disk is slow or full");
        absl::SleepFor(kStoredPause);
      }
    }
    return absl::OkStatus();
  }

  void NoteError(const TableName& table, const absl::Status& error) {
    spdlog::warn("table {} has no row type: {} reason={}", table.ToString(),
                 std::string(error.message()), ErrorReason(error));
    if (first_error_.ok()) first_error_ = error;
  }

  const UnseenTables& parts_;
  Connection& connection_;
  absl::Time deadline_;  // of the current batch
  uint64_t epoch_ = 0;
  bool learned_ = false;
  absl::Status first_error_;
  std::vector<TableName> unstored_;
};

}  // namespace

absl::Status UnseenTables::Learn(const std::vector<std::string>& patterns) const {
  MILLRACE_ASSIGN_OR_RETURN(const TablePatterns wanted, TablePatterns::Parse(patterns));
  MILLRACE_ASSIGN_OR_RETURN(const CaptureRules captured,
                            CaptureRules::Parse(source.options().tables));
  MILLRACE_ASSIGN_OR_RETURN(const auto connection, source.Connect());
  MILLRACE_ASSIGN_OR_RETURN(auto tables, CapturedTables(*connection, captured, wanted));
  MILLRACE_RETURN_IF_ERROR(CheckNamedTablesReadable(*connection, captured, wanted, tables));
  const size_t known = std::erase_if(
      tables, [this](const TableName& name) { return registry.Find(name) != nullptr; });
  LearnCall call(*this, *connection);
  absl::Span<const TableName> left(tables);
  while (!left.empty()) {
    MILLRACE_RETURN_IF_ERROR(call.Learn(left.subspan(0, kTablesAtOnce)));
    left.remove_prefix(std::min(kTablesAtOnce, left.size()));
  }
  return known > 0 ? absl::OkStatus() : call.result();
}

}  // namespace millrace::snapshot
