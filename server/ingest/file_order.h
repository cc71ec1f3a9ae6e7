// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "model/flavour.h"
#include "model/gtid_set.h"

namespace millrace::ingest {

// Whether the files of a source's binlog come one after another in a stream. One that was deleted
// from the middle is passed over by the source in silence. Belongs to the ingest thread.
//
// Errors are kOutOfRange SOURCE_PURGED: a file is missing, and nothing shows that it held no
// transaction.
class FileOrder {
 public:
  explicit FileOrder(Flavour flavour) : flavour_(flavour) {}

  // Where the source is, for messages.
  void SetEndpoint(std::string endpoint) { endpoint_ = std::move(endpoint); }
  // Before the first event of a stream, which was asked for by GTID set, or by file and offset.
  void BeginStream(bool by_gtid);
  // ROTATE to `file`; an artificial one is the beginning of a file, another is the end of one.
  absl::Status OnRotate(std::string_view file, bool artificial);

  // The file that begins is not the one that was to follow: its list of earlier GTIDs decides.
  bool may_miss_file() const { return !missing_.empty(); }
  // That list. `ours`: the transactions that were read.
  absl::Status OnPreviousGtids(const GtidSet& previous, const GtidSet& ours);

 private:
  const Flavour flavour_;
  std::string endpoint_;
  bool by_gtid_ = false;
  std::string file_;  // of the stream; empty before its first
  // The last event was the ROTATE at the end of a file: `file_` is the file that it named.
  bool announced_ = false;
  std::string missing_;  // what is in doubt, for messages
};

}  // namespace millrace::ingest
