// SPDX-License-Identifier: Apache-2.0

// Counts the memory allocations from an event to a finished frame.

#include "support/allocations.h"

#include "gtest/gtest.h"
#include "ingest/processor_fixture.h"

namespace millrace::ingest {
namespace {

constexpr uint32_t kRowsOfEvent = 50;
constexpr uint32_t kEvents = 400;

class IngestAllocationsTest : public ProcessorTest {
 protected:
  // Events of 9 KiB with rows of 180 bytes.
  std::vector<std::string> MakeRowEvents() {
    std::vector<std::string> events;
    for (uint32_t event = 0; event < kEvents; ++event) {
      std::string rows;
      for (uint32_t row = 0; row < kRowsOfEvent; ++row) {
        rows += EventSource::SmallRow(event * kRowsOfEvent + row, std::string(175, 'n'));
      }
      events.push_back(source_.Event(EventType::kWriteRows, EventSource::SmallRows(rows)));
    }
    return events;
  }
  // Allocations per thousand rows; takes frames as soon as they are closed.
  double Read(const std::vector<std::string>& events, std::vector<transcode::BuiltFrame>& frames) {
    const uint64_t before = testing::AllocationsOfThread();
    for (const std::string& event : events) {
      EXPECT_TRUE(processor_->Process(event).ok());
      if (!builder_->has_closed_frames()) continue;
      for (transcode::BuiltFrame& frame : builder_->TakeFrames()) {
        frames.push_back(std::move(frame));
      }
    }
    return static_cast<double>(testing::AllocationsOfThread() - before) /
           (kEvents * kRowsOfEvent / 1000.0);
  }
};

TEST_F(IngestAllocationsTest, ThousandRowsNeedFewerThanTen) {
  Gtid(1);
  Query("BEGIN");
  SmallMap();
  std::vector<transcode::BuiltFrame> frames;
  frames.reserve(1000);
  Read(MakeRowEvents(), frames);
  const double allocations = Read(MakeRowEvents(), frames);
  EXPECT_GT(frames.size(), 50u);
  EXPECT_LT(allocations, 10);
  RecordProperty("allocations_per_thousand_rows", std::to_string(allocations));
}

}  // namespace
}  // namespace millrace::ingest
