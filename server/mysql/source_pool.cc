// SPDX-License-Identifier: Apache-2.0

#include "mysql/source_pool.h"

#include <algorithm>
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
    const SourcePosition& from, const StreamOptions& options) const {
  if (options.event_bytes_max == 0) return BinlogStream::Open(options_, from, options.at_end);
  SourceOptions limited = options_;
  limited.event_bytes_max = std::min(limited.event_bytes_max, options.event_bytes_max);
  return BinlogStream::Open(limited, from, options.at_end);
}

}  // namespace millrace
