// SPDX-License-Identifier: Apache-2.0

#include "log/damage.h"

#include "base/reason.h"
#include "fmt/format.h"
#include "model/quoted.h"

namespace millrace::log {

absl::Status LogDamaged(std::string_view problem, const ErrorMetadata& metadata,
                        std::string_view alternative) {
  return MakeError(reason::kLogDamaged,
                   fmt::format("{}; {}{}start a new log in an empty directory", problem,
                               alternative, alternative.empty() ? "" : ", or "),
                   metadata);
}

absl::Status RecordDamaged(std::string_view key, std::string_view problem) {
  return LogDamaged(fmt::format("record {} {}", Quoted(key), problem));
}

absl::Status FormatTooNew(std::string_view problem, const ErrorMetadata& metadata) {
  return MakeError(
      reason::kFormatTooNew,
      fmt::format("{}; run the version of millraced that wrote it, or a later one", problem),
      metadata);
}

absl::StatusOr<uint8_t> TakeFormat(std::string_view key, uint8_t newest, std::string_view& value) {
  if (value.empty()) return RecordDamaged(key, "is empty");
  const auto format = static_cast<uint8_t>(value.front());
  if (format == 0) return RecordDamaged(key, "has the unknown format 0");
  if (format > newest) {
    return FormatTooNew(fmt::format("record {} has format {}, but this version reads only up to {}",
                                    Quoted(key), format, newest));
  }
  value.remove_prefix(1);
  return format;
}

}  // namespace millrace::log
