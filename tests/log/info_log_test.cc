// SPDX-License-Identifier: Apache-2.0

#include "log/info_log.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "log/log_fixture.h"
#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"

namespace millrace::log::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class InfoLogTest : public ::testing::Test {
 protected:
  InfoLogTest() : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out_);
    auto logger = std::make_shared<spdlog::logger>("test", std::move(sink));
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(std::move(logger));
  }
  ~InfoLogTest() override { spdlog::set_default_logger(before_); }

  size_t Lines() const {
    const std::string text = out_.str();
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  ManualClock clock_;
  std::ostringstream out_;

 private:
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(InfoLogTest, ErrorsAreWarnings) {
  InfoLog log(clock_);
  ROCKSDB_NAMESPACE::Error(&log, "file %d\n", 7);
  ROCKSDB_NAMESPACE::Error(&log, "two\nlines");
  EXPECT_EQ(out_.str(), "warning rocksdb: file 7\nwarning rocksdb: two lines\n");
}

TEST_F(InfoLogTest, OtherMessagesAreDebug) {
  InfoLog quiet(clock_);
  ROCKSDB_NAMESPACE::Warn(&quiet, "failed to open");
  ROCKSDB_NAMESPACE::Info(&quiet, "flushed");
  ROCKSDB_NAMESPACE::Header(&quiet, "options");
  EXPECT_EQ(out_.str(), "");
  spdlog::set_level(spdlog::level::debug);
  InfoLog loud(clock_);
  ROCKSDB_NAMESPACE::Info(&loud, "flushed");
  EXPECT_EQ(out_.str(), "debug rocksdb: flushed\n");
}

TEST_F(InfoLogTest, RateOfLinesIsLimited) {
  InfoLog log(clock_);
  for (int i = 0; i < 1000; ++i) ROCKSDB_NAMESPACE::Error(&log, "again");
  EXPECT_EQ(Lines(), static_cast<size_t>(InfoLog::kBurst));
  clock_.Pass(1'000'000);
  ROCKSDB_NAMESPACE::Error(&log, "%s", std::string(100'000, 'x').c_str());
  EXPECT_THAT(out_.str(), HasSubstr("dropped 980 lines"));
  EXPECT_THAT(out_.str(), Not(HasSubstr(std::string(InfoLog::kLineBytesMax + 1, 'x'))));
}

}  // namespace
}  // namespace millrace::log::testing
