// SPDX-License-Identifier: Apache-2.0

#include "status.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "human.h"
#include "json.h"
#include "millrace/row_text.h"
#include "mirror.h"
#include "snapshot_text.h"

namespace millrace::command {
namespace {

// GTID sets of many servers are long; --json and the server's log show them in full.
constexpr size_t kGtidWidthMax = 80;

struct SourceStateText {
  const char* text;
  Tone tone;
};

SourceStateText StateTextOf(v1::SourceStatus::State state) {
  switch (state) {
    case v1::SourceStatus::STATE_CONNECTING:
      return {"connecting", Tone::kYellow};
    case v1::SourceStatus::STATE_STREAMING:
      return {"streaming", Tone::kGreen};
    case v1::SourceStatus::STATE_FAILED:
      return {"failed", Tone::kRed};
    case v1::SourceStatus::STATE_STOPPING:
      return {"stopping", Tone::kYellow};
    default:
      return {"unknown", Tone::kYellow};
  }
}

// A line with a dim label in front.
std::string Line(const Paint& paint, std::string_view label, const std::string& text) {
  return fmt::format("{}  {}\n", paint(Tone::kDim, fmt::format("{:<8}", label)), text);
}

std::string SourceText(const v1::SourceStatus& source, const Paint& paint) {
  const SourceStateText state_text = StateTextOf(source.state());
  std::string text =
      Line(paint, "source",
           fmt::format("{} {}  {} {}", paint(state_text.tone, "●"),
                       paint(state_text.tone, state_text.text), Printable(source.flavour()),
                       Printable(source.server_version())) +
               "  " + Printable(source.address()));
  if (!source.error().empty()) {
    text += Line(paint, "error",
                 paint(state_text.tone, fmt::format("{} [{}]", Printable(source.error()),
                                                    Printable(source.error_reason()))));
  }
  for (const std::string& warning : source.warnings()) {
    text += Line(paint, "warning", paint(Tone::kYellow, Printable(warning)));
  }
  if (!source.file().empty()) {
    text +=
        Line(paint, "binlog", fmt::format("{}:{}", Printable(source.file()), source.position()));
  }
  if (!source.gtid_set().empty()) {
    text += Line(paint, "gtids", Shorten(Printable(source.gtid_set()), kGtidWidthMax));
  }
  if (source.has_lag()) {
    text += Line(paint, "lag", DurationText(ToDuration(source.lag())));
  }
  return text + Line(paint, "rate",
                     fmt::format("{} changes/s  {}/s",
                                 CountText(static_cast<uint64_t>(source.changes_per_second())),
                                 BytesText(static_cast<uint64_t>(source.bytes_per_second()))));
}

std::string LogText(const v1::LogStatus& log, absl::Time now, const Paint& paint) {
  if (log.newest_sequence() < log.oldest_sequence()) {
    return Line(paint, "log", fmt::format("empty  {}", BytesText(log.disk_bytes())));
  }
  std::string text = fmt::format("{} … {}  {}", CountText(log.oldest_sequence()),
                                 CountText(log.newest_sequence()), BytesText(log.disk_bytes()));
  if (log.has_oldest_commit_time()) {
    text += fmt::format("  reaches back {}", DurationText(now - ToTime(log.oldest_commit_time())));
  }
  return Line(paint, "log", text);
}

std::string CertificatesText(const v1::GetStatusResponse& status, absl::Time now,
                             const Paint& paint) {
  std::string text;
  for (const v1::CertificateStatus& certificate : status.certificates()) {
    if (!certificate.warning().empty()) {
      text += Line(paint, "warning", paint(Tone::kYellow, Printable(certificate.warning())));
      continue;
    }
    text += Line(paint, "tls",
                 fmt::format("{}  {}  expires in {}", Printable(certificate.setting()),
                             Printable(certificate.subject()),
                             DurationText(ToTime(certificate.expire_time()) - now)));
  }
  if (!status.certificates_error().empty()) {
    text += Line(paint, "error",
                 paint(Tone::kRed, fmt::format("{} [{}]", Printable(status.certificates_error()),
                                               Printable(status.certificates_error_reason()))));
  }
  return text;
}

std::string CountsText(
    std::string_view done,
    const google::protobuf::RepeatedPtrField<v1::ConnectionStatus::Count>& counts) {
  std::string text;
  for (const v1::ConnectionStatus::Count& count : counts) {
    text += fmt::format("  {} {} ({})", CountText(count.connections()), done,
                        Printable(count.reason()));
  }
  return text;
}

std::string ConnectionsText(const v1::ConnectionStatus& connections, const Paint& paint) {
  const std::string text = fmt::format("{} of {}", CountText(connections.open()),
                                       CountText(connections.connections_max()));
  const std::string trouble =
      CountsText("refused", connections.refused()) + CountsText("cut", connections.cut());
  return Line(paint, "clients", text + paint(Tone::kYellow, trouble));
}

std::string TablesText(const v1::GetStatusResponse& status, const Paint& paint) {
  using Align = TextTable::Align;
  TextTable table({{"TABLE"},
                   {"INSERTS", Align::kRight},
                   {"UPDATES", Align::kRight},
                   {"DELETES", Align::kRight},
                   {"READS", Align::kRight}});
  for (const v1::TableStatus& row : status.tables()) {
    table.Add({{Printable(row.database() + "." + row.table()), Tone::kBold},
               {CountText(row.inserts())},
               {CountText(row.updates())},
               {CountText(row.deletes())},
               {CountText(row.reads())}});
  }
  return table.empty() ? "" : "\n" + table.Render(paint);
}

// The text shown instead of a sequence; null if the reader has a sequence.
const char* NoSequenceText(v1::SubscriptionStatus::Place place) {
  if (place == v1::SubscriptionStatus::PLACE_IN_SNAPSHOT) return "in snapshot";
  if (place == v1::SubscriptionStatus::PLACE_IN_OTHER_LOG) return "in another log";
  return nullptr;
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : Printable(text); }

std::string SubscriptionsText(const v1::GetStatusResponse& status, const Paint& paint) {
  using Align = TextTable::Align;
  TextTable table({{"SUBSCRIPTION"},
                   {"CLIENT"},
                   {"PEER"},
                   {"SEQUENCE", Align::kRight},
                   {"BEHIND", Align::kRight},
                   {"LAG", Align::kRight}});
  for (const v1::SubscriptionStatus& row : status.subscriptions()) {
    const TextTable::Cell name{OrDash(row.subscription()), Tone::kBold};
    const TextTable::Cell client{OrDash(row.client_name())};
    const TextTable::Cell peer{OrDash(row.peer())};
    if (const char* no_sequence = NoSequenceText(row.place()); no_sequence != nullptr) {
      table.Add({name, client, peer, {no_sequence, Tone::kYellow}, {"-"}, {"-"}});
      continue;
    }
    table.Add(
        {name,
         client,
         peer,
         {CountText(row.sequence())},
         {CountText(row.lag_changes()), row.lag_changes() == 0 ? Tone::kPlain : Tone::kYellow},
         // The lag is also absent if the server does not know it.
         {row.has_lag() ? DurationText(ToDuration(row.lag())) : "-"}});
  }
  return table.empty() ? "" : "\n" + table.Render(paint);
}

// The first lines that fit the terminal, so that the top stays visible.
std::string FittingLines(const std::string& text) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2) return text;
  size_t end = 0;
  for (int line = 1; line < size.ws_row; ++line) {
    end = text.find('\n', end);
    if (end == std::string::npos) return text;
    ++end;
  }
  return text.substr(0, end);
}

