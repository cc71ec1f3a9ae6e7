// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_doubt.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/reason.h"

namespace millrace::ingest {
namespace {

// Persistent, see FORMAT.md.
constexpr std::string_view kDoubtKey = "source.doubt";
constexpr char kDoubtVersion = 1;
constexpr size_t kDoubtSize = 2;

absl::Status Put(log::Log& log, std::optional<std::string> value) {
  return log.PutRecords({{log::RecordKind::kMeta, std::string(kDoubtKey), std::move(value)}});
}

}  // namespace

absl::StatusOr<SourceDoubt> SourceDoubt::Load(const log::Log& log) {
  MILLRACE_ASSIGN_OR_RETURN(const auto value, log.GetRecord(log::RecordKind::kMeta, kDoubtKey));
  SourceDoubt doubt;
  if (!value.has_value()) return doubt;
  if (!value->empty() && value->front() != kDoubtVersion) {
    return MakeError(reason::kFormatTooNew,
                     "record source.doubt has a format that this server does not read; run the "
                     "version that wrote it, or a later one");
  }
  const uint8_t raised = value->size() == kDoubtSize ? static_cast<uint8_t>(value->back()) : 0;
  if (raised < static_cast<uint8_t>(Server::kOther) ||
      raised > static_cast<uint8_t>(Server::kOurs)) {
    return MakeError(reason::kLogDamaged,
                     "record source.doubt is damaged; restore the data directory or start a new "
                     "one");
  }
  doubt.raised_ = raised;
  return doubt;
}

absl::Status SourceDoubt::Raise(log::Log& log, Server server) {
  if (Concerns(server)) return absl::OkStatus();
  raised_ = std::max(raised_, static_cast<uint8_t>(server));
  return Put(log, std::string{kDoubtVersion, static_cast<char>(raised_)});
}

absl::Status SourceDoubt::Clear(log::Log& log) {
  if (raised_ == 0) return absl::OkStatus();
  raised_ = 0;
  return Put(log, std::nullopt);
}

}  // namespace millrace::ingest
