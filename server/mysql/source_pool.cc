// SPDX-License-Identifier: Apache-2.0

#include "mysql/source_pool.h"

#include <utility>

#include "base/check.h"

namespace millrace {

SourcePool::SourcePool(SourceOptions options) : options_(std::move(options)) {
  MILLRACE_CHECK(options_.server_id != 0);
}

absl::StatusOr<std::unique_ptr<Connection>> SourcePool::Connect() const {
  return Connection::Connect(options_);
}

absl::StatusOr<std::unique_ptr<BinlogStream>> SourcePool::OpenStream(
    const SourcePosition& from) const {
  return BinlogStream::Open(options_, from);
}

}  // namespace millrace
