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

// Reads one table into the log, following OVERLAP.md step by step. Used on one thread, over a
// connection that nothing else uses at the time.
class TableReader {
 public:
  // All must outlive the reader.
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

  // Reads until the table is over or its job is not wanted any more. Afterwards the progress
  // contains any error of the table itself. Returns only errors that a retry over a new connection
  // can fix: those of the connection, kAborted, kCancelled.
  absl::Status Read();
  const Assignment& assignment() const { return assignment_; }

 private:
  // The outcome of offering rows to the stream.
  enum class Verdict {
    kTaken,
    kRepeat,   // touched in a way that requires reading them again
    kChanged,  // the definition changed
  };
  // A reason to read the table again, for people.
  static constexpr std::string_view kStatementSeen = "a statement may have changed it";

  absl::Status ReadUntilOver();
  // For a table that the configuration leaves out.
  absl::Status EndUncaptured();
  absl::Status TryRead();
  // Starts recording the stream's changes to the table.
  absl::Status Open();
  absl::Status OpenAt(StreamAccess& stream);
  absl::Status WrongServer() const;
  // Fetches the definition. False: the table does not exist, or is a view.
  absl::StatusOr<bool> Describe();
  absl::StatusOr<bool> RecheckExists();
  // Resolves the definition to a table version, and prepares key, plan and condition.
  absl::Status Resolve(StreamAccess& stream);
  void RemoveRowEndFromKey();
  bool MissedStatement(StreamAccess& stream) const;
  // Starts again from the first row. `why` is for people.
  void Restart(StreamAccess& stream, std::string_view why);

  // Describes how the definition differs from that of the last Describe; empty if it does not.
  absl::StatusOr<std::string> FindDefinitionChange();
  // Makes the next Open start the table from its first row.
  absl::Status RestartBecause(std::string_view what);
  // Runs a query for the columns of the plan.
  absl::StatusOr<std::unique_ptr<RowStream>> StreamPlanned(const std::string& sql);
  // Appends a row to the chunk's bytes. Text that the message cannot represent goes to `invalid_`.
  absl::Status EncodeRow(const TextValue* values);

  // Tables with a key. ReadChunk returns true if the table is over.
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
  // Returns the number of READs added.
  absl::StatusOr<uint64_t> AddReads(StreamAccess& stream, const std::vector<bool>& wanted);
  bool DefinitionChanged(StreamAccess& stream) const;

  // Tables without a key.
  absl::Status ReadKeyless();
  absl::Status ReadAtRest();
  absl::Status OfferAll(const ReadWindow& window, Verdict& verdict);
  absl::Status TakeKeyless(StreamAccess& stream, const ReadWindow& window, Verdict& verdict);
  absl::StatusOr<uint64_t> StreamRows(StreamAccess& stream);
  absl::StatusOr<uint64_t> CopyRows(StreamAccess& stream, RowStream& rows);
  absl::Status CheckEngine();

  // Stores the state of the finished table, as a task in the stream.
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

  // Set by each attempt, in Open and Describe.
  std::string restart_reason_;  // why the next Open starts from the first row; empty: it does not
  absl::Status refusal_;        // why the definition is unusable
  std::optional<TableDetails> details_;
  std::optional<TableKey> key_;
  std::optional<transcode::RowKey> row_key_;
  schema::TableVersionPtr version_;
  std::unique_ptr<transcode::SelectPlan> plan_;
  std::vector<size_t> key_indexes_;  // indexes into the version's columns
  std::string condition_;            // SQL condition for the assignment's rows; empty: all

  ChunkSize size_;
  Chunk chunk_;
  std::vector<transcode::InvalidText> invalid_;
  int consecutive_changes_ = 0;  // definition changes since the last chunk
};

}  // namespace millrace::snapshot
