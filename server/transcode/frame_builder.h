// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "binlog/events.h"
#include "log/frame.h"
#include "model/gtid_set.h"
#include "model/sequence.h"
#include "model/table_name.h"
#include "transcode/row_plan.h"
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

// A change without rows.
struct DefinitionChange {
  uint8_t operation = 0;  // TRUNCATE or SCHEMA_CHANGE of millrace.v1.Operation
  uint32_t table_id = 0;  // 0: concerns no single table
  TableName table;
  std::string_view statement;
  std::string_view default_database;
  std::vector<TableName> tables;
};

// A row of a row event as it was encoded, for who wants to know which rows the stream touches. The
// bytes are valid during the call.
struct ObservedRow {
  std::optional<std::string_view> before;  // row message; nothing for an INSERT
  std::optional<std::string_view> after;   // nothing for a DELETE
  bool after_partial = false;              // columns are missing in `after`
  // Of both images, what their messages do not tell of values.
  std::span<const InvalidText> texts;
};

class RowObserver {
 public:
  virtual ~RowObserver() = default;
  virtual void OnRow(const ObservedRow& row) = 0;
};

// A frame ready for the log.
struct BuiltFrame {
  Sequence first;
  Sequence last;
  std::string bytes;        // Frame::SerializeUnsealed
  bool unfinished = false;  // of a transaction that has not ended: to be staged
};

// Cuts a stream of transactions into frames of about `frame_bytes`, giving out sequences. Not
// thread-safe.
//
// A frame holds any number of finished transactions, or a part of one that is too large for a
// frame. The parts but the last carry `more`. Frames of an unfinished transaction hold nothing
// else, so that finished ones never wait for it and AbandonTransaction takes back all that it
// added, sequences included.
class FrameBuilder {
 public:
  struct Start {
    Sequence newest;             // of the log
    GtidSet gtids;               // in the log
    Micros commit_time_max = 0;  // of the log
  };
  // What a protobuf message may hold, with room for the rest of a response.
  static constexpr size_t kChangeBytesMax = size_t{1} << 30;
  FrameBuilder(uint32_t frame_bytes, Start start, size_t change_bytes_max = kChangeBytesMax);

  // Requires: not in a transaction.
  void BeginTransaction(const TransactionHeader& header);
  // Encodes all rows of an event and answers how many. After an error the transaction must be
  // abandoned. kDataLoss ROW_UNDECODABLE as RowPlan; kResourceExhausted CHANGE_TOO_LARGE: one
  // change exceeds `change_bytes_max`.
  // `observer`, if any, is told of each row.
  absl::StatusOr<uint32_t> AddRows(RowPlan& plan, const binlog::Rows& event,
                                   RowObserver* observer = nullptr);
  // True if the after images of the last event given to AddRows lack captured columns.
  bool last_event_partial() const { return !unknown_after_.empty(); }
  // Adds a change READ with this row message. kResourceExhausted CHANGE_TOO_LARGE: the transaction
  // must be abandoned.
  absl::Status AddRead(const schema::TableVersion& table, std::string_view row,
                       const std::vector<InvalidText>& invalid);
  // kResourceExhausted CHANGE_TOO_LARGE: the transaction must be abandoned.
  absl::Status AddDefinitionChange(const DefinitionChange& change);
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
  // Pre-encoded parts that all changes of one event share.
  struct EventPrefix {
    std::string change;    // operation, database, table
    std::string type_url;  // first field of Any
    uint8_t operation = 0;
  };
  void PreparePrefix(const schema::TableVersion& table, uint8_t operation);
  // The same for a row event, if the last one was not of the same kind.
  void PrepareEvent(const schema::TableVersionPtr& table, uint8_t operation);
  // Starts a Change; returns what EndChange needs.
  size_t BeginChange(uint32_t table_id, uint8_t operation);
  absl::Status EndChange(size_t begin, const TableName& table);
  absl::Status AddUpdate(RowPlan& plan, const binlog::Rows& event, std::string_view& rows);
  // `encode` appends the fields of the row.
  template <typename Encode>
  absl::Status AddImage(wire::Image image, Encode encode);
  absl::Status AddPartialUpdate(RowPlan& plan, const binlog::Rows& event, std::string_view& rows);
  absl::Status AddOneRow(RowPlan& plan, const binlog::Rows& event, std::string_view& rows,
                         RowObserver* observer);
  // Of a row message that has just been written.
  void NoteImage(wire::Image which, size_t row_bytes);
  void Observe(RowObserver& observer) const;
  void AddInvalidText();
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
  bool staged_ = false;          // frames of the transaction in progress have been taken
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
  EventPrefix prefix_;
  // Whose row events `prefix_` is for, or whose READ; null: it is for something else.
  schema::TableVersionPtr event_table_;
  const schema::TableVersion* read_table_ = nullptr;
  wire::Buffer prefix_buffer_;
  wire::Buffer head_;
  wire::Buffer continued_header_;
  wire::Buffer before_;
  wire::Buffer after_;
  std::vector<InvalidText> invalid_;
  // Row messages of the change in progress, in `payload_`.
  struct Image {
    size_t offset = 0;
    size_t size = 0;
    bool present = false;
  };
  Image before_image_;
  Image after_image_;
  std::vector<uint32_t> unknown_before_;
  std::vector<uint32_t> unknown_after_;
};

}  // namespace millrace::transcode
