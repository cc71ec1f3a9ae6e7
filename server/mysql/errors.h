// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/clock.h"
#include "mysql/login.h"

namespace millrace {

// What the source or the client library said: a number of theirs and their words.
struct SourceFailure {
  unsigned code = 0;
  std::string text;
};

// Every failure of this room. The reasons:
//
// | reason | code | meaning |
// |-|-|-|
// | SOURCE_UNREACHABLE | kUnavailable | no connection, or it was lost: try again |
// | SOURCE_SILENT | kUnavailable | nothing came in time: try again |
// | SOURCE_AUTHENTICATION_FAILED | kUnauthenticated | the source refuses the account |
// | SOURCE_ACCESS_DENIED | kPermissionDenied | a grant is missing; metadata `remedy` |
// | SOURCE_TLS_FAILED | kFailedPrecondition | no TLS as configured |
// | SOURCE_PURGED | kOutOfRange | the source deleted binlogs that we need |
// | SOURCE_LACKS_GTIDS | kFailedPrecondition | we have transactions that it has not |
// | SOURCE_CHANGED | kFailedPrecondition | its binlog is not the one we read |
// | SOURCE_DUPLICATE_SERVER_ID | kAlreadyExists | another replica uses our server id |
// | SOURCE_PACKET_TOO_LARGE | kResourceExhausted | an event exceeds a limit |
// | SOURCE_BINLOG_DAMAGED | kDataLoss | the source cannot read its own binlog |
// | SOURCE_REFUSED_DUMP | kFailedPrecondition | it will not send its binlog for another cause |
// | SOURCE_ACCOUNT_LIMIT | kUnavailable | a limit of the account is reached |
// | OUT_OF_FILE_DESCRIPTORS | kUnavailable | this process has too many files open |
// | QUERY_TIMEOUT | kDeadlineExceeded | the source ended a statement that took too long: ask less |
// | TABLE_CHANGED | kAborted | a table has another definition than the query: learn it anew |
// | TABLE_MISSING | kNotFound | the source has no such table |
// | SNAPSHOT_NOT_VISIBLE | kDeadlineExceeded | queries do not see what the binlog tells, in time |
// | SOURCE_QUERY_FAILED | kInternal | a query failed for another cause |

// While connecting.
absl::Status ConnectError(const SourceLogin& login, const SourceFailure& failure);
// From a query, or from one of its rows.
absl::Status QueryError(const std::string& endpoint, const SourceFailure& failure);
// In place of an event. `server_id` is ours.
absl::Status DumpError(const std::string& endpoint, uint32_t server_id,
                       const SourceFailure& failure);

absl::Status SourceUnreachable(const std::string& endpoint, std::string_view cause);
// `what` needs a file descriptor.
absl::Status OutOfFileDescriptors(std::string_view what);
absl::Status SourceSilent(const std::string& endpoint, Micros silence_max);
absl::Status PacketTooLarge(const std::string& endpoint, std::string_view what);
absl::Status TableMissing(const std::string& endpoint, std::string_view cause);
absl::Status TlsFailed(const std::string& endpoint, std::string_view cause);
absl::Status SourcePurged(const std::string& endpoint, std::string_view cause);
// SOURCE_PURGED: these were executed there and are in no binlog.
absl::Status GtidsNotInBinlog(const std::string& endpoint, std::string_view gtids);
absl::Status SourceLacksGtids(const std::string& endpoint, std::string_view cause);
absl::Status SourceChanged(const std::string& endpoint, std::string_view cause);

// A session variable with the value that the server keeps, and the one that it was given.
struct RefusedSetting {
  std::string_view name;
  std::string_view kept;
  std::string_view needed;
};
absl::Status SessionRefused(const std::string& endpoint, const RefusedSetting& setting);

}  // namespace millrace
