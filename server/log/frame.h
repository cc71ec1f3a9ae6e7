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

// A run of changes that follow each other within one transaction and share table and operation: the
// unit in which a filter takes or leaves. Offsets count from the start of the frame's payload.
struct Run {
  uint32_t table_id = 0;  // number of the table in the schema registry; 0: concerns no single table
  uint8_t operation = 0;  // millrace.v1.Operation
  uint32_t offset = 0;    // of the first change's tag
  uint32_t size = 0;      // of all its changes, tags and lengths included
  uint32_t change_count = 0;
};

// A transaction, or the part of one that lies in a frame. In the payload it is one length-delimited
// field: tag, length, header (all fields but the changes), changes.
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

// What a frame is made of, before it is stored. `payload` is the wire form of
// SubscribeResponse.transactions, to be sent as it is.
//
// The index covers the payload without gap: segments follow each other from offset 0 to the end of
// the payload; the runs of all segments stand in the order of their segments; the runs of one
// segment follow each other from the end of its header to its end. Change counts add up: of the
// runs to the segment's, of the segments to the frame's. No run is empty. A payload is smaller than
// 4 GiB.
struct FrameContent {
  Sequence first;
  uint32_t change_count = 0;  // never 0
  std::string payload;
  std::vector<Segment> segments;
  std::vector<Run> runs;
  std::string gtids_before;  // binary GtidSet of all transactions that end before this frame's
                             // first segment
  std::string gtids_after;   // … that end in or before this frame
  // Greatest commit time of the log up to and with this frame, of those that were believed when
  // they were written: see log/commit_time.h.
  Micros commit_time_max = 0;
};

// A stored frame, parsed. Immutable and shared: the bytes live as long as any holder. Thread-safe.
class Frame {
  struct Key {};  // only the parsers make frames

 public:
  explicit Frame(Key) {}
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  // Takes the stored bytes of the frame at `first`. The checksum is verified, every offset is
  // checked. kDataLoss LOG_DAMAGED: names the sequence and what is wrong. kFailedPrecondition
  // FORMAT_TOO_NEW.
  static absl::StatusOr<std::shared_ptr<const Frame>> Parse(Sequence first, std::string bytes);
  // The same of bytes that stay with the caller.
  static absl::StatusOr<std::shared_ptr<const Frame>> ParseCopy(Sequence first,
                                                                std::string_view stored);
  // The stored form of `content`, version 1. Format: log/FORMAT.md. Requires what FrameContent
  // says.
  static std::string Serialize(const FrameContent& content);
  // The same but for the checksum, which is left zero, with a payload that lies elsewhere, in two
  // pieces; content.payload is not looked at. Log seals what it stores, in the form in which it
  // stores it.
  static std::string SerializeWithoutChecksum(const FrameContent& content, std::string_view head,
                                              std::string_view rest);
  // The frame of what SerializeWithoutChecksum returned, `first` being the content's. Offsets are
  // checked. kDataLoss LOG_DAMAGED.
  static absl::StatusOr<std::shared_ptr<const Frame>> ParseUnverified(Sequence first,
                                                                      std::string bytes);
  // Number of changes in the stored form of a frame, read without verifying anything; 0 if the
  // bytes are too short to be one.
  static uint32_t ChangeCountOf(std::string_view stored);

  // Size of the payload of a stored frame and a little more, by what it says; nothing is verified.
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
  // Bytes of memory it holds.
  size_t bytes() const {
    return sizeof(Frame) + bytes_.capacity() + decompressed_.size + gtids_after_.capacity() +
           segments_.capacity() * sizeof(Segment) + runs_.capacity() * sizeof(Run);
  }

 private:
  template <typename Bytes>
  static absl::StatusOr<std::shared_ptr<const Frame>> ParseAny(Sequence first, Bytes stored);
  // Reads the plain form; its checksum is the caller's affair.
  absl::Status ParseIndex(Sequence first);

  // One of them has the plain form.
  std::string bytes_;
  FrameBytes decompressed_;
  Sequence first_;
  uint32_t change_count_ = 0;
  std::string_view payload_;
  std::string_view gtids_before_;
  std::string gtids_after_;  // stored as a difference, so it has bytes of its own
  Micros commit_time_max_ = 0;
  std::vector<Segment> segments_;
  std::vector<Run> runs_;
};

}  // namespace millrace::log
