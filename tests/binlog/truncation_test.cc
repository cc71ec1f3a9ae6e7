// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "base/error.h"
#include "binlog/parse_everything.h"
#include "binlog/sample.h"

namespace millrace::binlog {
namespace {

using ::testing::AnyOf;

class CapturedEvent : public ::testing::TestWithParam<captured::Sample> {
 protected:
  // Parses a copy of exactly this size, so that a sanitizer detects a read beyond its end.
  static absl::Status ParseCopy(EventHeader header, std::string_view body, Flavour flavour) {
    const auto copy = std::make_unique<char[]>(body.size());
    body.copy(copy.get(), body.size());
    return ParseEverything({header, {copy.get(), body.size()}}, flavour);
  }
};

TEST_P(CapturedEvent, ParsesWhole) {
  const SampleEvent event(GetParam().hex, GetParam().flavour);
  EXPECT_EQ(ParseCopy(event->header, event->body, GetParam().flavour), absl::OkStatus());
}

TEST_P(CapturedEvent, AnyPrefixParsesOrIsTruncated) {
  const SampleEvent event(GetParam().hex, GetParam().flavour);
  for (size_t size = 0; size < event->body.size(); ++size) {
    const absl::Status status =
        ParseCopy(event->header, event->body.substr(0, size), GetParam().flavour);
    if (status.ok()) continue;
    // The last byte of a truncated FORMAT_DESCRIPTION is seldom a valid checksum algorithm.
    EXPECT_THAT(ErrorReason(status),
                AnyOf("EVENT_TRUNCATED", "PAYLOAD_DAMAGED", "EVENT_KIND_UNSUPPORTED"))
        << size << ": " << status;
  }
}

TEST_P(CapturedEvent, ChangedByteParsesOrReportsReason) {
  const SampleEvent event(GetParam().hex, GetParam().flavour);
  std::string body(event->body);
  for (char& byte : body) {
    for (const int change : {0xff, 0x80, 0x01}) {
      byte = static_cast<char>(byte ^ change);
      const absl::Status status = ParseCopy(event->header, body, GetParam().flavour);
      byte = static_cast<char>(byte ^ change);
      EXPECT_TRUE(status.ok() || !ErrorReason(status).empty()) << status;
    }
  }
}

TEST_P(CapturedEvent, AnyPrefixOfTheEventIsTruncated) {
  const std::string bytes = FromHex(GetParam().hex);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto event = EventReader(GetParam().flavour).Read({bytes.data(), size});
    EXPECT_EQ(ErrorReason(event.status()), "EVENT_TRUNCATED");
  }
}

INSTANTIATE_TEST_SUITE_P(All, CapturedEvent, ::testing::ValuesIn(captured::kAll));

}  // namespace
}  // namespace millrace::binlog
