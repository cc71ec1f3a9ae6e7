// SPDX-License-Identifier: Apache-2.0

// A giant row takes a few times its size in memory, and the memory is released.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

constexpr double kRowMib = 60;

// A line of /proc/PID/status in MiB: `VmRSS`, `VmHWM`.
double StatusMib(pid_t pid, const std::string& name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::atof(line.c_str() + name.size() + 1) / 1024;
  }
  return 0;
}

class GiantRows : public ::testing::Test {
 protected:
  GiantRows() {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("USE shop");
  }

  // Waits until everything is in the log, twice, so that nothing is on its way.
  void Settle() {
    ChangeReader reader(*feed_);
    reader.CurrentToken(sql_);
    reader.CurrentToken(sql_);
  }

  // Runs the statement and checks that the memory the feed takes for it is bounded and released.
  void ExpectMemoryReleased(const std::string& statement, double rows) {
    const double before = StatusMib(feed_->pid(), "VmRSS");
    sql_.MustExecute(statement);
    Settle();
    const double peak = StatusMib(feed_->pid(), "VmHWM");
    const double after = StatusMib(feed_->pid(), "VmRSS");
    fmt::print("before {:.0f} MiB, peak {:.0f}, after {:.0f}: {}\n", before, peak, after,
               statement);
    EXPECT_LT(peak - before, 8 * rows * kRowMib);
    EXPECT_LT(after - before, 64);
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ =
      FeedServer::MustStart(*source_, {.tables = {"shop.*", kMarkerTables}});
};

TEST_F(GiantRows, MemoryIsBoundedAndReleased) {
  sql_.MustExecute("CREATE TABLE item (id INT PRIMARY KEY, t LONGTEXT, j JSON) ENGINE = MyISAM");
  Settle();
  ExpectMemoryReleased("INSERT INTO item (id, t) VALUES (1, REPEAT('x', 60 << 20))", 1);
  ExpectMemoryReleased("INSERT INTO item (id, j) VALUES (2, JSON_ARRAY(REPEAT('y', 60 << 20)))", 1);
  ExpectMemoryReleased("UPDATE item SET j = JSON_ARRAY_APPEND(j, '$', 1) WHERE id = 2", 2);
}

}  // namespace
}  // namespace millrace::testing
