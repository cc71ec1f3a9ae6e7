// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "ingest/sent_statement.h"
#include "model/table_name.h"
#include "mysql/binlog_stream.h"
#include "mysql/name_folding.h"
#include "schema/statement.h"

namespace millrace::ingest {

// Of a table, under its name: anything but its indexes and rows; or only what its columns mean
// where no TABLE_MAP of MariaDB tells it.
enum class RedefinedPart { kAnything, kColumnTypes };

// Whether the statement may redefine that.
bool MayRedefine(const SentStatement& sent, const schema::Statement& statement,
                 const TableName& table, RedefinedPart what);

// Whether the binlog has such a statement between the place where `stream` begins and its end. If
// not, what the source said of the table before the call holds at that place too. Requires: the
// stream was opened with AtBinlogEnd::kEnd and has not been read. Reads rows to throw them away.
// Errors as BinlogStream::Read, EventReader::Read, ParseQuery and Uncompress.
absl::StatusOr<bool> IsRedefinedLater(BinlogStream& stream, const TableName& table,
                                      RedefinedPart what, const NameFolding& names,
                                      uint64_t event_bytes_max);

}  // namespace millrace::ingest
