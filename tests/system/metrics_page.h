// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "support/http_get.h"
#include "system/feed_server.h"

namespace millrace::testing {

// Section `metrics` of a server with a metrics page.
inline const std::vector<std::string> kMetricsLines = {"listen: 127.0.0.1:0"};

// The metrics page of a server.
class MetricsPage {
 public:
  explicit MetricsPage(const FeedServer& feed) {
    static const std::string kMarker = " metrics_port=";
    const std::string log = feed.LogText();
    const size_t at = log.rfind(kMarker);
    EXPECT_NE(at, std::string::npos) << log;
    if (at != std::string::npos) port_ = std::atoi(log.c_str() + at + kMarker.size());
  }

  int port() const { return port_; }
  std::string Text() const { return HttpGet(port_, "/metrics"); }
  // Value of a series, named with its labels as printed; -1 if there is none.
  double Value(const std::string& series) const {
    const std::string text = Text();
    const size_t at = text.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::atof(text.c_str() + at + series.size() + 2);
  }
  // Polls, because another process offers nothing to wait on.
  void WaitFor(const std::string& series, const ::testing::Matcher<double>& wanted) const {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (!wanted.Matches(Value(series))) {
      if (absl::Now() > deadline) {
        ADD_FAILURE() << series << " is " << Value(series) << " in\n" << Text();
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

 private:
  int port_ = 0;
};

}  // namespace millrace::testing
