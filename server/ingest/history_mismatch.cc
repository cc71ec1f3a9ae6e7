// SPDX-License-Identifier: Apache-2.0

#include "ingest/history_mismatch.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "log/damage.h"

namespace millrace::ingest {
namespace {

// Persistent, see FORMAT.md.
constexpr std::string_view kMismatchKey = "source.doubt";
constexpr char kMismatchVersion = 1;

absl::Status Put(log::Log& log, std::optional<std::string> value) {
  return log.PutRecords({{log::RecordKind::kMeta, std::string(kMismatchKey), std::move(value)}});
}

}  // namespace

absl::StatusOr<HistoryMismatch> HistoryMismatch::Load(const log::Log& log) {
  MILLRACE_ASSIGN_OR_RETURN(const auto value, log.GetRecord(log::RecordKind::kMeta, kMismatchKey));
  HistoryMismatch mismatch;
  if (!value.has_value()) return mismatch;
  std::string_view rest = *value;
  MILLRACE_RETURN_IF_ERROR(log::TakeFormat(kMismatchKey, kMismatchVersion, rest).status());
  const uint8_t recorded = rest.size() == 1 ? static_cast<uint8_t>(rest.front()) : 0;
  if (recorded < static_cast<uint8_t>(Server::kOther) ||
      recorded > static_cast<uint8_t>(Server::kSame)) {
    return log::RecordDamaged(kMismatchKey, "contains an unknown value");
  }
  mismatch.recorded_ = recorded;
  return mismatch;
}

absl::Status HistoryMismatch::Record(log::Log& log, Server server) {
  if (AppliesTo(server)) return absl::OkStatus();
  recorded_ = std::max(recorded_, static_cast<uint8_t>(server));
  return Put(log, std::string{kMismatchVersion, static_cast<char>(recorded_)});
}

absl::Status HistoryMismatch::Clear(log::Log& log) {
  if (recorded_ == 0) return absl::OkStatus();
  recorded_ = 0;
  return Put(log, std::nullopt);
}

}  // namespace millrace::ingest
