// SPDX-License-Identifier: Apache-2.0

#include "kafka/encoding_errors.h"

#include <string>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "log/damage.h"

namespace millrace::kafka {

absl::Status DamagedRow(const schema::TableVersion& version, std::string_view what) {
  const std::string table = version.name.ToString();
  return log::LogDamaged(
      fmt::format("a stored row does not match version {} of {}: {}", version.version, table, what),
      {{"table", table}}, kRewindPastDamage);
}

absl::Status UnknownOperation(const ChangeView& change) {
  return log::LogDamaged(fmt::format("change {} has the unknown operation {}",
                                     change.sequence.value, change.operation),
                         {}, kRewindPastDamage);
}

absl::Status UnknownDefinition(const ChangeView& change) {
  return log::LogDamaged(fmt::format("change {} has a row of {}.{}, whose definition is not stored",
                                     change.sequence.value, change.database, change.table),
                         {}, kRewindPastDamage);
}

absl::Status Unencodable(const schema::TableVersion& version, size_t column, Sequence sequence,
                         std::string_view problem) {
  const std::string table = version.name.ToString();
  const std::string& name = version.columns[column].name;
  return MakeError(
      reason::kMirrorUnencodable,
      fmt::format("column `{}` of {} in change {} cannot be written to Kafka: {}", name, table,
                  sequence.value, problem),
      {{"table", table}, {"column", name}, {"sequence", fmt::format("{}", sequence.value)}});
}

absl::Status UnknownKeyColumn(const schema::TableVersion& version, size_t column,
                              Sequence sequence) {
  return Unencodable(version, column, sequence,
                     "it is part of the record key, and the source left it out of the row image; "
                     "set binlog_row_image=FULL there, or choose another key with 'kafka.keys'");
}

absl::Status InvalidKeyColumn(const schema::TableVersion& version, size_t column,
                              Sequence sequence) {
  return Unencodable(version, column, sequence,
                     "it is part of the record key, and its text is not valid in its character "
                     "set; choose another key with 'kafka.keys'");
}

}  // namespace millrace::kafka
