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

absl::Status SourceHistory::Load(bool begins_here) {
  begins_here_ = begins_here;
  MILLRACE_ASSIGN_OR_RETURN(doubt_, SourceDoubt::Load(log_));
  return absl::OkStatus();
}

absl::StatusOr<std::string> SourceHistory::Prove(const Ours& ours,
                                                 const SourceProof::ReadDump& read) {
  place_proven_ = last_unproven_ = false;
  const bool begins_here = std::exchange(begins_here_, false);
  MILLRACE_ASSIGN_OR_RETURN(
      SourceProof::Result proof,
      SourceProof::Check(queries_.connection(),
                         {.position = ours.position,
                          .memory = ours.memory,
                          .uuid = source_uuid_,
                          .doubted = doubt_.Concerns(DoubtedServer(ours.memory.server))},
                         read));
  // A log that begins here begins at the place that this server has just reported.
  place_proven_ = begins_here || (proof.compared && proof.same_file);
  last_unproven_ = !proof.compared && ours.memory.last.has_value();
  if (proof.compared) MILLRACE_RETURN_IF_ERROR(doubt_.Clear(log_));
  return std::move(proof.warning);
}

void SourceHistory::NoteDoubt(const absl::Status& status, const std::string& read_from) {
  if (!HasReason(status, reason::kSourceChanged) && !HasReason(status, reason::kSourceLacksGtids))
    return;
  const absl::Status stored = doubt_.Raise(log_, DoubtedServer(read_from));
  // The feed stops with `status` in any case; without the record a restart could trust the source.
  if (!stored.ok()) {
    spdlog::warn("the doubt about the source is not stored: {}", std::string(stored.message()));
  }
}

absl::StatusOr<SourcePosition> SourceHistory::DumpPosition(SourcePosition position) {
  // With gtid_strict_mode OFF the numbers of a domain may go back; a GTID set then names no place.
  const bool mariadb = queries_.info().flavour == Flavour::kMariadb;
  if (mariadb && place_proven_) position.gtids = GtidSet();
  if (!ServerIsOfPosition() || !queries_.info().gtids()) return position;
  MILLRACE_ASSIGN_OR_RETURN(const bool anonymous,
                            AnonymousTransactionsFollow(queries_.connection(), position));
  if (anonymous) position.gtids = GtidSet();
  return position;
}

bool SourceHistory::ServerIsOfPosition() const {
  const std::string& uuid = queries_.info().server_uuid;
  return !uuid.empty() && uuid == source_uuid_ && (read_uuid_.empty() || uuid == read_uuid_);
}

bool SourceHistory::GtidsUnproven() const {
  return queries_.info().flavour == Flavour::kMariadb && last_unproven_;
}

SourceDoubt::Server SourceHistory::DoubtedServer(const std::string& read_from) const {
  const bool is_ours = read_from.empty() || read_from == ServerName(queries_.info());
  return is_ours ? SourceDoubt::Server::kOurs : SourceDoubt::Server::kOther;
}

}  // namespace millrace::ingest
