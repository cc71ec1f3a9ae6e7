// SPDX-License-Identifier: Apache-2.0

#include <string>

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kafka/position_topic.h"

namespace millrace::kafka {
namespace {

std::string ReasonOf(std::string_view text) {
  const auto position = ParsePosition(text);
  return position.ok() ? "OK" : ErrorReason(position.status());
}

// Stored positions must stay readable for ever.
constexpr std::string_view kGolden =
    R"({"instance":"0123abcd","log_id":"00000000000000ff","resume_token":"abc",)"
    R"("sequence":18446744073709551615,"time_us":1700000000000000,"version":1})";

TEST(PositionText, RoundTripsGoldenText) {
  const mirror::MirrorPosition position{.log_id = 255,
                                        .sequence = {UINT64_MAX},
                                        .resume_token = "abc",
                                        .instance = "0123abcd",
                                        .time = 1'700'000'000'000'000};
  EXPECT_EQ(PositionText(position), kGolden);
  EXPECT_EQ(ParsePosition(kGolden).value(), position);
}

TEST(PositionText, MalformedPositionIsRefused) {
  for (const std::string_view text :
       {"", "null", "[]", "{}", R"({"version":2})", R"({"version":"1"})", "\xff", "{\"a\"",
        R"({"instance":"","log_id":"x","resume_token":"","sequence":1,"time_us":1,"version":1})",
        R"({"instance":"","log_id":"f","resume_token":"","sequence":-1,"time_us":1,"version":1})",
        R"({"instance":1,"log_id":"f","resume_token":"","sequence":1,"time_us":1,"version":1})"}) {
    EXPECT_EQ(ReasonOf(text), "MIRROR_POSITION_MALFORMED") << text;
  }
}

TEST(PositionText, EachFormatHasItsOwnPosition) {
  KafkaOptions options;
  options.topic_prefix = "shop";
  EXPECT_EQ(PositionKey(options), "shop/debezium-json");
  options.format = KafkaFormat::kProtobuf;
  EXPECT_EQ(PositionKey(options), "shop/protobuf");
}

}  // namespace
}  // namespace millrace::kafka
