// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "ingest/transaction_content.h"
#include "model/flavour.h"
#include "mysql/binlog_stream.h"

namespace millrace::ingest {

// The first transaction of a dump, as far as it was read.
struct FirstTransaction {
  std::string file;
  // Time of the FORMAT_DESCRIPTION of `file`, in seconds; 0 unknown.
  uint32_t file_created = 0;
  bool found = false;  // a transaction: the rest is of it
  std::string gtid;    // text; empty without
  Micros commit_time = 0;
  // Nothing: the events are too large to be read for this.
  std::optional<ContentDigest> content;
  // Why reading ended before its time. OK: all was read, or the binlog has ended.
  absl::Status status;
  // The source sent bytes that are no event: damaged, or it began to read inside of one.
  bool malformed = false;
};

// Largest event that is read to know a transaction again, and most bytes in all.
inline constexpr uint64_t kRereadEventBytesMax = uint64_t{16} << 20;
inline constexpr uint64_t kRereadBytesMax = uint64_t{64} << 20;

// Reads the file that the dump begins in and its first transaction, as far as TransactionContent
// looks at it. Requires: the stream was opened with AtBinlogEnd::kEnd and has not been read.
FirstTransaction ReadFirstTransaction(BinlogStream& stream);
// The file alone.
FirstTransaction ReadFirstFile(BinlogStream& stream);

}  // namespace millrace::ingest
