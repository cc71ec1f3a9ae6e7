// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "log/frame.h"
#include "model/gtid_set.h"
#include "model/sequence.h"
#include "model/table_name.h"
#include "wire/buffer.h"
#include "wire/change_writer.h"

namespace millrace::transcode {

// The header at the start of every part of a transaction.
struct TransactionHeader {
  std::string_view gtid;  // as text; empty if there is none
  Micros commit_time = 0;
  // The commit time clamped to the present, for the log's running maximum; 0: not clamped.
  Micros clamped_time = 0;
  uint32_t server_id = 0;
  std::string_view file;  // of the transaction's first event
  uint64_t position = 0;
};

// A frame ready for the log.
struct BuiltFrame {
  Sequence first;
  Sequence last;
  std::string bytes;        // Frame::SerializeWithoutChecksum
  bool unfinished = false;  // part of a transaction that has not ended: must be staged
};

// Cuts a stream of transactions into frames of about `frame_bytes` and assigns sequences.
// FrameBuilder writes the content of the changes. Not thread-safe.
//
// A frame contains any number of finished transactions, or a part of one that is too large for a
// frame. All parts except the last have `more` set. A frame with a part of an unfinished
// transaction contains no other transaction. So finished transactions never wait for an unfinished
// one, and AbandonTransaction can undo it completely, including its sequences.
class FrameCutter {
 public:
  struct Start {
    Sequence newest;             // of the log
    GtidSet gtids;               // in the log
    Micros commit_time_max = 0;  // of the log
  };
  // The limit of a protobuf message, less room for the rest of a response.
  static constexpr size_t kChangeBytesMax = size_t{1} << 30;
  FrameCutter(uint32_t frame_bytes, Start start, size_t change_bytes_max = kChangeBytesMax);

  // Requires: not in a transaction.
  void BeginTransaction(const TransactionHeader& header);
  // Call after adding the transaction's GTID to gtids(). If there are closed frames, closes the
  // open frame too.
  void EndTransaction();
  // Undoes the transaction in progress. True if frames of it were taken: they must be dropped from
  // the log.
  bool AbandonTransaction();
  // A point in the transaction in progress to which it can be rolled back: a savepoint.
  struct Mark {
    Sequence next;
    size_t payload_bytes = 0;
    size_t runs = 0;
    log::Run last_run;
    std::optional<log::Segment> segment;  // nullopt: no change in the open frame
    uint64_t changes_before = 0;
  };
  Mark MakeMark() const;
  // Undoes all changes since `mark`, including their sequences. False, with nothing changed, if a
  // frame was closed since: then only the whole transaction can be undone.
  bool RollBackTo(const Mark& mark);

  // Add a change to the transaction in progress: append its fields to payload() between the two
  // calls. Pass the result of BeginChange to EndChange.
  size_t BeginChange(uint32_t table_id, uint8_t operation);
  // kResourceExhausted CHANGE_TOO_LARGE: the change exceeds `change_bytes_max`; the transaction
  // must be abandoned.
  absl::Status EndChange(size_t begin, const TableName& table);
  wire::Buffer& payload() { return payload_; }
  const wire::Buffer& payload() const { return payload_; }

  bool in_transaction() const { return in_transaction_; }
  // Number of changes so far in the transaction in progress.
  uint64_t transaction_changes() const { return next_.value - transaction_first_.value; }

  // GTIDs of ended transactions; the caller adds them.
  GtidSet& gtids() { return gtids_; }
  const GtidSet& gtids() const { return gtids_; }
  // Newest sequence of an ended transaction.
  Sequence newest() const;
  Micros commit_time_max() const { return commit_time_max_; }
  // Call if all later transactions are committed at `time` or after.
  void RaiseCommitTimeMax(Micros time) { commit_time_max_ = std::max(commit_time_max_, time); }
  // True if the open frame has changes of ended transactions.
  bool has_open_changes() const { return open_finished_changes_ > 0; }
  bool has_closed_frames() const { return !closed_.empty(); }
  // Closes the open frame after the last ended transaction; a transaction in progress continues in
  // the next frame.
  void CloseFrame();
  // Returns the closed frames, oldest first.
  std::vector<BuiltFrame> TakeFrames();

 private:
  // Makes sure that a segment of the transaction in progress is open, in a new frame if the current
  // one is full.
  void PrepareSegment();
  void OpenSegment();
  void CloseSegment();
  void StoreContinued();
  void ShiftChangeOffsets(int64_t shift);
  void DropOpenSegment();
  // Moves the open segment to a new frame and closes the frame it was in.
  void DetachSegment();
  // Stores the frame with the payload `head` followed by `rest`.
  void StoreFrame(std::string_view head, std::string_view rest, bool unfinished);

  uint32_t frame_bytes_;
  size_t change_bytes_max_;
  GtidSet gtids_;
  Micros commit_time_max_;
  Sequence next_;  // of the next change

  bool in_transaction_ = false;
  bool segment_open_ = false;
  Sequence transaction_first_;
  uint64_t changes_before_ = 0;  // of the transaction in progress, in closed frames
  bool frames_taken_ = false;    // frames of the transaction in progress have been taken
  Micros commit_time_ = 0;
  Micros clamped_time_ = 0;
  wire::Buffer header_;

  // The open frame. `content_.payload` stays empty.
  wire::Buffer payload_;
  log::FrameContent content_;
  uint32_t open_finished_changes_ = 0;
  size_t segment_begin_ = 0;  // result of wire::BeginTransaction

  std::vector<BuiltFrame> closed_;

  // Scratch.
  wire::Buffer head_;
  wire::Buffer continued_header_;
};

}  // namespace millrace::transcode
