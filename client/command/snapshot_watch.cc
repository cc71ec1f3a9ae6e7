// SPDX-License-Identifier: Apache-2.0

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>

#include "fmt/format.h"
#include "json.h"
#include "snapshot.h"
#include "snapshot_text.h"

namespace millrace::command {
namespace {

constexpr absl::Duration kPollPeriod = absl::Milliseconds(250);
constexpr size_t kDefaultTerminalLines = 24;

// Redraws a page in the same place of the terminal.
class Page {
 public:
  explicit Page(const Paint& paint) : paint_(paint) {}

  std::string Redraw(const Snapshots& snapshots) {
    const size_t lines_max = Height() / static_cast<size_t>(std::max(1, snapshots.size()));
    std::string text;
    for (const v1::Snapshot& snapshot : snapshots) {
      text += ProgressText(snapshot, lines_max, paint_);
    }
    // Switch off line wrapping, which would make the count of lines wrong.
    std::string drawn = lines_ == 0 ? "" : fmt::format("\x1b[{}A\r\x1b[J", lines_);
    lines_ = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    return drawn + "\x1b[?7l" + text + "\x1b[?7h";
  }

 private:
  static size_t Height() {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2;
    return known ? size_t{size.ws_row} - 1 : kDefaultTerminalLines;
  }

  const Paint paint_;
  size_t lines_ = 0;
};

// Watches snapshots until they end.
class Watch {
 public:
  Watch(const Session& session, const SnapshotOptions& options)
      : session_(session),
        options_(options),
        terminal_(isatty(STDOUT_FILENO) == 1),
        page_(Paint(session.colour)) {
    if (!options.name.empty()) names_.emplace().insert(options.name);
  }

  // Fetches and shows the snapshots once. Returns true if all have ended.
  absl::StatusOr<bool> Step() {
    auto listed = session_.client->ListSnapshots({});
    if (!listed.ok()) return listed.status();
    if (const absl::Status selected = SelectWatched(*listed); !selected.ok()) return selected;
    if (const absl::Status shown = Show(); !shown.ok()) return shown;
    return std::all_of(snapshots_.begin(), snapshots_.end(), IsOver);
  }

  // Prints the final JSON, if requested, and returns the snapshots' first error.
  absl::Status PrintResult() const {
    if (options_.json) {
      v1::ListSnapshotsResponse all;
      *all.mutable_snapshots() = snapshots_;
      const std::string text =
          ToJson(options_.name.empty() ? static_cast<const google::protobuf::Message&>(all)
                                       : snapshots_.Get(0));
      if (const absl::Status shown = Print(text); !shown.ok()) return shown;
    }
    for (const v1::Snapshot& snapshot : snapshots_) {
      if (const absl::Status ended = ResultOf(snapshot); !ended.ok()) return ended;
    }
    return absl::OkStatus();
  }

  bool empty() const { return snapshots_.empty(); }

 private:
  // Keeps the watched snapshots. Without a name: those that had not ended at the first call.
  absl::Status SelectWatched(const v1::ListSnapshotsResponse& listed) {
    if (!names_.has_value()) {
      names_.emplace();
      for (const v1::Snapshot& snapshot : listed.snapshots()) {
        if (!IsOver(snapshot)) names_->insert(snapshot.snapshot());
      }
    }
    Snapshots found;
    for (const v1::Snapshot& snapshot : listed.snapshots()) {
      if (names_->contains(snapshot.snapshot())) *found.Add() = snapshot;
    }
    if (static_cast<size_t>(found.size()) < names_->size()) {
      return absl::NotFoundError("no snapshot has this name: see millrace snapshot list");
    }
    snapshots_ = std::move(found);
    return absl::OkStatus();
  }

  absl::Status Show() {
    if (options_.json || snapshots_.empty()) return absl::OkStatus();
    if (terminal_) return Print(page_.Redraw(snapshots_));
    std::string text;
    for (const v1::Snapshot& snapshot : snapshots_) text += lines_.Next(snapshot, absl::Now());
    return text.empty() ? absl::OkStatus() : Print(text);
  }

  static absl::Status ResultOf(const v1::Snapshot& snapshot) {
    const auto failed = std::count_if(snapshot.tables().begin(), snapshot.tables().end(),
                                      [](const v1::SnapshotTable& table) {
                                        return table.state() == v1::SnapshotTable::STATE_FAILED;
                                      });
    if (failed > 0) {
      return absl::FailedPreconditionError(fmt::format(
          "{} of {} tables of snapshot {} failed: fix what their errors say, then run millrace "
          "snapshot resume {}",
          failed, snapshot.tables().size(), snapshot.snapshot(), snapshot.snapshot()));
    }
    if (snapshot.state() == v1::Snapshot::STATE_CANCELED) {
      return absl::AbortedError(fmt::format("snapshot {} was canceled", snapshot.snapshot()));
    }
    return absl::OkStatus();
  }

  const Session& session_;
  const SnapshotOptions& options_;
  const bool terminal_;
  Page page_;
  ProgressLines lines_;
  std::optional<std::set<std::string>> names_;
  Snapshots snapshots_;
};

}  // namespace

absl::Status WatchSnapshots(const Session& session, const SnapshotOptions& options) {
  session.interrupt->OnSignal([] {});
  Watch watch(session, options);
  while (true) {
    const auto over = watch.Step();
    if (!over.ok()) return over.status();
    if (*over) break;
    if (session.interrupt->WaitFor(kPollPeriod)) {
      return absl::CancelledError(
          "interrupted; the snapshot continues, see millrace snapshot watch and cancel");
    }
  }
  if (watch.empty() && !options.json) return Print("no snapshot is being taken\n");
  return watch.PrintResult();
}

}  // namespace millrace::command
