// SPDX-License-Identifier: Apache-2.0

#include "ingest/supervisor.h"

#include <atomic>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "base/reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr Micros kBackoffMin = 100;
constexpr Micros kBackoffMax = 1000;

absl::Status Lost() { return MakeError(reason::kSourceUnreachable, "lost"); }
absl::Status Changed() { return MakeError(reason::kSourceChanged, "changed"); }
absl::Status BadChecksum() { return MakeError(reason::kEventChecksumMismatch, "damaged"); }

// The script of one run.
struct ScriptedRun {
  absl::Status ends;
  bool streams = false;
  Micros lasts = 0;  // time spent streaming
  uint64_t transactions = 0;
  std::string place = "1";  // at the end of the run
};

// Follows the script. After its last run it streams until it is interrupted.
class ScriptedSession final : public Supervisor::Session {
 public:
  explicit ScriptedSession(log::testing::ManualClock& clock) : clock_(clock) {}

  absl::Status Run(const std::function<void()>& on_streaming) override {
    ++runs;
    if (script.empty()) {
      on_streaming();
      at_end.Notify();
      interrupted_.WaitForNotification();
      return absl::CancelledError();
    }
    const ScriptedRun run = script.front();
    script.pop_front();
    if (run.streams) on_streaming();
    clock_.Pass(run.lasts);
    transactions_ += run.transactions;
    place_ = run.place;
    return run.ends;
  }
  void Interrupt() override {
    if (!interrupted_.HasBeenNotified()) interrupted_.Notify();
  }
  void Finish() override { finished.Notify(); }
  uint64_t transactions() const override { return transactions_; }
  std::string ResumePosition() const override { return place_; }
  bool CanStore() const override { return stores; }

  std::deque<ScriptedRun> script;
  std::atomic<int> runs = 0;
  std::atomic<bool> stores = true;
  absl::Notification at_end;    // of the script
  absl::Notification finished;  // Finish was called

 private:
  log::testing::ManualClock& clock_;
  absl::Notification interrupted_;
  uint64_t transactions_ = 0;
  std::string place_;
};

// Waits take no time, but are recorded.
class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest()
      : supervisor_(session_, clock_,
                    {.backoff_min = kBackoffMin,
                     .backoff_max = kBackoffMax,
                     .await = [this](absl::Mutex& mutex, const absl::Condition& over,
                                     Micros timeout) { Await(mutex, over, timeout); }}) {
    supervisor_.SetHealthListener([this](bool healthy) { healths_.push_back(healthy); });
  }

  void Await(absl::Mutex& mutex, const absl::Condition& over, Micros timeout) {
    waits_.push_back(timeout);
    if (endless_wait_.has_value() && waits_.size() == *endless_wait_) {
      waiting_.Notify();
      mutex.AssertHeld();
      mutex.Await(over);
    }
    clock_.Pass(timeout);
  }
  // Runs the whole script and stops.
  void Play(std::deque<ScriptedRun> script) {
    PlayScript(std::move(script));
    supervisor_.Stop();
  }
  void PlayScript(std::deque<ScriptedRun> script) {
    session_.script = std::move(script);
    supervisor_.Start();
    session_.at_end.WaitForNotification();
  }
  // Runs a script that ends with a permanent failure.
  void PlayToFailure(std::deque<ScriptedRun> script) {
    session_.script = std::move(script);
    supervisor_.Start();
    session_.finished.WaitForNotification();
  }
  // Runs until wait `number`, which does not end by itself.
  void PlayToWait(size_t number, std::deque<ScriptedRun> script) {
    endless_wait_ = number;
    session_.script = std::move(script);
    supervisor_.Start();
    waiting_.WaitForNotification();
  }

  log::testing::ManualClock clock_;
  ScriptedSession session_{clock_};
  std::vector<Micros> waits_;
  std::optional<size_t> endless_wait_;
  absl::Notification waiting_;
  std::vector<bool> healths_;
  Supervisor supervisor_;
};

TEST_F(SupervisorTest, LostConnectionIsRetried) {
  PlayScript({{.ends = Lost(), .streams = true}});
  const Supervisor::Status status = supervisor_.status();
  EXPECT_EQ(session_.runs, 2);
  EXPECT_EQ(status.state, State::kStreaming);
  EXPECT_EQ(status.error, "");
  EXPECT_EQ(status.connects, 2u);
  EXPECT_THAT(status.errors, ElementsAre(Pair("SOURCE_UNREACHABLE", 1)));
}

