// SPDX-License-Identifier: Apache-2.0

#include "ingest/first_transaction.h"

#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "binlog/compression.h"
#include "binlog/event.h"
#include "binlog/events.h"

namespace millrace::ingest {
namespace {

using binlog::Event;
using binlog::EventType;

// Follows events up to the end of the first transaction. The functions that take an event return
// whether it was the last one needed.
class FirstTransactionScanner {
 public:
  explicit FirstTransactionScanner(Flavour flavour) : reader_(flavour) {}

  absl::StatusOr<bool> Take(std::string_view bytes, bool file_only);
  FirstTransaction End(absl::Status status);
  FirstTransaction EndMalformed(absl::Status status);

 private:
  absl::StatusOr<bool> TakeTransaction(const Event& event);
  absl::StatusOr<bool> TakeContent(const Event& event);
  absl::StatusOr<bool> OnMysqlGtid(const Event& event);
  absl::StatusOr<bool> OnMariadbGtid(const Event& event);
  absl::StatusOr<bool> OnQuery(const Event& event);
  absl::StatusOr<bool> OnPayload(const Event& event);

  binlog::EventReader reader_;
  FirstTransaction first_;
  TransactionContent content_;
  std::string uncompressed_;
};

absl::StatusOr<bool> FirstTransactionScanner::Take(std::string_view bytes, bool file_only) {
  MILLRACE_ASSIGN_OR_RETURN(const Event event, reader_.Read(bytes));
  switch (event.header.type) {
    case EventType::kRotate: {
      if (first_.found) return true;
      MILLRACE_ASSIGN_OR_RETURN(const binlog::Rotate rotate, binlog::ParseRotate(event));
      first_.file = std::string(rotate.file);
      first_.file_created = 0;
      return false;
    }
    case EventType::kFormatDescription:
      first_.file_created = event.header.timestamp;
      return file_only || first_.found;
    case EventType::kStop:
      return first_.found;
    default:
      return TakeTransaction(event);
  }
}

absl::StatusOr<bool> FirstTransactionScanner::TakeTransaction(const Event& event) {
  switch (event.header.type) {
    case EventType::kGtid:
    case EventType::kAnonymousGtid:
    case EventType::kGtidTagged:
      return OnMysqlGtid(event);
    case EventType::kMariadbGtid:
      return OnMariadbGtid(event);
    default:
      // Bookkeeping events before the transaction.
      return first_.found ? TakeContent(event) : absl::StatusOr<bool>(false);
  }
}

absl::StatusOr<bool> FirstTransactionScanner::OnMysqlGtid(const Event& event) {
  if (first_.found) return true;
  MILLRACE_ASSIGN_OR_RETURN(const binlog::MysqlGtidEvent gtid, binlog::ParseMysqlGtid(event));
  first_.found = true;
  first_.commit_time = gtid.original_commit_time;
  if (gtid.gtid.has_value()) AppendText(first_.gtid, *gtid.gtid);
  return false;
}

absl::StatusOr<bool> FirstTransactionScanner::OnMariadbGtid(const Event& event) {
  constexpr Micros kMicrosPerSecond = 1'000'000;
  if (first_.found) return true;
  MILLRACE_ASSIGN_OR_RETURN(const binlog::MariadbGtidEvent gtid, binlog::ParseMariadbGtid(event));
  first_.found = true;
  first_.commit_time = Micros{event.header.timestamp} * kMicrosPerSecond;
  AppendText(first_.gtid, gtid.gtid);
  return false;
}

absl::StatusOr<bool> FirstTransactionScanner::TakeContent(const Event& event) {
  if (event.header.type == EventType::kXid || event.header.type == EventType::kXaPrepare) {
    return true;
  }
  if (event.header.type == EventType::kQuery) return OnQuery(event);
  if (event.header.type == EventType::kTransactionPayload) return OnPayload(event);
  if (binlog::IsCompressed(event.header.type)) {
    MILLRACE_ASSIGN_OR_RETURN(const Event plain,
                              binlog::Uncompress(event, kRereadEventBytesMax, uncompressed_));
    return TakeContent(plain);
  }
  if (!binlog::IsRows(event.header.type)) return false;
  MILLRACE_ASSIGN_OR_RETURN(const binlog::Rows rows, binlog::ParseRows(event));
  content_.AddRows(rows);
  return content_.overflowed();
}

// Adds the same statements as EventProcessor, in the same form.
absl::StatusOr<bool> FirstTransactionScanner::OnQuery(const Event& event) {
  if (binlog::StatementOf(event) == "BEGIN") return false;
  MILLRACE_ASSIGN_OR_RETURN(const binlog::Query query, binlog::ParseQuery(event));
  if (query.statement == "COMMIT") return true;
  content_.AddStatement(query.statement);
  return false;
}

absl::StatusOr<bool> FirstTransactionScanner::OnPayload(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(const auto payload,
                            binlog::TransactionPayloadReader::Open(event, kRereadEventBytesMax));
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const auto bytes, payload->Next());
    if (!bytes.has_value()) return true;
    MILLRACE_ASSIGN_OR_RETURN(const Event inner, reader_.ReadInsidePayload(*bytes));
    MILLRACE_ASSIGN_OR_RETURN(const bool done, TakeContent(inner));
    if (done) return true;
  }
}

FirstTransaction FirstTransactionScanner::End(absl::Status status) {
  const bool too_large =
      HasReason(status, reason::kSourcePacketTooLarge) || HasReason(status, reason::kEventTooLarge);
  // After an error the digest covers less than that in the log, so it cannot be compared.
  if (status.ok()) first_.content = content_.Digest();
  first_.status = first_.found && too_large ? absl::OkStatus() : std::move(status);
  return std::move(first_);
}

FirstTransaction FirstTransactionScanner::EndMalformed(absl::Status status) {
  FirstTransaction first = End(std::move(status));
  first.malformed = !first.status.ok();
  return first;
}

FirstTransaction ReadFirst(BinlogStream& stream, bool file_only) {
  FirstTransactionScanner scanner(stream.server().flavour);
  uint64_t bytes = 0;
  while (true) {
    const absl::StatusOr<std::string_view> event = stream.Read();
    if (!event.ok()) return scanner.End(stream.ended() ? absl::OkStatus() : event.status());
    const absl::StatusOr<bool> done = scanner.Take(*event, file_only);
    if (!done.ok()) return scanner.EndMalformed(done.status());
    if (*done) return scanner.End(absl::OkStatus());
    bytes += event->size();
    if (bytes > kRereadBytesMax) {
      return scanner.End(
          MakeError(reason::kEventTooLarge, "the last transaction is too large to be read again"));
    }
  }
}

}  // namespace

FirstTransaction ReadFirstTransaction(BinlogStream& stream) { return ReadFirst(stream, false); }
FirstTransaction ReadFirstFile(BinlogStream& stream) { return ReadFirst(stream, true); }

}  // namespace millrace::ingest
