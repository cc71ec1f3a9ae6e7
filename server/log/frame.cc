// SPDX-License-Identifier: Apache-2.0

#include "log/frame.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/error.h"
#include "fmt/format.h"
#include "log/damage.h"
#include "log/frame_compression.h"
#include "log/frame_format.h"
#include "xxhash.h"

namespace millrace::log {
namespace {

constexpr uint64_t kUint32Max = std::numeric_limits<uint32_t>::max();
// The minimum size of a segment and of a run. They bound the memory that a hostile count can
// reserve.
constexpr size_t kSegmentBytesMin = 5;
constexpr size_t kRunBytesMin = 4;

uint64_t ZigZag(Micros value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}
Micros UnZigZag(uint64_t value) { return static_cast<Micros>(value >> 1 ^ (~(value & 1) + 1)); }
// The difference wraps around, so that every pair of times round-trips.
Micros Difference(Micros a, Micros b) {
  return static_cast<Micros>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

// A transaction changes the binary form of a GTID set in one place, so the set after a frame is the
// set before it with a few bytes replaced.
void AppendGtids(std::string& to, std::string_view before, std::string_view after) {
  AppendSized(to, before);
  const size_t prefix = CommonPrefix(before, after);
  const size_t suffix_max = std::min(before.size(), after.size()) - prefix;
  size_t suffix = 0;
  while (suffix < suffix_max &&
         before[before.size() - 1 - suffix] == after[after.size() - 1 - suffix]) {
    ++suffix;
  }
  AppendVarint(to, prefix);
  AppendVarint(to, suffix);
  AppendSized(to, after.substr(prefix, after.size() - prefix - suffix));
}

// Reads the set after a frame. Fails the reader if the difference does not fit `before`.
std::string ReadGtidsAfter(ByteReader& reader, std::string_view before) {
  const uint64_t prefix = reader.Varint();
  const uint64_t suffix = reader.Varint();
  const std::string_view middle = reader.Sized();
  if (prefix > before.size() || suffix > before.size() - prefix) {
    reader.Fail();
    return {};
  }
  std::string after;
  after.reserve(prefix + middle.size() + suffix);
  after.append(before.substr(0, prefix));
  after.append(middle);
  after.append(before.substr(before.size() - suffix));
  return after;
}

// Collects the numbers before it appends them: appending each one separately costs more than
// writing it.
void AppendSegment(std::string& to, const FrameContent& content, const Segment& segment) {
  char bytes[5 * kVarintBytesMax];
  char* at = WriteVarint(bytes, segment.header_offset - segment.offset);
  at = WriteVarint(at, segment.header_size);
  at = WriteVarint(at, segment.changes_before << 1 | (segment.more ? 1 : 0));
  at = WriteVarint(at, ZigZag(Difference(content.commit_time_max, segment.commit_time)));
  at = WriteVarint(at, segment.run_count);
  to.append(bytes, static_cast<size_t>(at - bytes));
  for (uint32_t i = 0; i < segment.run_count; ++i) {
    const Run& run = content.runs[segment.first_run + i];
    at = WriteVarint(bytes, run.table_id);
    *at++ = static_cast<char>(run.operation);
    at = WriteVarint(at, run.size);
    at = WriteVarint(at, run.change_count);
    to.append(bytes, static_cast<size_t>(at - bytes));
  }
}

// Checks the runs of `segment` and returns the number of their changes.
uint64_t CheckRuns(const FrameContent& content, const Segment& segment) {
  uint64_t at = uint64_t{segment.header_offset} + segment.header_size;
  uint64_t changes = 0;
  for (uint32_t i = 0; i < segment.run_count; ++i) {
    const Run& run = content.runs[segment.first_run + i];
    MILLRACE_CHECK(run.offset == at && run.size > 0 && run.change_count > 0);
    at += run.size;
    changes += run.change_count;
  }
  MILLRACE_CHECK(at == segment.end);
  return changes;
}

void CheckContent(const FrameContent& content, uint64_t payload_bytes) {
  MILLRACE_CHECK(content.first.value > 0);
  MILLRACE_CHECK(content.change_count > 0);
  MILLRACE_CHECK(payload_bytes < kUint32Max);
  uint64_t at = 0;
  uint64_t runs = 0;
  uint64_t changes = 0;
  for (const Segment& segment : content.segments) {
    MILLRACE_CHECK(segment.offset == at && segment.header_offset >= segment.offset);
    MILLRACE_CHECK(segment.first_run == runs);
    MILLRACE_CHECK(segment.run_count <= content.runs.size() - runs);
    MILLRACE_CHECK(segment.changes_before < uint64_t{1} << 63);
    MILLRACE_CHECK(CheckRuns(content, segment) == segment.change_count);
    at = segment.end;
    runs += segment.run_count;
    changes += segment.change_count;
  }
  MILLRACE_CHECK(at == payload_bytes);
  MILLRACE_CHECK(runs == content.runs.size());
  MILLRACE_CHECK(changes == content.change_count);
}

// Reads segments and runs from untrusted bytes. Computes offsets from sizes.
class IndexReader {
 public:
  IndexReader(ByteReader& reader, Micros commit_time_max)
      : reader_(reader), commit_time_max_(commit_time_max) {}

  void Read(std::vector<Segment>& segments, std::vector<Run>& runs) {
    const uint64_t count = Count(kSegmentBytesMin);
    segments.reserve(count);
    runs.reserve(count);
    for (uint64_t i = 0; i < count && reader_.ok(); ++i) segments.push_back(ReadSegment(runs));
  }
  // The end of the last segment, and the number of changes in all segments.
  uint64_t payload_bytes() const { return at_; }
  uint64_t change_count() const { return changes_; }

 private:
  Segment ReadSegment(std::vector<Run>& runs) {
    Segment segment;
    segment.offset = static_cast<uint32_t>(at_);
    at_ += Number32();
    segment.header_offset = static_cast<uint32_t>(at_);
    segment.header_size = Number32();
    at_ += segment.header_size;
    const uint64_t before_and_more = reader_.Varint();
    segment.changes_before = before_and_more >> 1;
    segment.more = before_and_more & 1;
    segment.commit_time = Difference(commit_time_max_, UnZigZag(reader_.Varint()));
    segment.first_run = static_cast<uint32_t>(runs.size());
    segment.run_count = static_cast<uint32_t>(Count(kRunBytesMin));
    const uint64_t changes_before = changes_;
    for (uint32_t i = 0; i < segment.run_count && reader_.ok(); ++i) runs.push_back(ReadRun());
    segment.change_count = static_cast<uint32_t>(changes_ - changes_before);
    segment.end = static_cast<uint32_t>(at_);
    return segment;
  }

  Run ReadRun() {
    Run run;
    run.table_id = Number32();
    run.operation = reader_.Little8();
    run.offset = static_cast<uint32_t>(at_);
    run.size = Number32();
    run.change_count = Number32();
    if (run.size == 0 || run.change_count == 0) reader_.Fail();
    at_ += run.size;
    changes_ += run.change_count;
    return run;
  }

  uint32_t Number32() {
    const uint64_t value = reader_.Varint();
    if (value > kUint32Max) reader_.Fail();
    return static_cast<uint32_t>(value);
  }
  // Reads a count of items. Fails if the rest is too short for items of at least `bytes_min` each.
  uint64_t Count(size_t bytes_min) {
    const uint64_t count = reader_.Varint();
    if (count > reader_.remaining() / bytes_min) reader_.Fail();
    return reader_.ok() ? count : 0;
  }

  ByteReader& reader_;
  const Micros commit_time_max_;
  // 64 bits wide, so that the sum of all 32-bit numbers in a frame cannot overflow.
  uint64_t at_ = 0;
  uint64_t changes_ = 0;
};

// Verifies the checksum and returns the version of a stored frame.
absl::StatusOr<uint8_t> VerifiedVersion(Sequence first, std::string_view stored) {
  if (stored.size() < kFrameHeadBytes) return FrameDamaged(first, "too short");
  if (LoadLittle64(stored.data()) != FrameChecksum(stored, first)) {
    return FrameDamaged(first, "checksum does not match");
  }
  const auto version = static_cast<uint8_t>(stored[kFrameChecksumBytes]);
  if (version > kCompressedFrame) {
    return FormatTooNew(
        fmt::format("the frame at sequence {} has format {}, but this version reads only up to {}",
                    first.value, version, kCompressedFrame));
  }
  if (version < kPlainFrame) return FrameDamaged(first, "unknown version");
  return version;
}

}  // namespace

// The sequence is the seed, so that a frame under the wrong key fails like a damaged frame.
uint64_t FrameChecksum(std::string_view stored, Sequence first) {
  const std::string_view covered = stored.substr(kFrameChecksumBytes);
  return XXH3_64bits_withSeed(covered.data(), covered.size(), first.value);
}

absl::Status FrameDamaged(Sequence first, std::string_view what) {
  return LogDamaged(fmt::format("the frame at sequence {}: {}; readers cannot continue past it",
                                first.value, what),
                    {{"sequence", std::to_string(first.value)}});
}

std::string Frame::Serialize(const FrameContent& content) {
  std::string stored = SerializeWithoutChecksum(content, {}, content.payload);
  const uint64_t checksum = FrameChecksum(stored, content.first);
  std::memcpy(stored.data(), &checksum, sizeof checksum);
  return stored;
}

std::string Frame::SerializeWithoutChecksum(const FrameContent& content, std::string_view head,
                                            std::string_view rest) {
  CheckContent(content, head.size() + rest.size());
  std::string stored;
  stored.reserve(kFrameHeadBytes + 32 + 2 * content.gtids_before.size() +
                 16 * content.segments.size() + 12 * content.runs.size() + head.size() +
                 rest.size());
  stored.append(kFrameChecksumBytes, '\0');
  stored.push_back(static_cast<char>(kPlainFrame));
  AppendVarint(stored, content.change_count);
  AppendVarint(stored, ZigZag(content.commit_time_max));
  AppendGtids(stored, content.gtids_before, content.gtids_after);
  AppendVarint(stored, content.segments.size());
  for (const Segment& segment : content.segments) AppendSegment(stored, content, segment);
  stored.append(head);
  stored.append(rest);
  return stored;
}

uint32_t Frame::ChangeCountOf(std::string_view stored) {
  if (stored.size() <= kFrameHeadBytes) return 0;
  return static_cast<uint32_t>(ByteReader(stored.substr(kFrameHeadBytes)).Varint());
}

size_t Frame::ApproximatePayloadBytes(std::string_view stored) {
  const bool compressed =
      stored.size() > kFrameHeadBytes && stored[kFrameChecksumBytes] == kCompressedFrame;
  return compressed ? DeclaredPlainBytes(stored) : stored.size();
}

template <typename Bytes>
absl::StatusOr<std::shared_ptr<const Frame>> Frame::ParseAny(Sequence first, Bytes stored) {
  MILLRACE_ASSIGN_OR_RETURN(const uint8_t version, VerifiedVersion(first, stored));
  auto frame = std::make_shared<Frame>(Key());
  if (version == kPlainFrame) {
    frame->bytes_ = std::move(stored);
  } else {
    MILLRACE_ASSIGN_OR_RETURN(frame->decompressed_, DecompressFrame(first, stored));
  }
  MILLRACE_RETURN_IF_ERROR(frame->ParseIndex(first));
  return frame;
}

absl::StatusOr<std::shared_ptr<const Frame>> Frame::Parse(Sequence first, std::string bytes) {
  return ParseAny(first, std::move(bytes));
}

absl::StatusOr<std::shared_ptr<const Frame>> Frame::ParseCopy(Sequence first,
                                                              std::string_view stored) {
  return ParseAny(first, stored);
}

absl::StatusOr<std::shared_ptr<const Frame>> Frame::ParseUnverified(Sequence first,
                                                                    std::string bytes) {
  if (bytes.size() < kFrameHeadBytes) return FrameDamaged(first, "too short");
  auto frame = std::make_shared<Frame>(Key());
  frame->bytes_ = std::move(bytes);
  MILLRACE_RETURN_IF_ERROR(frame->ParseIndex(first));
  return frame;
}

absl::Status Frame::ParseIndex(Sequence first) {
  first_ = first;
  const std::string_view plain =
      decompressed_.data != nullptr ? std::string_view(decompressed_.data.get(), decompressed_.size)
                                    : bytes_;
  ByteReader reader(plain.substr(kFrameHeadBytes));
  const uint64_t change_count = reader.Varint();
  commit_time_max_ = UnZigZag(reader.Varint());
  gtids_before_ = reader.Sized();
  gtids_after_ = ReadGtidsAfter(reader, gtids_before_);
  IndexReader index(reader, commit_time_max_);
  index.Read(segments_, runs_);
  payload_ = reader.rest();
  if (!reader.ok()) return FrameDamaged(first, "malformed index");
  // Smaller than the 32-bit maximum, so that every offset fits.
  if (payload_.size() >= kUint32Max || index.payload_bytes() != payload_.size()) {
    return FrameDamaged(first, "index does not cover the payload");
  }
  if (change_count == 0 || change_count > kUint32Max || index.change_count() != change_count) {
    return FrameDamaged(first, "change counts do not add up");
  }
  if (first.value == 0 || first.value > std::numeric_limits<uint64_t>::max() - change_count) {
    return FrameDamaged(first, "sequence out of bounds");
  }
  change_count_ = static_cast<uint32_t>(change_count);
  return absl::OkStatus();
}

}  // namespace millrace::log
