// SPDX-License-Identifier: Apache-2.0

// Mirrors that write to a scripted sink, without a broker.

#include "mirror/mirror.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "base/error.h"
#include "base/reason.h"
#include "feed/filled_log.h"
#include "feed/position.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mirror/mirrors.h"
#include "mirror/scripted_sink.h"

namespace millrace::mirror {
namespace {

using feed::FilledLog;
using ::testing::ElementsAre;

absl::Status Permanent() { return MakeError(reason::kMirrorRecordTooLarge, "too large"); }
absl::Status Temporary() { return MakeError(reason::kMirrorUnreachable, "no broker"); }

class ScriptedMirrorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Mirror> Make(const std::string& name, ScriptedStore& store) {
    return std::make_unique<Mirror>(Mirror::Parts{.options = {.name = name,
                                                              .format = "scripted",
                                                              .position_location = "store",
                                                              .poll_interval = poll_interval_},
                                                  .feed = log_.feed(),
                                                  .sink = std::make_unique<ScriptedSink>(store),
                                                  .clock = Clock::System()});
  }
  // Starts a mirror and waits until its first position is committed.
  std::unique_ptr<Mirror> Start(ScriptedStore& store) {
    auto mirror = Make("only", store);
    mirror->Start();
    store.AwaitPosition();
    return mirror;
  }
  void Publish(uint64_t transaction, uint32_t changes) {
    log_.Inserts(transaction, changes);
    log_.Commit();
  }
  // Waits for the status: it changes shortly after the sink's call returns.
  static bool Reaches(const Mirror& mirror, const std::function<bool(const MirrorStatus&)>& holds) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (!holds(mirror.Status())) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return true;
  }
  static bool ReachesState(const Mirror& mirror, MirrorState state) {
    return Reaches(mirror, [state](const MirrorStatus& status) { return status.state == state; });
  }
  static bool ReachesSequence(const Mirror& mirror, uint64_t sequence) {
    return Reaches(mirror, [sequence](const MirrorStatus& status) {
      return status.sequence == Sequence{sequence};
    });
  }
  absl::Status RewindAfter(Mirror& mirror, uint64_t sequence) {
    absl::Notification done;
    absl::Status result;
    mirror.Rewind(feed::TokenAfter(log_.feed(), {sequence}).value(), [&](absl::Status status) {
      result = std::move(status);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }

  FilledLog log_;
  ScriptedStore store_;
  Micros poll_interval_ = Micros{10} * 1'000'000;
};

TEST_F(ScriptedMirrorTest, PositionMovesOnlyOnCommit) {
  const auto mirror = Start(store_);
  ASSERT_TRUE(ReachesState(*mirror, MirrorState::kRunning));
  store_.HoldCommits();
  Publish(1, 3);
  store_.AwaitHeldCommit();
  EXPECT_EQ(mirror->Status().sequence, Sequence{0});
  EXPECT_EQ(store_.position()->sequence, Sequence{0});
  store_.ReleaseCommits();
  EXPECT_TRUE(ReachesSequence(*mirror, 3));
  EXPECT_EQ(store_.position()->sequence, Sequence{3});
}

TEST_F(ScriptedMirrorTest, RetentionHoldFollowsPosition) {
  const auto unstarted = Make("unstarted", store_);
  EXPECT_EQ(unstarted->HoldFrom(), Sequence{0});
  Publish(1, 3);
  const auto mirror = Start(store_);
  ASSERT_TRUE(ReachesSequence(*mirror, 3));
  EXPECT_EQ(mirror->HoldFrom(), Sequence{3});
}

TEST_F(ScriptedMirrorTest, FailedCommitIsResentOnce) {
  const auto mirror = Start(store_);
  ASSERT_TRUE(ReachesState(*mirror, MirrorState::kRunning));
  store_.FailCommit(Temporary());
  Publish(1, 3);
  ASSERT_TRUE(ReachesSequence(*mirror, 3));
  EXPECT_THAT(store_.changes(), ElementsAre(1, 2, 3));
  EXPECT_EQ(mirror->Status().transactions_aborted, 1);
}

TEST_F(ScriptedMirrorTest, MirrorStartsAfterStoredPosition) {
  Publish(1, 3);
  store_.SetPosition({.log_id = log_.log().log_id(), .sequence = {2}});
  const auto mirror = Make("only", store_);
  mirror->Start();
  ASSERT_TRUE(ReachesSequence(*mirror, 3));
  EXPECT_THAT(store_.changes(), ElementsAre(3));
}

TEST_F(ScriptedMirrorTest, PositionOfAnotherLogParksAndHoldsNothing) {
  store_.SetPosition({.log_id = log_.log().log_id() + 1, .sequence = {2}});
  const auto mirror = Make("only", store_);
  mirror->Start();
  ASSERT_TRUE(ReachesState(*mirror, MirrorState::kParked));
  EXPECT_EQ(mirror->Status().error_reason, "MIRROR_POSITION_FOREIGN");
  EXPECT_EQ(mirror->HoldFrom(), std::nullopt);
}

TEST_F(ScriptedMirrorTest, PermanentErrorParksUntilResume) {
  store_.FailAdd(Permanent());
  Publish(1, 3);
  const auto mirror = Start(store_);
  ASSERT_TRUE(ReachesState(*mirror, MirrorState::kParked));
  EXPECT_EQ(mirror->Status().error_reason, "MIRROR_RECORD_TOO_LARGE");
  EXPECT_EQ(mirror->HoldFrom(), Sequence{0});
  mirror->Resume();
  ASSERT_TRUE(ReachesSequence(*mirror, 3));
  EXPECT_EQ(mirror->Status().error_reason, "");
}

TEST_F(ScriptedMirrorTest, PublicationsDoNotPostponePollsWhilePaused) {
  poll_interval_ = 50'000;
  const auto mirror = Start(store_);
  mirror->Pause();
  ASSERT_TRUE(ReachesState(*mirror, MirrorState::kPaused));
  const uint64_t before = store_.polls();
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  uint64_t transaction = 1;
  while (store_.polls() < before + 2 && absl::Now() < deadline) Publish(transaction++, 1);
  EXPECT_GE(store_.polls(), before + 2);
}

TEST_F(ScriptedMirrorTest, RewindResendsLaterChanges) {
  Publish(1, 3);
  const auto mirror = Start(store_);
  ASSERT_TRUE(ReachesSequence(*mirror, 3));
  mirror->Pause();
  ASSERT_TRUE(RewindAfter(*mirror, 1).ok());
  EXPECT_EQ(mirror->HoldFrom(), Sequence{1});
  mirror->Resume();
  ASSERT_TRUE(ReachesSequence(*mirror, 3));
  EXPECT_THAT(store_.changes(), ElementsAre(1, 2, 3, 2, 3));
}

TEST_F(ScriptedMirrorTest, ParkedMirrorDoesNotStopOthers) {
  ScriptedStore other;
  store_.FailAdd(Permanent());
  Publish(1, 3);
  Mirrors mirrors;
  mirrors.Add(Make("first", store_));
  mirrors.Add(Make("second", other));
  mirrors.Start();
  ASSERT_TRUE(ReachesState(*mirrors.Find("first"), MirrorState::kParked));
  ASSERT_TRUE(ReachesSequence(*mirrors.Find("second"), 3));
  EXPECT_EQ(mirrors.HoldFrom(), Sequence{0});
  mirrors.Find("first")->Resume();
  ASSERT_TRUE(ReachesSequence(*mirrors.Find("first"), 3));
  EXPECT_EQ(mirrors.HoldFrom(), Sequence{3});
  EXPECT_THAT(other.changes(), ElementsAre(1, 2, 3));
  EXPECT_TRUE(mirrors.StopWithin(absl::Seconds(30)));
}

TEST_F(ScriptedMirrorTest, RewindMovesOneMirror) {
  ScriptedStore other;
  Publish(1, 3);
  Mirrors mirrors;
  mirrors.Add(Make("first", store_));
  mirrors.Add(Make("second", other));
  mirrors.Start();
  ASSERT_TRUE(ReachesSequence(*mirrors.Find("first"), 3));
  ASSERT_TRUE(ReachesSequence(*mirrors.Find("second"), 3));
  mirrors.Find("first")->Pause();
  ASSERT_TRUE(RewindAfter(*mirrors.Find("first"), 1).ok());
  EXPECT_EQ(mirrors.Find("second")->Status().sequence, Sequence{3});
  EXPECT_EQ(mirrors.HoldFrom(), Sequence{1});
}

TEST(NoMirrors, HoldNothingAndFindNone) {
  Mirrors mirrors;
  EXPECT_EQ(mirrors.HoldFrom(), std::nullopt);
  EXPECT_EQ(mirrors.First(), nullptr);
  EXPECT_EQ(mirrors.Find("any"), nullptr);
  EXPECT_TRUE(mirrors.StopWithin(absl::ZeroDuration()));
}

}  // namespace
}  // namespace millrace::mirror
