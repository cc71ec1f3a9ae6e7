// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "binlog/events.h"
#include "model/table_name.h"
#include "transcode/frame_cutter.h"
#include "transcode/row_plan.h"
#include "wire/buffer.h"
#include "wire/change_writer.h"

namespace millrace::transcode {

// A change without rows.
struct DefinitionChange {
  uint8_t operation = 0;  // TRUNCATE or SCHEMA_CHANGE of millrace.v1.Operation
  uint32_t table_id = 0;  // 0: concerns no single table
  TableName table;
  std::string_view statement;
  std::string_view default_database;
  std::vector<TableName> tables;
};

// An encoded row of a row event, for observers of the rows that the stream changes. The bytes are
// valid during the call.
struct ObservedRow {
  std::optional<std::string_view> before;  // row message; nullopt for an INSERT
  std::optional<std::string_view> after;   // nullopt for a DELETE
  bool after_partial = false;              // `after` lacks columns
  // Texts of both images that their messages do not represent exactly.
  std::span<const InvalidText> texts;
};

class RowObserver {
 public:
  virtual ~RowObserver() = default;
  virtual void OnRow(const ObservedRow& row) = 0;
};

// Encodes changes into the frames of a FrameCutter. Not thread-safe.
class FrameBuilder : private FrameCutter {
 public:
  using FrameCutter::AbandonTransaction;
  using FrameCutter::CloseFrame;
  using FrameCutter::commit_time_max;
  using FrameCutter::EndTransaction;
  using FrameCutter::FrameCutter;
  using FrameCutter::gtids;
  using FrameCutter::has_closed_frames;
  using FrameCutter::has_open_changes;
  using FrameCutter::in_transaction;
  using FrameCutter::kChangeBytesMax;
  using FrameCutter::MakeMark;
  using FrameCutter::Mark;
  using FrameCutter::newest;
  using FrameCutter::RaiseCommitTimeMax;
  using FrameCutter::RollBackTo;
  using FrameCutter::Start;
  using FrameCutter::TakeFrames;
  using FrameCutter::transaction_changes;

  // Requires: not in a transaction.
  void BeginTransaction(const TransactionHeader& header);
  // Encodes all rows of an event and returns their number. `observer`, if not null, is called for
  // each row. After an error the transaction must be abandoned. kDataLoss ROW_UNDECODABLE, as in
  // RowPlan; kResourceExhausted CHANGE_TOO_LARGE: one change exceeds `change_bytes_max`.
  absl::StatusOr<uint32_t> AddRows(RowPlan& plan, const binlog::Rows& event,
                                   RowObserver* observer = nullptr);
  // True if the after images of the last event passed to AddRows lack captured columns.
  bool last_event_partial() const { return !unknown_after_.empty(); }
  // Adds a READ change with this row message. kResourceExhausted CHANGE_TOO_LARGE: the transaction
  // must be abandoned.
  absl::Status AddRead(const schema::TableVersion& table, std::string_view row,
                       const std::vector<InvalidText>& invalid);
  // kResourceExhausted CHANGE_TOO_LARGE: the transaction must be abandoned.
  absl::Status AddDefinitionChange(const DefinitionChange& change);

 private:
  // Pre-encoded parts that all changes of one event share.
  struct EventPrefix {
    std::string change;    // operation, database, table
    std::string type_url;  // first field of Any
    uint8_t operation = 0;
  };
  void PreparePrefix(const schema::TableVersion& table, uint8_t operation);
  // PreparePrefix for a row event, unless the last event had the same table and operation.
  void PrepareEvent(const schema::TableVersionPtr& table, uint8_t operation);
  absl::Status AddUpdate(RowPlan& plan, const binlog::Rows& event, std::string_view& rows);
  // `encode` appends the fields of the row.
  template <typename Encode>
  absl::Status AddImage(wire::Image image, Encode encode);
  absl::Status AddPartialUpdate(RowPlan& plan, const binlog::Rows& event, std::string_view& rows);
  absl::Status AddOneRow(RowPlan& plan, const binlog::Rows& event, std::string_view& rows,
                         RowObserver* observer);
  // Records the position of the row message just written.
  void RecordImage(wire::Image which, size_t row_bytes);
  void Observe(RowObserver& observer) const;
  void AddInvalidText();

  EventPrefix prefix_;
  // `prefix_` belongs to row events of event_table_, or to READ changes of read_table_. At most one
  // is not null.
  schema::TableVersionPtr event_table_;
  const schema::TableVersion* read_table_ = nullptr;

  // Scratch.
  wire::Buffer prefix_buffer_;
  wire::Buffer before_;
  wire::Buffer after_;
  std::vector<InvalidText> invalid_;
  // Positions of the row messages of the current change in the payload.
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
