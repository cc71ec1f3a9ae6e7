// SPDX-License-Identifier: Apache-2.0

#include "ingest/pattern_warnings.h"

#include <utility>

#include "fmt/format.h"
#include "mysql/pattern_check.h"

namespace millrace::ingest {

void PatternWarnings::Set(std::vector<std::string> patterns) {
  absl::MutexLock lock(&mutex_);
  patterns_ = std::move(patterns);
}

std::vector<std::string> PatternWarnings::List(const TableCounterMap& captured) const {
  std::vector<std::string> patterns;
  {
    absl::MutexLock lock(&mutex_);
    patterns = patterns_;
  }
  if (patterns.empty()) return {};
  std::vector<TableName> tables;
  for (const auto& [name, counters] : captured.List()) tables.push_back(name);
  std::vector<std::string> warnings;
  for (const std::string& pattern : UnmatchedPatterns(patterns, tables)) {
    warnings.push_back(
        fmt::format("source.tables has '{}', which matched no table when the feed connected: "
                    "correct it unless such tables will be created later",
                    pattern));
  }
  return warnings;
}

}  // namespace millrace::ingest
