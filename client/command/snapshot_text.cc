// SPDX-License-Identifier: Apache-2.0

#include "snapshot_text.h"

#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "human.h"

namespace millrace::command {
namespace {

using Table = v1::SnapshotTable;

constexpr size_t kBarWidth = 24;
constexpr absl::Duration kLinePeriod = absl::Seconds(10);

struct StateText {
  const char* text;
  Tone tone;
};

StateText StateTextOf(v1::Snapshot::State state) {
  switch (state) {
    case v1::Snapshot::STATE_RUNNING:
      return {"running", Tone::kGreen};
    case v1::Snapshot::STATE_PAUSED:
      return {"paused", Tone::kYellow};
    case v1::Snapshot::STATE_DONE:
      return {"done", Tone::kPlain};
    case v1::Snapshot::STATE_CANCELED:
      return {"canceled", Tone::kRed};
    default:
      return {"unknown", Tone::kYellow};
  }
}

StateText StateTextOf(Table::State state) {
  switch (state) {
    case Table::STATE_WAITING:
      return {"waiting", Tone::kDim};
    case Table::STATE_READING:
      return {"reading", Tone::kCyan};
    case Table::STATE_DONE:
      return {"done", Tone::kGreen};
    case Table::STATE_GONE:
      return {"gone", Tone::kDim};
    case Table::STATE_FAILED:
      return {"failed", Tone::kRed};
    default:
      return {"unknown", Tone::kYellow};
  }
}

std::string NameOf(const Table& table) { return Printable(table.database() + "." + table.table()); }

std::string ErrorText(const Table& table) {
  return fmt::format("{} [{}]", Printable(table.error()), Printable(table.error_reason()));
}

// The fraction of the table that is read, 0 to 1. Stays below 1 until the table is done, even if
// the estimate is too low.
double FractionRead(const Table& table) {
  if (table.state() == Table::STATE_DONE) return 1;
  if (table.rows_read() == 0 || table.rows_estimate() == 0) return 0;
  const double part =
      static_cast<double>(table.rows_read()) / static_cast<double>(table.rows_estimate());
  return std::min(part, 0.99);
}

std::string RowsText(const Table& table) {
  if (table.state() != Table::STATE_READING || table.rows_estimate() == 0) {
    return fmt::format("{} rows", CountText(table.rows_read()));
  }
  return fmt::format("{} of about {} rows", CountText(table.rows_read()),
                     CountText(std::max(table.rows_estimate(), table.rows_read())));
}

std::string BarLine(const Table& table, size_t name_width, const Paint& paint) {
  const std::string name = NameOf(table);
  const size_t pad = name_width - std::min(name_width, DisplayWidth(name));
  std::string line = fmt::format("  {}{}  ", paint(Tone::kBold, name), std::string(pad, ' '));
  if (table.state() == Table::STATE_FAILED) {
    return line + paint(Tone::kRed, "failed: " + ErrorText(table)) + "\n";
  }
  const StateText state_text = StateTextOf(table.state());
  if (table.state() == Table::STATE_WAITING || table.state() == Table::STATE_GONE) {
    return line + paint(state_text.tone, state_text.text) + "\n";
  }
  const double part = FractionRead(table);
  const auto full = static_cast<size_t>(part * kBarWidth);
  std::string bar;
  for (size_t i = 0; i < full; ++i) bar += "█";
  std::string rest;
  for (size_t i = full; i < kBarWidth; ++i) rest += "░";
  return line + paint(state_text.tone, bar) + paint(Tone::kDim, rest) +
         fmt::format(" {:>3.0f} %  {}", std::floor(part * 100), RowsText(table)) + "\n";
}

size_t CountTables(const v1::Snapshot& snapshot, Table::State state) {
  return static_cast<size_t>(
      std::count_if(snapshot.tables().begin(), snapshot.tables().end(),
                    [&](const Table& table) { return table.state() == state; }));
}

uint64_t RowsOf(const v1::Snapshot& snapshot) {
  uint64_t rows = 0;
  for (const Table& table : snapshot.tables()) rows += table.rows_read();
  return rows;
}

std::string RateText(const v1::Snapshot& snapshot) {
  return CountText(static_cast<uint64_t>(snapshot.rows_per_second())) + " rows/s";
}

std::string HeadLine(const v1::Snapshot& snapshot, const Paint& paint) {
  const StateText state_text = StateTextOf(snapshot.state());
  std::string line =
      fmt::format("{}  {}  {} rows", paint(Tone::kBold, Printable(snapshot.snapshot())),
                  paint(state_text.tone, state_text.text), CountText(RowsOf(snapshot)));
  if (snapshot.state() == v1::Snapshot::STATE_RUNNING) {
    line += "  " + RateText(snapshot);
    if (snapshot.has_remaining()) {
      line += fmt::format("  about {} left", DurationText(ToDuration(snapshot.remaining())));
    }
    if (!snapshot.waiting().empty()) {
      line += "  " + paint(Tone::kYellow, "waits: " + Printable(snapshot.waiting()));
    }
  }
  return line + "\n";
}

bool IsNotable(const Table& table) {
  return table.state() == Table::STATE_READING || table.state() == Table::STATE_FAILED;
}

}  // namespace

bool IsOver(const v1::Snapshot& snapshot) {
  return snapshot.state() == v1::Snapshot::STATE_DONE ||
         snapshot.state() == v1::Snapshot::STATE_CANCELED;
}

std::string SnapshotsText(const Snapshots& snapshots, absl::Time now, const Paint& paint) {
  using Align = TextTable::Align;
  TextTable text({{"SNAPSHOT"},
                  {"STATE"},
                  {"CAUSE"},
                  {"STARTED"},
                  {"TABLES", Align::kRight},
                  {"ROWS", Align::kRight},
                  {"RATE", Align::kRight},
                  {"LEFT", Align::kRight}});
  std::string notes;
  for (const v1::Snapshot& snapshot : snapshots) {
    const StateText state_text = StateTextOf(snapshot.state());
    const bool running = snapshot.state() == v1::Snapshot::STATE_RUNNING;
    text.Add(
        {{Printable(snapshot.snapshot()), Tone::kBold},
         {state_text.text, state_text.tone},
         {Printable(snapshot.cause())},
         {DurationText(now - ToTime(snapshot.create_time())) + " ago"},
         {fmt::format("{}/{}", CountTables(snapshot, Table::STATE_DONE), snapshot.tables().size())},
         {CountText(RowsOf(snapshot))},
         {running ? RateText(snapshot) : "-"},
         {running && snapshot.has_remaining() ? DurationText(ToDuration(snapshot.remaining()))
                                              : "-"}});
    if (running && !snapshot.waiting().empty()) {
      notes += fmt::format("{} waits: {}\n", Printable(snapshot.snapshot()),
                           paint(Tone::kYellow, Printable(snapshot.waiting())));
    }
    for (const Table& table : snapshot.tables()) {
      if (table.state() != Table::STATE_FAILED) continue;
      notes += fmt::format("{} {}: {}\n", Printable(snapshot.snapshot()), NameOf(table),
                           paint(Tone::kRed, "failed: " + ErrorText(table)));
    }
  }
  return text.empty() ? "" : text.Render(paint) + notes;
}

std::string ProgressText(const v1::Snapshot& snapshot, size_t lines_max, const Paint& paint) {
  const auto total = static_cast<size_t>(snapshot.tables().size());
  const bool all = total + 1 <= lines_max;
  size_t width = 0;
  for (const Table& table : snapshot.tables()) {
    if (all || IsNotable(table)) width = std::max(width, DisplayWidth(NameOf(table)));
  }
  std::string text = HeadLine(snapshot, paint);
  // Reserve the head line and the line with the counts.
  size_t room = all ? total : std::max<size_t>(lines_max, 2) - 2;
  for (const Table& table : snapshot.tables()) {
    if (!all && !IsNotable(table)) continue;
    if (room == 0) break;
    --room;
    text += BarLine(table, width, paint);
  }
  if (all) return text;
  return text +
         paint(Tone::kDim, fmt::format("  {} tables: {} done, {} waiting, {} failed, {} gone",
                                       total, CountTables(snapshot, Table::STATE_DONE),
                                       CountTables(snapshot, Table::STATE_WAITING),
                                       CountTables(snapshot, Table::STATE_FAILED),
                                       CountTables(snapshot, Table::STATE_GONE))) +
         "\n";
}

std::string ProgressLines::Next(const v1::Snapshot& snapshot, absl::Time now) {
  std::string text;
  ShownState& whole = shown_[snapshot.snapshot()];
  if (whole.waiting != snapshot.waiting()) {
    whole.waiting = snapshot.waiting();
    if (!whole.waiting.empty()) {
      text +=
          fmt::format("{} waits: {}\n", Printable(snapshot.snapshot()), Printable(whole.waiting));
    }
  }
  for (const Table& table : snapshot.tables()) {
    const std::string name = NameOf(table);
    ShownState& shown = shown_[snapshot.snapshot() + " " + name];
    const bool changed = shown.state != table.state();
    const bool due = table.state() == Table::STATE_READING && now - shown.time >= kLinePeriod;
    if (!changed && !due) continue;
    shown.state = table.state();
    shown.time = now;
    if (table.state() == Table::STATE_WAITING) continue;
    const bool failed = table.state() == Table::STATE_FAILED;
    text +=
        fmt::format("{} {}: {}, {}\n", Printable(snapshot.snapshot()), name,
                    StateTextOf(table.state()).text, failed ? ErrorText(table) : RowsText(table));
  }
  return text;
}

}  // namespace millrace::command
