// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "model/flavour.h"
#include "model/gtid_set.h"

namespace millrace::ingest {

// Checks that the files of a source's binlog follow each other in a stream. The source silently
// skips a file that was deleted from the middle. Belongs to the ingest thread.
//
// Errors are kOutOfRange SOURCE_PURGED: a file is missing, and nothing proves that it contained no
// transaction.
class FileOrder {
 public:
  explicit FileOrder(Flavour flavour) : flavour_(flavour) {}

  // Sets the source's endpoint, for messages.
  void SetEndpoint(std::string endpoint) { endpoint_ = std::move(endpoint); }
  // Call before the first event of a stream. `by_gtid`: it was requested by GTID set rather than by
  // file and offset.
  void BeginStream(bool by_gtid);
  // ROTATE to `file`; an artificial one starts a file, any other ends one.
  absl::Status OnRotate(std::string_view file, bool artificial);

  // Whether a file may be missing before the current one: then its list of previous GTIDs decides.
  bool may_miss_file() const { return !missing_.empty(); }
  // Checks that list. `ours`: the transactions that were read.
  absl::Status OnPreviousGtids(const GtidSet& previous, const GtidSet& ours);

 private:
  const Flavour flavour_;
  std::string endpoint_;
  bool by_gtid_ = false;
  std::string file_;  // current file; empty before the first
  // The last event was the ROTATE at the end of a file: `file_` is the file it named.
  bool announced_ = false;
  std::string missing_;  // description of the suspected gap, for messages
};

}  // namespace millrace::ingest
