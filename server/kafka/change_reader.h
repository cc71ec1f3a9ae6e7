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

// Takes frames apart into changes. Trusts no byte of them, and leaves rows as they are. Not
// thread-safe.
class ChangeReader {
 public:
  // Of all tables, or of those alone that are mirrored: others are last_change without a look.
  enum class Scope { kAll, kMirrored };
  // Both must outlive it.
  ChangeReader(const schema::Registry& registry, const Routes& routes, Scope scope)
      : registry_(registry), routes_(routes), scope_(scope) {}

  // Goes to change `from`, which lies in `frame`.
  void Open(feed::FramePtr frame, Sequence from);

  // The next change; null at the end of the frame. Valid until the next call of either method.
  // kDataLoss LOG_DAMAGED, with the sequence: the bytes are no change, or of a table that the log
  // has no definition of; then the reader stays where it was.
  absl::StatusOr<const ChangeView*> Next();

  // Last change that was given, or last_change since it is not mirrored.
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
  std::vector<Mirrored> mirrored_;  // by table number

  feed::FramePtr frame_;
  // Indexes into the frame's, and the first change of each.
  size_t segment_ = 0;
  size_t run_ = 0;
  Sequence segment_first_;
  Sequence run_first_;
  size_t transaction_segment_ = 0;  // whose header is in `change_`
  bool has_transaction_ = false;

  Sequence next_{1};  // first change not last_change
  // Of the run, while it is being read.
  bool run_open_ = false;
  ByteReader remaining_;
  uint32_t remaining_changes_ = 0;
  bool single_version_ = false;  // all its changes are of one version of the table
  ChangeView change_;
};

}  // namespace millrace::kafka
