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

// The part of a table that a later statement may redefine: anything except indexes and rows, or
// only the column types that MariaDB's TABLE_MAP omits.
enum class RedefinedPart { kAnything, kColumnTypes };

// Whether the statement may redefine that part of the table.
bool MayRedefine(const SentStatement& sent, const schema::Statement& statement,
                 const TableName& table, RedefinedPart what);

// Whether the binlog has such a statement between the start of `stream` and its end. If not, the
// definition that the source reported before the call also applies at the start of the stream.
// Requires: the stream was opened with AtBinlogEnd::kEnd and has not been read. Reads rows and
// discards them. Errors as BinlogStream::Read, EventReader::Read, ParseQuery and Uncompress.
absl::StatusOr<bool> IsRedefinedLater(BinlogStream& stream, const TableName& table,
                                      RedefinedPart what, const NameFolding& names,
                                      uint64_t event_bytes_max);

}  // namespace millrace::ingest
