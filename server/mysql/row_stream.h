// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "model/text_value.h"

namespace millrace {

// The rows of one query as the server sends them: never all in memory, and no allocation for each
// row. Created by Connection::Stream. The connection must outlive the stream and cannot be used
// until the stream is destroyed. The destructor reads the remaining rows. One thread at a time.
class RowStream {
 public:
  virtual ~RowStream() = default;
  // Number of columns.
  virtual size_t column_count() const = 0;
  // Reads the next row; false at the end. Errors as QueryError. If the server ended the statement:
  // kDeadlineExceeded QUERY_TIMEOUT.
  virtual absl::StatusOr<bool> Next() = 0;
  // The column_count() values of the current row. Their bytes are valid until the next call of
  // Next.
  virtual const TextValue* values() const = 0;
  // Drops the remaining rows when there are too many to read: breaks the connection, so that the
  // destructor does not wait. Next and all later queries of the connection then fail as described
  // at Connection::Interrupt; open a new connection. Does nothing after the last row.
  virtual void Abandon() {}
};

}  // namespace millrace
