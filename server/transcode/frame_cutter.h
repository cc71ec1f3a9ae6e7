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

// What every part of a transaction begins with.
struct TransactionHeader {
  std::string_view gtid;  // text; empty without
  Micros commit_time = 0;
  // The commit time clamped to the present, for the running maximum of the log; 0: not clamped.
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
  bool unfinished = false;  // of a transaction that has not ended: to be staged
};

// Cuts a stream of transactions into frames of about `frame_bytes`, giving out sequences. What
// changes hold is FrameBuilder's. Not thread-safe.
//
// A frame holds any number of finished transactions, or a part of one that is too large for a
// frame. The parts but the last carry `more`. Frames of an unfinished transaction hold nothing
// else, so that finished ones never wait for it and AbandonTransaction takes back all that it
// added, sequences included.
class FrameCutter {
 public:
  struct Start {
    Sequence newest;             // of the log
    GtidSet gtids;               // in the log
    Micros commit_time_max = 0;  // of the log
  };
  // What a protobuf message may hold, with room for the rest of a response.
  static constexpr size_t kChangeBytesMax = size_t{1} << 30;
  FrameCutter(uint32_t frame_bytes, Start start, size_t change_bytes_max = kChangeBytesMax);

  // Requires: not in a transaction.
  void BeginTransaction(const TransactionHeader& header);
  // Call after the transaction's GTID has been added to gtids(). If frames are closed then, nothing
  // stays open.
  void EndTransaction();
  // True if frames of it had been taken: they must be dropped from the log.
  bool AbandonTransaction();
  // A place inside the transaction in progress to which it can be taken back: a savepoint.
  struct Mark {
    Sequence next;
    size_t payload_bytes = 0;
    size_t runs = 0;
    log::Run last_run;
    std::optional<log::Segment> segment;  // none: the transaction had no change in the open frame
    uint64_t changes_before = 0;
  };
  Mark MakeMark() const;
  // Takes back all changes since `mark`, sequences included. False, and nothing has changed, if a
  // frame was closed since: then only the whole transaction can be taken back.
  bool RollBackTo(const Mark& mark);

  // A change in the transaction in progress: Append its fields to payload() between these.
  // BeginChange returns what EndChange needs.
  size_t BeginChange(uint32_t table_id, uint8_t operation);
  // kResourceExhausted CHANGE_TOO_LARGE: it exceeds `change_bytes_max`; the transaction must be
  // abandoned.
  absl::Status EndChange(size_t begin, const TableName& table);
  wire::Buffer& payload() { return payload_; }
  const wire::Buffer& payload() const { return payload_; }

  bool in_transaction() const { return in_transaction_; }
  // Changes that the transaction in progress has so far.
  uint64_t transaction_changes() const { return next_.value - transaction_first_.value; }

  // Transactions that have ended; the caller adds to it.
  GtidSet& gtids() { return gtids_; }
  const GtidSet& gtids() const { return gtids_; }
  // Newest sequence of an ended transaction.
  Sequence newest() const;
  Micros commit_time_max() const { return commit_time_max_; }
  // Nothing that follows was committed before `time`.
  void RaiseCommitTimeMax(Micros time) { commit_time_max_ = std::max(commit_time_max_, time); }
  // True if ended transactions wait in the open frame.
  bool has_open_changes() const { return open_finished_changes_ > 0; }
  bool has_closed_frames() const { return !closed_.empty(); }
  // Closes the open frame at the end of the last ended transaction; a transaction in progress goes
  // on in the next.
  void CloseFrame();
  // Closed frames, oldest first.
  std::vector<BuiltFrame> TakeFrames();

 private:
  // The segment of the transaction in progress, opened or continued in a fresh frame if this one is
  // full.
  void PrepareSegment();
  void OpenSegment();
  void CloseSegment();
  void StoreContinued();
  void MoveChanges(int64_t shift);
  void DropOpenSegment();
  // Moves the segment in progress to a frame of its own and closes the frame before it.
  void DetachSegment();
  // Its payload is `head` and `rest`.
  void StoreFrame(std::string_view head, std::string_view rest, bool unfinished);

  uint32_t frame_bytes_;
  size_t change_bytes_max_;
  GtidSet gtids_;
  Micros commit_time_max_;
  Sequence next_;  // to be given out

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
  size_t segment_begin_ = 0;  // what BeginNested gave

  std::vector<BuiltFrame> closed_;

  // Scratch.
  wire::Buffer head_;
  wire::Buffer continued_header_;
};

}  // namespace millrace::transcode
