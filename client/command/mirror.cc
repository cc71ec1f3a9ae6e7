// SPDX-License-Identifier: Apache-2.0

#include "mirror.h"

#include "fmt/format.h"
#include "human.h"
#include "json.h"
#include "millrace/row_text.h"

namespace millrace::command {
namespace {

struct MirrorStateText {
  const char* text;
  Tone tone;
};

MirrorStateText StateTextOf(v1::MirrorStatus::State state) {
  switch (state) {
    case v1::MirrorStatus::STATE_CONNECTING:
      return {"connecting", Tone::kYellow};
    case v1::MirrorStatus::STATE_RUNNING:
      return {"running", Tone::kGreen};
    case v1::MirrorStatus::STATE_PAUSED:
      return {"paused", Tone::kYellow};
    case v1::MirrorStatus::STATE_PARKED:
      return {"parked", Tone::kRed};
    case v1::MirrorStatus::STATE_STOPPING:
      return {"stopping", Tone::kYellow};
    default:
      return {"unknown", Tone::kYellow};
  }
}

std::string PlaceText(const v1::MirrorStatus& mirror) {
  if (!mirror.has_sequence()) return "unknown";
  const std::string sequence = CountText(mirror.sequence());
  if (mirror.lag_changes() == 0) return sequence + "  up to date";
  return fmt::format("{}  {} changes behind, {}", sequence, CountText(mirror.lag_changes()),
                     DurationText(ToDuration(mirror.lag())));
}

std::string TopicsText(const v1::MirrorStatus& mirror, const Paint& paint) {
  TextTable table({{"TOPIC"}, {"RECORDS", TextTable::Align::kRight}});
  for (const v1::MirrorTopic& topic : mirror.topics()) {
    table.Add({{Printable(topic.topic()), Tone::kBold}, {CountText(topic.records())}});
  }
  return table.empty() ? "" : "\n" + table.Render(paint);
}

// Prints the mirror's status from the response of a call.
template <typename Response>
absl::Status PrintResult(const Session& session, const MirrorOptions& options,
                         const absl::StatusOr<Response>& response) {
  if (!response.ok()) return response.status();
  return Print(options.json ? ToJson(response->mirror())
                            : MirrorText(response->mirror(), false, Paint(session.colour)));
}

}  // namespace

std::string MirrorText(const v1::MirrorStatus& mirror, bool topics, const Paint& paint) {
  const auto line = [&paint](std::string_view label, const std::string& text) {
    return fmt::format("{}  {}\n", paint(Tone::kDim, fmt::format("{:<8}", label)), text);
  };
  const MirrorStateText state_text = StateTextOf(mirror.state());
  std::string text =
      line("mirror", fmt::format("{} {}  {}  {}", paint(state_text.tone, "●"),
                                 paint(state_text.tone, state_text.text),
                                 Printable(mirror.topic_prefix()), Printable(mirror.format())));
  if (!mirror.error().empty()) {
    text += line("error", paint(state_text.tone, fmt::format("{} [{}]", Printable(mirror.error()),
                                                             Printable(mirror.error_reason()))));
  }
  for (const std::string& warning : mirror.warnings()) {
    text += line("warning", paint(Tone::kYellow, Printable(warning)));
  }
  text += line("at", PlaceText(mirror));
  text += line("rate", fmt::format("{} records/s  {} records in {} transactions, {} aborted",
                                   CountText(static_cast<uint64_t>(mirror.records_per_second())),
                                   CountText(mirror.records()), CountText(mirror.transactions()),
                                   CountText(mirror.transactions_aborted())));
  return topics ? text + TopicsText(mirror, paint) : text;
}

absl::Status ShowMirror(const Session& session, const MirrorOptions& options) {
  const auto status = session.client->GetStatus({});
  if (!status.ok()) return status.status();
  if (!status->has_mirror()) {
    return absl::NotFoundError(
        "this server has no mirror; set kafka.enabled and kafka.brokers "
        "in its configuration and restart it");
  }
  return Print(options.json ? ToJson(status->mirror())
                            : MirrorText(status->mirror(), true, Paint(session.colour)));
}

absl::Status PauseMirror(const Session& session, const MirrorOptions& options) {
  return PrintResult(session, options, session.client->PauseMirror({}));
}

absl::Status ResumeMirror(const Session& session, const MirrorOptions& options) {
  return PrintResult(session, options, session.client->ResumeMirror({}));
}

absl::Status RewindMirror(const Session& session, const MirrorOptions& options) {
  v1::RewindMirrorRequest request;
  if (options.place.kind == Place::Kind::kToken) {
    request.set_resume_token(options.place.text);
  } else {
    const auto position = Resolve(options.place, *session.client);
    if (!position.ok()) return position.status();
    request.set_resume_token(position->resume_token());
  }
  return PrintResult(session, options, session.client->RewindMirror(request));
}

}  // namespace millrace::command
