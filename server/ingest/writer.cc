// SPDX-License-Identifier: Apache-2.0

#include "ingest/writer.h"

#include <utility>

#include "base/error.h"

namespace millrace::ingest {

void Writer::Begin(transcode::FrameBuilder& frames, Producer& producer) {
  frames_ = &frames;
  producer_ = &producer;
  auto committer = std::make_unique<Committer>(parts_.log, parts_.registry, parts_.coverage,
                                               parts_.clock, parts_.committer);
  absl::MutexLock lock(&mutex_);
  if (gave_up_) committer->GiveUpWaiting();
  committer_ = std::move(committer);
}

void Writer::End() {
  if (committer_ == nullptr) return;
  // While Finish waits, a full disk is still reported and GiveUpWaiting still works.
  committer_->Finish();
  std::unique_ptr<Committer> committer;
  {
    absl::MutexLock lock(&mutex_);
    committer = std::move(committer_);
  }
  // Outside the mutex, because the destructor waits for trimming to end.
  committer.reset();
}

absl::Status Writer::disk_error() const {
  absl::MutexLock lock(&mutex_);
  return committer_ == nullptr ? absl::OkStatus() : committer_->disk_error();
}

void Writer::GiveUpWaiting() {
  absl::MutexLock lock(&mutex_);
  gave_up_ = true;
  if (committer_ != nullptr) committer_->GiveUpWaiting();
}

absl::Status Writer::HandOverInTransaction() {
  if (frames_->has_closed_frames()) MILLRACE_RETURN_IF_ERROR(HandOver(/*drop_staged=*/false));
  return InputLimitReached() ? PushFinished() : absl::OkStatus();
}

absl::Status Writer::AfterTransaction(const TransactionEnd& end) {
  // Send the open frame now, since no more input is on its way.
  if (!end.more) frames_->CloseFrame();
  if (end.drop_staged || frames_->has_closed_frames() || PositionIsDue()) {
    MILLRACE_RETURN_IF_ERROR(HandOver(end.drop_staged));
  }
  if (!end.more) MILLRACE_RETURN_IF_ERROR(PushGathered());
  return InputLimitReached() ? PushFinished() : absl::OkStatus();
}

absl::Status Writer::HandOver(bool drop_staged) {
  std::optional<CommitGroup> group = producer_->TakeGroup(drop_staged);
  if (!group.has_value()) return absl::OkStatus();
  if (group->source_position.has_value()) position_taken_at_ = parts_.clock.SteadyMicros();
  MILLRACE_RETURN_IF_ERROR(Gather(*std::move(group)));
  producer_->AfterHandOver();
  return absl::OkStatus();
}

absl::Status Writer::Flush(bool drop_staged) {
  MILLRACE_RETURN_IF_ERROR(HandOver(drop_staged));
  return PushGathered();
}

absl::Status Writer::Push(CommitGroup group) {
  if (committer_->Push(std::move(group))) return absl::OkStatus();
  const absl::Status status = committer_->status();
  return status.ok() ? absl::CancelledError() : status;
}

absl::Status Writer::Gather(CommitGroup group) {
  if (!gathered_.has_value()) {
    gathered_ = std::move(group);
  } else if (!Merge(*gathered_, group)) {
    MILLRACE_RETURN_IF_ERROR(PushGathered());
    gathered_ = std::move(group);
  }
  return BytesOf(*gathered_) < kGatherBytes ? absl::OkStatus() : PushGathered();
}

absl::Status Writer::PushGathered() {
  input_since_push_ = 0;
  if (!gathered_.has_value()) return absl::OkStatus();
  return Push(*std::exchange(gathered_, std::nullopt));
}

absl::Status Writer::PushFinished() {
  if (producer_->MayCloseFrame()) frames_->CloseFrame();
  if (frames_->has_closed_frames()) MILLRACE_RETURN_IF_ERROR(HandOver(/*drop_staged=*/false));
  return PushGathered();
}

bool Writer::PositionIsDue() {
  if (frames_->has_open_changes()) return false;
  const Micros now = parts_.clock.SteadyMicros();
  return now - position_taken_at_ >= kPositionInterval && producer_->TakePositionMoved();
}

}  // namespace millrace::ingest
