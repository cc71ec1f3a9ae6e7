// SPDX-License-Identifier: Apache-2.0

#include "log/content.h"

#include <cstring>
#include <random>

#include "xxhash.h"

namespace millrace::log::testing {
namespace {

std::string Noise(uint64_t seed, size_t bytes) {
  std::mt19937_64 random(seed);
  std::string noise(bytes, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  return noise;
}

// Appends a run of `size` bytes to the last segment.
void AddRun(FrameContent& content, uint32_t table_id, uint32_t size, uint32_t change_count) {
  Segment& segment = content.segments.back();
  content.runs.push_back({table_id, 2, segment.end, size, change_count});
  segment.end += size;
  ++segment.run_count;
  segment.change_count += change_count;
  content.change_count += change_count;
}

void AddSegment(FrameContent& content, uint32_t header_size, Micros commit_time) {
  const uint32_t at = content.segments.empty() ? 0 : content.segments.back().end;
  Segment segment;
  segment.offset = at;
  segment.header_offset = at + 3;
  segment.header_size = header_size;
  segment.end = segment.header_offset + header_size;
  segment.first_run = static_cast<uint32_t>(content.runs.size());
  segment.commit_time = commit_time;
  content.segments.push_back(segment);
}

}  // namespace

FrameContent OneTransaction(Sequence first, uint32_t change_count, size_t payload_bytes,
                            Micros commit_time) {
  FrameContent content;
  content.first = first;
  content.commit_time_max = commit_time;
  content.gtids_before = "set before";
  content.gtids_after = "set after";
  AddSegment(content, 20, commit_time);
  AddRun(content, 7, static_cast<uint32_t>(payload_bytes - 23), change_count);
  content.payload = Noise(first.value, payload_bytes);
  return content;
}

FrameContent ManyTransactions(Sequence first) {
  FrameContent content;
  content.first = first;
  content.commit_time_max = 1'700'000'000'123'456;
  content.gtids_before = "uuid:1-99 other:1-5";
  content.gtids_after = "uuid:1-101 other:1-5";
  AddSegment(content, 12, 1'700'000'000'123'456);
  AddRun(content, 1, 40, 2);
  AddRun(content, 300, 35, 1);
  AddSegment(content, 9, 1'699'999'999'000'000);
  AddRun(content, 1, 18, 1);
  AddSegment(content, 11, 1'700'000'000'000'001);
  AddRun(content, 0, 30, 3);
  content.segments.front().changes_before = 1'000'000;
  content.segments.back().more = true;
  for (uint32_t i = 0; i < content.segments.back().end; ++i) {
    content.payload.push_back(static_cast<char>(i));
  }
  return content;
}

StoredFrame Stored(const FrameContent& content) {
  return {content.first, Frame::Serialize(content)};
}

std::string WithChecksum(Sequence first, std::string stored) {
  const uint64_t sum = XXH3_64bits_withSeed(stored.data() + 8, stored.size() - 8, first.value);
  std::memcpy(stored.data(), &sum, sizeof sum);
  return stored;
}

}  // namespace millrace::log::testing
