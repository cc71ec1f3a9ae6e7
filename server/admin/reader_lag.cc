// SPDX-License-Identifier: Apache-2.0

#include "admin/reader_lag.h"

#include <algorithm>

namespace millrace::admin {

ReaderLag ReaderLags::ChangesOf(Sequence sequence) const {
  if (sequence >= range_.newest) return {};
  return {.changes = range_.newest.value - sequence.value, .time = std::nullopt};
}

ReaderLag ReaderLags::Of(Sequence sequence) const {
  ReaderLag lag = ChangesOf(sequence);
  if (lag.changes == 0) return lag;
  const auto time = CommitTimeOf(std::max(sequence.next(), range_.oldest));
  if (time.has_value()) lag.time = std::max<Micros>(now_ - *time, 0);
  return lag;
}

}  // namespace millrace::admin
