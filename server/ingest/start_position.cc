// SPDX-License-Identifier: Apache-2.0

#include "ingest/start_position.h"

#include "base/error.h"
#include "mysql/current_position.h"

namespace millrace::ingest {

absl::StatusOr<SourcePosition> StartPosition(std::string_view stored, const StartOptions& start,
                                             Connection& source) {
  if (!stored.empty()) return SourcePosition::FromBinary(stored);
  switch (start.at) {
    case StartAt::kCurrent:
      return CurrentPosition(source);
    case StartAt::kEarliest:
      return EarliestPosition(source);
    case StartAt::kGtidSet: {
      SourcePosition position;
      MILLRACE_ASSIGN_OR_RETURN(position.gtids,
                                GtidSet::Parse(source.info().flavour, start.gtid_set));
      return position;
    }
    case StartAt::kPosition:
      return SourcePosition{.file = start.file, .offset = start.position, .gtids = {}};
  }
  return absl::InternalError("unknown source.start");
}

}  // namespace millrace::ingest