TEST_F(SupervisorTest, StatusShowsErrorDuringWait) {
  PlayToWait(1, {{.ends = Lost(), .streams = true}});
  const Supervisor::Status status = supervisor_.status();
  EXPECT_EQ(status.state, State::kConnecting);
  EXPECT_EQ(status.error, "lost");
  EXPECT_EQ(status.error_reason, "SOURCE_UNREACHABLE");
}

TEST_F(SupervisorTest, PermanentErrorStopsTheLoop) {
  PlayToFailure({{.ends = Changed(), .streams = true}, {.ends = Lost()}});
  EXPECT_EQ(session_.runs, 1);
  supervisor_.Stop();
  const Supervisor::Status status = supervisor_.status();
  EXPECT_EQ(status.state, State::kFailed) << "also after a stop";
  EXPECT_EQ(status.error_reason, "SOURCE_CHANGED");
}

TEST_F(SupervisorTest, ErrorWithoutAReasonIsInternal) {
  PlayToFailure({{.ends = absl::UnknownError("odd")}});
  EXPECT_EQ(supervisor_.status().error_reason, "INTERNAL");
  EXPECT_EQ(supervisor_.status().error, "odd; please report it");
}

TEST_F(SupervisorTest, ChecksumErrorIsRetriedOncePerPosition) {
  PlayToFailure({{.ends = BadChecksum(), .place = "1"},
                 {.ends = BadChecksum(), .place = "2"},
                 {.ends = Lost(), .place = "2"},
                 {.ends = BadChecksum(), .place = "2"}});
  EXPECT_EQ(session_.runs, 4);
  EXPECT_EQ(supervisor_.state(), State::kFailed);
}

TEST_F(SupervisorTest, WaitsGrowWhileNothingIsRead) {
  Play({{.ends = Lost()},
        {.ends = Lost(), .streams = true},
        {.ends = Lost()},
        {.ends = Lost()},
        {.ends = Lost()},
        {.ends = Lost()}});
  EXPECT_THAT(waits_, ElementsAre(100, 200, 400, 800, 1000, 1000));
}

TEST_F(SupervisorTest, TransactionResetsBackoff) {
  Play({{.ends = Lost()},
        {.ends = Lost()},
        {.ends = Lost(), .streams = true, .transactions = 1},
        {.ends = Lost()}});
  EXPECT_THAT(waits_, ElementsAre(100, 200, 100, 200));
}

TEST_F(SupervisorTest, LongStreamResetsBackoff) {
  Play({{.ends = Lost()},
        {.ends = Lost(), .streams = true, .lasts = kBackoffMax},
        {.ends = Lost(), .streams = true, .lasts = kBackoffMax + 1},
        {.ends = Lost(), .lasts = kBackoffMax + 1}});
  EXPECT_THAT(waits_, ElementsAre(100, 200, 100, 200));
}

TEST_F(SupervisorTest, RetryNowEndsWaitAndResetsBackoff) {
  PlayToWait(2, {{.ends = Lost()}, {.ends = Lost()}, {.ends = Lost()}});
  supervisor_.RetryNow();
  session_.at_end.WaitForNotification();
  EXPECT_THAT(waits_, ElementsAre(100, 200, 100));
}

TEST_F(SupervisorTest, StopEndsAWait) {
  PlayToWait(1, {{.ends = Lost()}});
  EXPECT_TRUE(supervisor_.StopWithin(absl::InfiniteDuration()));
  EXPECT_TRUE(session_.finished.HasBeenNotified());
  EXPECT_EQ(session_.runs, 1);
  EXPECT_EQ(supervisor_.state(), State::kStopping);
}

TEST_F(SupervisorTest, StopInterruptsARun) {
  PlayScript({});
  supervisor_.Stop();
  EXPECT_TRUE(session_.finished.HasBeenNotified());
  EXPECT_EQ(supervisor_.state(), State::kStopping);
  EXPECT_THAT(waits_, ElementsAre());
}

TEST_F(SupervisorTest, HealthIsReportedOncePerChange) {
  Play({{.ends = Lost()}, {.ends = Lost(), .streams = true}, {.ends = Lost()}, {.ends = Lost()}});
  EXPECT_THAT(healths_, ElementsAre(false, true, false, true));
}

TEST_F(SupervisorTest, UnhealthyWhileNothingCanBeStored) {
  PlayScript({});
  supervisor_.ReportHealth();
  session_.stores = false;
  supervisor_.ReportHealth();
  supervisor_.ReportHealth();
  session_.stores = true;
  supervisor_.ReportHealth();
  EXPECT_THAT(healths_, ElementsAre(false, true, false, true));
}

}  // namespace
}  // namespace millrace::ingest
