// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_memory_recorder.h"

#include <utility>

#include "fmt/format.h"
#include "mysql/errors.h"

namespace millrace::ingest {

SourceMemoryRecorder::SourceMemoryRecorder(SourceMemory known)
    : server_(std::move(known.server)),
      known_{.name = std::move(known.file), .created = known.file_created},
      stored_(std::move(known.last)) {}

void SourceMemoryRecorder::SetSource(std::string server, std::string endpoint) {
  next_server_ = std::move(server);
  endpoint_ = std::move(endpoint);
}

void SourceMemoryRecorder::Reset(std::string_view file) {
  known_ = File{.name = std::string(file), .created = CreatedOf(file)};
  current_ = {};
}

absl::Status SourceMemoryRecorder::OnFile(std::string_view file, bool first) {
  if (first) {
    // File names are meaningful on one server only.
    if (server_ != next_server_) known_ = {};
    server_ = next_server_;
  } else if (file == current_.name) {
    return absl::OkStatus();
  } else if (CompareBinlogFiles(file, current_.name) == std::strong_ordering::less) {
    return SourceChanged(endpoint_, fmt::format("after file {} comes {}: its binlogs were reset "
                                                "while they were read",
                                                current_.name, file));
  }
  current_ = File{.name = std::string(file), .created = 0};
  return absl::OkStatus();
}

absl::Status SourceMemoryRecorder::OnFormat(uint32_t created) {
  const uint32_t before = CreatedOf(current_.name);
  if (created == 0) return absl::OkStatus();
  if (before != 0 && before != created) {
    return SourceChanged(
        endpoint_,
        fmt::format("its file {} was created at {} (seconds since 1970), but the one that was "
                    "read was created at {}: its binlogs were reset",
                    current_.name, created, before));
  }
  current_.created = created;
  return absl::OkStatus();
}

uint32_t SourceMemoryRecorder::CreatedOf(std::string_view file) const {
  if (file == current_.name && current_.created != 0) return current_.created;
  return file == known_.name ? known_.created : 0;
}

void SourceMemoryRecorder::Begin(uint64_t offset, Micros commit_time,
                                 std::optional<MariadbGtid> before) {
  Recorded& recorded = next();
  recorded.named = true;
  recorded.offset = offset;
  recorded.commit_time = commit_time;
  recorded.before = before;
  recorded.content.Clear();
}

void SourceMemoryRecorder::End(std::string_view gtid) {
  Recorded& recorded = next();
  recorded.server.assign(server_);
  recorded.file.assign(current_.name);
  recorded.gtid.assign(gtid);
  newest_ = 1 - newest_;
  ended_ = true;
  next().named = false;
}

std::optional<LastTransaction> SourceMemoryRecorder::Last() const {
  if (!ended_) return stored_;
  const Recorded& recorded = recorded_[newest_];
  if (!recorded.named) return std::nullopt;
  LastTransaction last{.server = recorded.server,
                       .place = {.file = recorded.file, .offset = recorded.offset},
                       .gtid = recorded.gtid,
                       .gtid_before = {},
                       .commit_time = recorded.commit_time,
                       .content = recorded.content.Digest()};
  if (recorded.before.has_value()) AppendText(last.gtid_before, *recorded.before);
  return last;
}

SourceMemory SourceMemoryRecorder::memory(std::string_view file) const {
  return {.server = server_,
          .file = std::string(file),
          .file_created = CreatedOf(file),
          .last = Last()};
}

}  // namespace millrace::ingest
