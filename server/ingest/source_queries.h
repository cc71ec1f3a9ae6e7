// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/error.h"
#include "mysql/connection.h"
#include "mysql/source_pool.h"

namespace millrace::ingest {

// The connection for queries beside the stream, to the same server. It idles for hours, so the
// source may close it. Belongs to the ingest thread.
class SourceQueries {
 public:
  // `pool` must outlive it.
  explicit SourceQueries(SourcePool& pool) : pool_(pool) {}

  // Connects to the current server. Errors as SourcePool::ConnectToCurrent; after an
  // error there is no connection.
  absl::Status Connect();
  bool connected() const { return connection_ != nullptr; }
  // The functions below require a connection.
  // Reconnects to the same server. Errors as SourcePool::ConnectTo; the old connection stays then:
  // some callers ignore a failed query, and the next query must not reach another server.
  absl::Status Reconnect();

  Connection& connection() { return *connection_; }
  const ServerInfo& info() const { return connection_->info(); }
  // Of the server that the connection reaches.
  SourcePool::Generation generation() const { return generation_; }
  const std::string& endpoint() const { return connection_->endpoint(); }

  // `question` takes a Connection& and returns a StatusOr. If it fails because the connection is
  // lost, it is retried once over a new connection. Errors as those of `question` and Reconnect.
  template <typename Question>
  std::invoke_result_t<Question, Connection&> Ask(const Question& question) {
    auto result = question(*connection_);
    if (!IsLost(result.status())) return result;
    MILLRACE_RETURN_IF_ERROR(Reconnect());
    return question(*connection_);
  }
  // The server_id that the server has now.
  absl::StatusOr<uint32_t> ServerId();

  // Whether a query that failed with `status` can be retried over a new connection.
  static bool IsLost(const absl::Status& status);

 private:
  SourcePool& pool_;
  std::unique_ptr<Connection> connection_;
  SourcePool::Generation generation_ = 0;
};

// Whether the account reached a limit such as MAX_QUERIES_PER_HOUR.
bool IsAccountLimit(const absl::Status& status);

}  // namespace millrace::ingest
