// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_history.h"

#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "ingest/source_identity.h"
#include "mysql/anonymous_transactions.h"
#include "spdlog/spdlog.h"

namespace millrace::ingest {

absl::Status SourceHistory::Identify() {
  MILLRACE_ASSIGN_OR_RETURN(source_uuid_, CheckSourceIdentity(log_, queries_.connection()));
  return absl::OkStatus();
}

absl::Status SourceHistory::Load(bool starts_here) {
  starts_here_ = starts_here;
  MILLRACE_ASSIGN_OR_RETURN(mismatch_, HistoryMismatch::Load(log_));
  return absl::OkStatus();
}

absl::StatusOr<std::string> SourceHistory::Verify(const Known& known,
                                                  const SourceVerification::ReadDump& read) {
  position_verified_ = last_not_compared_ = false;
  const bool starts_here = std::exchange(starts_here_, false);
  MILLRACE_ASSIGN_OR_RETURN(
      SourceVerification::Result proof,
      SourceVerification::Check(
          queries_.connection(),
          {.position = known.position,
           .memory = known.memory,
           .uuid = source_uuid_,
           .mismatched = mismatch_.AppliesTo(ConnectedServer(known.memory.server))},
          read));
  // A log that starts here starts at the position that this server has just reported.
  position_verified_ = starts_here || (proof.compared && proof.same_file);
  last_not_compared_ = !proof.compared && known.memory.last.has_value();
  if (proof.compared) MILLRACE_RETURN_IF_ERROR(mismatch_.Clear(log_));
  return std::move(proof.warning);
}

void SourceHistory::RecordMismatch(const absl::Status& status, const std::string& read_from) {
  if (!HasReason(status, reason::kSourceChanged) && !HasReason(status, reason::kSourceLacksGtids))
    return;
  const absl::Status stored = mismatch_.Record(log_, ConnectedServer(read_from));
  // The feed stops with `status` in any case; but without the record, a restart could trust the
  // source.
  if (!stored.ok()) {
    spdlog::warn("cannot store that the source has another history: {}",
                 std::string(stored.message()));
  }
}

absl::StatusOr<SourcePosition> SourceHistory::DumpPosition(SourcePosition position) {
  // With gtid_strict_mode OFF the numbers of a domain may decrease; a GTID set then does not
  // identify a position.
  const bool mariadb = queries_.info().flavour == Flavour::kMariadb;
  if (mariadb && position_verified_) position.gtids = GtidSet();
  if (!PositionIsValid() || !queries_.info().gtids()) return position;
  MILLRACE_ASSIGN_OR_RETURN(const bool anonymous,
                            AnonymousTransactionsFollow(queries_.connection(), position));
  if (anonymous) position.gtids = GtidSet();
  return position;
}

bool SourceHistory::PositionIsValid() const {
  const std::string& uuid = queries_.info().server_uuid;
  return !uuid.empty() && uuid == source_uuid_ && (read_uuid_.empty() || uuid == read_uuid_);
}

bool SourceHistory::GtidsUnverified() const {
  return queries_.info().flavour == Flavour::kMariadb && last_not_compared_;
}

HistoryMismatch::Server SourceHistory::ConnectedServer(const std::string& read_from) const {
  const bool is_ours = read_from.empty() || read_from == ServerName(queries_.info());
  return is_ours ? HistoryMismatch::Server::kSame : HistoryMismatch::Server::kOther;
}

}  // namespace millrace::ingest
