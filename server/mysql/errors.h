// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/clock.h"
#include "mysql/login.h"

namespace millrace {

// An error of the source or of the client library: its number and text.
struct SourceFailure {
  unsigned code = 0;
  std::string text;
};

// The errors of communication with the source. The reasons:
//
// | reason | code | meaning |
// |-|-|-|
// | SOURCE_UNREACHABLE | kUnavailable | no connection, or it was lost: retry |
// | SOURCE_SILENT | kUnavailable | the source sent nothing in time: retry |
// | SOURCE_AUTHENTICATION_FAILED | kUnauthenticated | the source rejects the account |
// | SOURCE_ACCESS_DENIED | kPermissionDenied | a grant is missing; metadata `remedy` |
// | SOURCE_TLS_FAILED | kFailedPrecondition | TLS failed, or is not as configured |
// | SOURCE_PURGED | kOutOfRange | the source deleted binlogs that we need |
// | SOURCE_LACKS_GTIDS | kFailedPrecondition | it lacks transactions that our log has |
// | SOURCE_CHANGED | kFailedPrecondition | its binlog is not the one that we read before |
// | SOURCE_DUPLICATE_SERVER_ID | kAlreadyExists | another replica uses our server id |
// | SOURCE_PACKET_TOO_LARGE | kResourceExhausted | an event exceeds a limit |
// | SOURCE_BINLOG_DAMAGED | kDataLoss | the source cannot read its own binlog |
// | SOURCE_REFUSED_DUMP | kFailedPrecondition | it refuses the dump for another reason |
// | SOURCE_ACCOUNT_LIMIT | kUnavailable | a limit of the account is reached |
// | SOURCE_SESSION_REFUSED | kFailedPrecondition | it keeps a session variable at another value |
// | OUT_OF_FILE_DESCRIPTORS | kUnavailable | this process has too many files open |
// | QUERY_TIMEOUT | kDeadlineExceeded | the source ended a slow statement: request less |
// | TABLE_CHANGED | kAborted | a query does not match its table: fetch the definition again |
// | TABLE_MISSING | kNotFound | the source has no such table |
// | SNAPSHOT_NOT_VISIBLE | kDeadlineExceeded | queries do not see the binlog's changes in time |
// | SOURCE_QUERY_FAILED | kInternal | a query failed for another reason |

// An error while connecting.
absl::Status ConnectError(const SourceLogin& login, const SourceFailure& failure);
// An error of a query, or while reading its rows.
absl::Status QueryError(const std::string& endpoint, const SourceFailure& failure);
// An error that the source sends instead of an event. `server_id` is ours.
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
// SOURCE_PURGED: the source executed `gtids`, but no binlog contains them.
absl::Status GtidsNotInBinlog(const std::string& endpoint, std::string_view gtids);
absl::Status SourceLacksGtids(const std::string& endpoint, std::string_view cause);
absl::Status SourceChanged(const std::string& endpoint, std::string_view cause);

// A session variable, the value that the server keeps, and the one that we need.
struct RefusedSetting {
  std::string_view name;
  std::string_view kept;
  std::string_view needed;
};
absl::Status SessionRefused(const std::string& endpoint, const RefusedSetting& setting);

}  // namespace millrace
