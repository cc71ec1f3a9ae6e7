// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/config.h"
#include "model/binlog_place.h"
#include "model/capture_rules.h"
#include "model/gtid_set.h"
#include "model/table_details.h"
#include "mysql/connection.h"
#include "mysql/row_stream.h"
#include "mysql/source_pool.h"
#include "mysql/table_key.h"
#include "snapshot/chunk.h"
#include "snapshot/jobs.h"
#include "snapshot/load_limit.h"
#include "snapshot/pace.h"
#include "snapshot/read_window.h"
#include "snapshot/stream_tasks.h"
#include "transcode/row_key.h"
#include "transcode/select_plan.h"

namespace millrace::snapshot {

// Reads one table into the log: the way of OVERLAP.md, step by step. Used on one thread, over a
// connection that is its own meanwhile.
class TableReader {
 public:
  // All must outlive it.
  struct Parts {
    const Config& config;
    const CaptureRules& capture;
    const SourcePool& source;
    Jobs& jobs;
    StreamTasks& tasks;
    Pace& pace;
    const Clock& clock;
  };
  TableReader(const Parts& parts, Connection& connection, Assignment assignment);

  // Reads until the table is over, or nobody wants it any more. What went wrong with the table
  // itself is in its progress afterwards. Errors that trying again can mend, over a new connection:
  // those of the connection, kAborted, kCancelled.
  absl::Status Read();
  const Assignment& assignment() const { return assignment_; }

 private:
  // What became of rows that were offered to the stream.
  enum class Verdict {
    kTaken,
    kRepeat,   // touched in a way that needs them read again
    kChanged,  // the definition changed
  };
  // Why a table is read anew, for people.
  static constexpr std::string_view kStatementSeen = "a statement that concerns it came";

  absl::Status ReadUntilOver();
  // Of a table that configuration leaves out.
  absl::Status EndUncaptured();
  absl::Status TryRead();
  // Begins to record what the stream does to the table.
  absl::Status Open();
  absl::Status OpenAt(StreamAccess& stream);
  absl::Status WrongServer() const;
  // Learns the definition. False: there is no such table, or a view is in its place.
  absl::StatusOr<bool> Describe();
  absl::StatusOr<bool> RecheckExists();
  absl::Status Resolve(StreamAccess& stream);
  void RemoveRowEndFromKey();
  bool MissedStatement(StreamAccess& stream) const;
  // From its first row, because of `why`, for people.
  void Restart(StreamAccess& stream, std::string_view why);

  // What differs in the definition since Describe; empty if nothing does.
  absl::StatusOr<std::string> FindDefinitionChange();
  // The definition is not the one it was: the next Open begins the table from its first row.
  absl::Status RestartBecause(std::string_view what);
  // The rows of a query for what the plan selects.
  absl::StatusOr<std::unique_ptr<RowStream>> StreamPlanned(const std::string& sql);
  // Appends a row to the chunk's bytes; what it does not tell is in `invalid_`.
  absl::Status EncodeRow(const TextValue* values);

  // Rows of a table with a key. True: it is over.
  absl::StatusOr<bool> ReadChunk();
  absl::Status FillChunk();
  absl::Status AddRow(const TextValue* values);
  void RememberLastKey(const TextValue* values);
  uint64_t RowsWanted() const;
  absl::StatusOr<std::string> QueryForChunk() const;
  absl::Status Offer(const ReadWindow& window, Verdict& verdict);
  absl::Status Take(StreamAccess& stream, const ReadWindow& window, Verdict& verdict);
  std::optional<std::vector<bool>> ChooseRows(const TableChanges& changes,
                                              const ReadWindow& window) const;
  // Answers how many.
  absl::StatusOr<uint64_t> AddReads(StreamAccess& stream, const std::vector<bool>& wanted);
  bool DefinitionChanged(StreamAccess& stream) const;

  // A table without a key.
  absl::Status ReadKeyless();
  absl::Status ReadAtRest();
  absl::Status OfferAll(const ReadWindow& window, Verdict& verdict);
  absl::Status TakeKeyless(StreamAccess& stream, const ReadWindow& window, Verdict& verdict);
  absl::StatusOr<uint64_t> StreamRows(StreamAccess& stream);
  absl::StatusOr<uint64_t> CopyRows(StreamAccess& stream, RowStream& rows);
  absl::Status CheckEngine();

  // The end of the table, in the stream's own order.
  absl::Status End(TableState state, const absl::Status& why);
  void Complete(StreamAccess& stream);
  void WaitForPace(uint64_t rows);
  bool Wanted() const { return parts_.jobs.Wanted(assignment_.job); }

  const Parts parts_;
  const SnapshotOptions& options_;
  Connection& connection_;
  Assignment assignment_;
  const std::string name_;
  ReadWindows windows_;
  LoadLimit load_limit_;

  // Since Open.
  std::string
      restart_reason_;  // why the next Open begins the table from its first row; empty: it does not
  absl::Status refusal_;  // why the definition cannot be used
  std::optional<TableDetails> details_;
  std::optional<TableKey> key_;
  std::optional<transcode::RowKey> row_key_;
  schema::TableVersionPtr version_;
  std::unique_ptr<transcode::SelectPlan> plan_;
  std::vector<size_t> key_indexes_;  // columns of the version
  std::string condition_;            // of the assignment's rows, SQL for the version; empty: all

  ChunkSize size_;
  Chunk chunk_;
  std::vector<transcode::InvalidText> invalid_;
  int consecutive_changes_ = 0;  // of the definition, without a chunk between them
};

}  // namespace millrace::snapshot
