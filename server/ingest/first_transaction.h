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
  // Time of the FORMAT_DESCRIPTION of `file`, in Unix seconds; 0: unknown.
  uint32_t file_created = 0;
  bool found = false;  // a transaction was found; the rest describes it
  std::string gtid;    // text; empty without a GTID
  Micros commit_time = 0;
  // Nothing if the events are too large to be read for this purpose.
  std::optional<ContentDigest> content;
  // Why reading ended early. OK: everything was read, or the binlog ended.
  absl::Status status;
  // The source sent bytes that are not an event: the binlog is damaged, or reading started inside
  // an event.
  bool malformed = false;
};

// Limits for rereading a transaction: the largest event, and the bytes in total.
inline constexpr uint64_t kRereadEventBytesMax = uint64_t{16} << 20;
inline constexpr uint64_t kRereadBytesMax = uint64_t{64} << 20;

// Reads the first file name and the first transaction of the dump, as far as TransactionContent
// needs it. Requires: the stream was opened with AtBinlogEnd::kEnd and has not been read.
FirstTransaction ReadFirstTransaction(BinlogStream& stream);
// Reads the first file's name and creation time only.
FirstTransaction ReadFirstFile(BinlogStream& stream);

}  // namespace millrace::ingest
