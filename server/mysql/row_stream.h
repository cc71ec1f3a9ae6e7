// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "model/text_value.h"

namespace millrace {

// The rows of one query, one after the other as the server sends them, never all in memory and with
// no allocation for each. Made by Connection::Stream, which outlives it; while it lives the
// connection can do nothing else, and the destructor reads what was not taken. For one thread at a
// time.
class RowStream {
 public:
  virtual ~RowStream() = default;
  // Number of columns.
  virtual size_t column_count() const = 0;
  // Takes the next row; false at the end. Failures are those of errors.h, and those of statements
  // that the server ended: kDeadlineExceeded QUERY_TIMEOUT.
  virtual absl::StatusOr<bool> Next() = 0;
  // column_count() values of the row taken; their bytes are valid until the next call of Next.
  virtual const TextValue* values() const = 0;
  // What is left is not wanted and too much to be read: breaks the connection, so that the
  // destructor need not wait. Next and every later query of the connection then fail as
  // Connection::Interrupt says; make a new connection. Does nothing once all rows are taken.
  virtual void Abandon() {}
};

}  // namespace millrace
