// SPDX-License-Identifier: Apache-2.0

#include "base/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "nlohmann/json.hpp"
#include "spdlog/spdlog.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class LoggingTest : public testing::Test {
 protected:
  ~LoggingTest() override { spdlog::set_default_logger(before_); }

  // The log output of `work` under `options`.
  static std::string Logged(const LoggingOptions& options, const std::function<void()>& work) {
    testing::internal::CaptureStderr();
    const absl::Status status = SetUpLogging(options);
    if (status.ok()) work();
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(status.ok()) << status;
    return text;
  }

  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST_F(LoggingTest, TextIsOneLineWithTimeAndLevel) {
  EXPECT_THAT(Logged({}, [] { spdlog::warn("lost the source address={}", "db:3306"); }),
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9:.]+[+-][0-9:]+ warning "
                           "lost the source address=db:3306\n"));
}

TEST_F(LoggingTest, JsonEscapesMessagesToOneLine) {
  const std::string text = Logged({.format = "json"}, [] {
    spdlog::error("a \"quoted\"\nline {}", "\xff");
    spdlog::info("second");
  });
  const auto line = nlohmann::json::parse(text.substr(0, text.find('\n')));
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["message"], "a \"quoted\"\nline \xef\xbf\xbd");
  EXPECT_GT(line["time_us"], 1'600'000'000'000'000);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(LoggingTest, LevelHidesLowerLevels) {
  const auto log_all = [] {
    spdlog::info("low");
    spdlog::error("high");
  };
  const std::string text = Logged({.level = "warning"}, log_all);
  EXPECT_THAT(text, HasSubstr("high"));
  EXPECT_THAT(text, testing::Not(HasSubstr("low")));
  EXPECT_EQ(Logged({.level = "off"}, log_all), "");
}

TEST_F(LoggingTest, InvalidOptionsChangeNothing) {
  const absl::Status level = SetUpLogging({.level = "loud"});
  EXPECT_EQ(level.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(level.message()), HasSubstr("logging.level is 'loud'"));
  const absl::Status format = SetUpLogging({.format = "xml"});
  EXPECT_THAT(std::string(format.message()), HasSubstr("logging.format is 'xml'"));
  EXPECT_EQ(spdlog::default_logger(), before_);
}

}  // namespace
}  // namespace millrace
