// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "feed/feed.h"
#include "kafka/change_view.h"
#include "kafka/routes.h"
#include "log/frame.h"
#include "schema/registry.h"

namespace millrace::kafka {

// Splits frames into changes. Validates all bytes but those of the rows. Not thread-safe.
class ChangeReader {
 public:
  // kMirrored skips the changes of tables that are not mirrored.
  enum class Scope { kAll, kMirrored };
  // Both must outlive it.
  ChangeReader(const schema::Registry& registry, const Routes& routes, Scope scope)
      : registry_(registry), routes_(routes), scope_(scope) {}

  // Moves to change `from` in `frame`.
  void Open(feed::FramePtr frame, Sequence from);

  // Returns the next change, or null at the end of the frame. The change is valid until the next
  // call of Open or Next. kDataLoss LOG_DAMAGED, with the sequence: the bytes are not a valid
  // change, or the log lacks the definition of its table; the reader then does not move.
  absl::StatusOr<const ChangeView*> Next();

  // Last change that was returned, or skipped since it is not mirrored.
  Sequence last_change() const { return {next_.value - 1}; }

 private:
  enum class Mirrored : uint8_t { kUnknown, kYes, kNo };

  void SkipRun();
  absl::Status OpenRun();
  absl::Status ReadTransaction();
  absl::Status ReadChange();
  bool IsRunMirrored(const log::Run& run);
  bool IsStatementMirrored() const;
  bool IsLastOfTransaction() const;
  absl::Status Damaged(std::string_view what) const;

  const schema::Registry& registry_;
  const Routes& routes_;
  const Scope scope_;
  std::vector<Mirrored> mirrored_;  // by table id

  feed::FramePtr frame_;
  // Current indexes into the frame's segments and runs, and the first change of each.
  size_t segment_ = 0;
  size_t run_ = 0;
  Sequence segment_first_;
  Sequence run_first_;
  size_t transaction_segment_ = 0;  // its transaction header is in `change_`
  bool has_transaction_ = false;

  Sequence next_{1};  // first change not yet returned or skipped
  // State of the current run.
  bool run_open_ = false;
  ByteReader remaining_;
  uint32_t remaining_changes_ = 0;
  bool single_version_ = false;  // all its changes have the same version of the table
  ChangeView change_;
};

}  // namespace millrace::kafka