absl::Status WatchStatus(const Session& session) {
  constexpr char kClear[] = "\x1b[H\x1b[2J";
  session.interrupt->OnSignal([] {});
  do {
    const auto status = session.client->GetStatus({});
    if (!status.ok()) return status.status();
    const std::string text =
        StatusText(*status, session.address, absl::Now(), Paint(session.colour));
    // Clear and print in one write, so that the terminal never shows an empty page.
    const std::string page = isatty(STDOUT_FILENO) == 1 ? kClear + FittingLines(text) : text + "\n";
    if (const absl::Status shown = Print(page); !shown.ok()) return shown;
  } while (!session.interrupt->WaitFor(absl::Seconds(1)));
  return absl::OkStatus();
}

}  // namespace

std::string StatusText(const v1::GetStatusResponse& status, const std::string& address,
                       absl::Time now, const Paint& paint) {
  const std::string up = status.has_start_time()
                             ? "  up " + DurationText(now - ToTime(status.start_time()))
                             : std::string();
  std::string text = Line(paint, "server",
                          fmt::format("{}  {}{}  log {}", paint(Tone::kBold, address),
                                      Printable(status.version()), up, Printable(status.log_id())));
  text += SourceText(status.source(), paint);
  text += LogText(status.log(), now, paint);
  text += CertificatesText(status, now, paint);
  if (status.has_connections()) text += ConnectionsText(status.connections(), paint);
  if (!status.snapshots_error().empty()) {
    text += Line(paint, "snapshot",
                 paint(Tone::kYellow, fmt::format("{} [{}]", Printable(status.snapshots_error()),
                                                  Printable(status.snapshots_error_reason()))));
  }
  const std::string snapshots = SnapshotsText(status.snapshots(), now, paint);
  if (!snapshots.empty()) text += "\n" + snapshots;
  if (status.has_mirror()) text += "\n" + MirrorText(status.mirror(), false, paint);
  return text + TablesText(status, paint) + SubscriptionsText(status, paint);
}

absl::Status ShowStatus(const Session& session, const StatusOptions& options) {
  if (options.watch && !options.json) return WatchStatus(session);
  session.interrupt->OnSignal(nullptr);
  const auto status = session.client->GetStatus({});
  if (!status.ok()) return status.status();
  if (options.json) return Print(ToJson(*status));
  return Print(StatusText(*status, session.address, absl::Now(), Paint(session.colour)));
}

}  // namespace millrace::command
