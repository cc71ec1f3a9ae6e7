// SPDX-License-Identifier: Apache-2.0

#include "mysql/offset_skipper.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/event.h"

namespace millrace {
namespace {

using binlog::EventHeader;
using binlog::EventType;

// The header of an event that ends at `end`.
std::string EventEndingAt(uint64_t end, EventType type = EventType::kQuery, uint16_t flags = 0) {
  std::string event(4, '\0');
  event.push_back(static_cast<char>(type));
  AppendLittle32(event, 1);
  AppendLittle32(event, 19);
  AppendLittle32(event, static_cast<uint32_t>(end));
  AppendLittle16(event, flags);
  return event;
}

std::string Artificial(EventType type) {
  return EventEndingAt(0, type, EventHeader::kFlagArtificial);
}

bool Drops(OffsetSkipper& skipper, const std::string& event) {
  return skipper.Drops("test", event).value();
}

TEST(OffsetSkipperTest, DropsNothingByDefault) {
  OffsetSkipper skipper;
  EXPECT_FALSE(Drops(skipper, EventEndingAt(100)));
}

TEST(OffsetSkipperTest, FindsOffsetBeyond4GiB) {
  constexpr uint64_t k4GiB = uint64_t{1} << 32;
  OffsetSkipper skipper(k4GiB + 500);
  EXPECT_FALSE(Drops(skipper, Artificial(EventType::kRotate)));
  EXPECT_FALSE(Drops(skipper, EventEndingAt(126, EventType::kFormatDescription)));
  EXPECT_TRUE(Drops(skipper, EventEndingAt(500)));  // the same lower 32 bits as the offset
  EXPECT_TRUE(Drops(skipper, EventEndingAt(k4GiB - 100)));
  EXPECT_FALSE(Drops(skipper, Artificial(EventType::kHeartbeat)));
  EXPECT_TRUE(Drops(skipper, EventEndingAt(k4GiB + 500)));
  EXPECT_FALSE(Drops(skipper, EventEndingAt(k4GiB + 700)));
  EXPECT_FALSE(Drops(skipper, Artificial(EventType::kRotate)));
}

TEST(OffsetSkipperTest, OffsetInsideAnEventIsAnError) {
  OffsetSkipper skipper(600);
  EXPECT_TRUE(Drops(skipper, EventEndingAt(500)));
  EXPECT_EQ(ErrorReason(skipper.Drops("test", EventEndingAt(700)).status()), "SOURCE_CHANGED");
}

TEST(OffsetSkipperTest, FileEndingBeforeOffsetIsAnError) {
  OffsetSkipper skipper(6000);
  EXPECT_TRUE(Drops(skipper, EventEndingAt(500)));
  EXPECT_EQ(ErrorReason(skipper.Drops("test", Artificial(EventType::kRotate)).status()),
            "SOURCE_CHANGED");
}

}  // namespace
}  // namespace millrace
