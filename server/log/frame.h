// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "log/frame_compression.h"
#include "model/sequence.h"

namespace millrace::log {

// A run of consecutive changes of one transaction with the same table and operation. A filter
// selects or skips whole runs. Offsets count from the start of the frame's payload.
struct Run {
  uint32_t table_id = 0;  // number in the schema registry; 0: not about a single table
  uint8_t operation = 0;  // millrace.v1.Operation
  uint32_t offset = 0;    // of the first change's tag
  uint32_t size = 0;      // of all its changes, tags and lengths included
  uint32_t change_count = 0;
};

// A transaction, or the part of one that is in this frame. In the payload it is one
// length-delimited field: tag, length, header (all fields except the changes), changes.
struct Segment {
  uint32_t offset = 0;         // of the field's tag
  uint32_t header_offset = 0;  // of the first byte after tag and length
  uint32_t header_size = 0;
  uint32_t end = 0;        // offset after the last change
  bool more = false;       // the transaction continues in the next frame
  uint32_t first_run = 0;  // index into `runs`
  uint32_t run_count = 0;
  uint64_t changes_before = 0;  // changes of the same transaction in earlier frames
  uint32_t change_count = 0;
  Micros commit_time = 0;
};

// The contents of a frame before it is stored. `payload` is the wire form of
// SubscribeResponse.transactions, which is sent unchanged.
//
// The index covers the payload without gaps. Segments follow each other from offset 0 to the end of
// the payload. `runs` has the runs of all segments in order; the runs of a segment follow each
// other from the end of its header to the end of the segment. Change counts add up: those of the
// runs to their segment's, those of the segments to the frame's. No run is empty. The payload is
// smaller than 4 GiB.
struct FrameContent {
  Sequence first;
  uint32_t change_count = 0;  // never 0
  std::string payload;
  std::vector<Segment> segments;
  std::vector<Run> runs;
  std::string gtids_before;  // binary GtidSet of all transactions that end before this frame's
                             // first segment
  std::string gtids_after;   // … that end in or before this frame
  // Greatest counted time in the log up to and including this frame: an implausible commit time
  // counts as the time at which it was written, see log/FORMAT.md.
  Micros commit_time_max = 0;
};

// A parsed frame. Immutable and shared: the bytes live as long as any owner. Thread-safe.
class Frame {
  struct Key {};  // only the parsers can construct frames

 public:
  explicit Frame(Key) {}
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  // Parses the stored bytes of the frame at `first`. Verifies the checksum and checks every offset.
  // kDataLoss LOG_DAMAGED: the message names the sequence and the fault. kFailedPrecondition
  // FORMAT_TOO_NEW.
  static absl::StatusOr<std::shared_ptr<const Frame>> Parse(Sequence first, std::string bytes);
  // The same for bytes that the caller keeps.
  static absl::StatusOr<std::shared_ptr<const Frame>> ParseCopy(Sequence first,
                                                                std::string_view stored);
  // Returns the stored form of `content`, version 1. Format: log/FORMAT.md. Requires: `content`
  // obeys the rules above FrameContent.
  static std::string Serialize(const FrameContent& content);
  // The same with a zero checksum, and with `head` and `rest` as the payload; ignores
  // content.payload. Log adds the checksum when it stores the frame in its final form.
  static std::string SerializeWithoutChecksum(const FrameContent& content, std::string_view head,
                                              std::string_view rest);
  // Parses the result of SerializeWithoutChecksum; `first` is that of the content. Checks offsets
  // only. kDataLoss LOG_DAMAGED.
  static absl::StatusOr<std::shared_ptr<const Frame>> ParseUnverified(Sequence first,
                                                                      std::string bytes);
  // The number of changes in a stored frame, read without verification; 0 if the bytes are too
  // short.
  static uint32_t ChangeCountOf(std::string_view stored);

  // A little more than the payload size that a stored frame declares, read without verification.
  // 0: malformed.
  static size_t ApproximatePayloadBytes(std::string_view stored);

  Sequence first() const { return first_; }
  Sequence last() const { return {first_.value + change_count_ - 1}; }
  uint32_t change_count() const { return change_count_; }
  std::string_view payload() const { return payload_; }
  const std::vector<Segment>& segments() const { return segments_; }
  const std::vector<Run>& runs() const { return runs_; }
  std::string_view gtids_before() const { return gtids_before_; }
  std::string_view gtids_after() const { return gtids_after_; }
  Micros commit_time_max() const { return commit_time_max_; }
  // The memory that the frame uses, in bytes.
  size_t bytes() const {
    return sizeof(Frame) + bytes_.capacity() + decompressed_.size + gtids_after_.capacity() +
           segments_.capacity() * sizeof(Segment) + runs_.capacity() * sizeof(Run);
  }

 private:
  template <typename Bytes>
  static absl::StatusOr<std::shared_ptr<const Frame>> ParseAny(Sequence first, Bytes stored);
  // Parses the plain form (version 1). The caller verifies the checksum.
  absl::Status ParseIndex(Sequence first);

  // One of these two contains the plain form.
  std::string bytes_;
  FrameBytes decompressed_;
  Sequence first_;
  uint32_t change_count_ = 0;
  std::string_view payload_;
  std::string_view gtids_before_;
  std::string gtids_after_;  // stored as a difference, so the frame needs its own copy
  Micros commit_time_max_ = 0;
  std::vector<Segment> segments_;
  std::vector<Run> runs_;
};

}  // namespace millrace::log
