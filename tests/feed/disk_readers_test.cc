// SPDX-License-Identifier: Apache-2.0

#include "feed/disk_readers.h"

#include <barrier>
#include <string>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::feed {
namespace {

using Caller = DiskReaders::Caller;
using Admission = DiskReaders::Admission;
using ::testing::ElementsAre;

class DiskReadersTest : public ::testing::Test {
 protected:
  // Keeps the only thread busy until Release.
  void Occupy() {
    readers_.Post(Caller::kStream, [this](Admission) {
      occupied_.Notify();
      release_.WaitForNotification();
    });
    occupied_.WaitForNotification();
  }
  void Release() { release_.Notify(); }
  // A task that notes its name if it is admitted, else the refusal.
  DiskReaders::Task Note(const std::string& name) {
    return [this, name](Admission admission) {
      absl::MutexLock lock(&mutex_);
      notes_.push_back(admission == Admission::kRead   ? name
                       : admission == Admission::kBusy ? "busy"
                                                       : "stopping");
    };
  }
  std::vector<std::string> Notes() {
    absl::MutexLock lock(&mutex_);
    return notes_;
  }

  absl::Notification occupied_;
  absl::Notification release_;
  absl::Mutex mutex_;
  std::vector<std::string> notes_ ABSL_GUARDED_BY(mutex_);
  DiskReaders readers_{1};
};

TEST_F(DiskReadersTest, CallsAndStreamsTakeTurns) {
  Occupy();
  for (const char* name : {"s1", "s2", "s3"}) readers_.Post(Caller::kStream, Note(name));
  for (const char* name : {"c1", "c2"}) readers_.Post(Caller::kCall, Note(name));
  absl::Notification last;
  readers_.Post(Caller::kStream, [&last](Admission) { last.Notify(); });
  Release();
  last.WaitForNotification();
  EXPECT_THAT(Notes(), ElementsAre("c1", "s1", "c2", "s2", "s3"));
}

TEST_F(DiskReadersTest, ExcessCallsAreRefusedImmediately) {
  Occupy();
  for (int i = 0; i < 1000; ++i) readers_.Post(Caller::kCall, [](Admission) {});
  readers_.Post(Caller::kCall, Note("call"));
  EXPECT_THAT(Notes(), ElementsAre("busy"));
  absl::Notification read;
  readers_.Post(Caller::kStream, [&read](Admission) { read.Notify(); });
  Release();
  read.WaitForNotification();
}

TEST_F(DiskReadersTest, StopRefusesWaitingAndLaterTasks) {
  Occupy();
  readers_.Post(Caller::kCall, Note("call"));
  readers_.Post(Caller::kStream, Note("stream"));
  readers_.RequestStop();
  readers_.Post(Caller::kCall, Note("later"));
  EXPECT_THAT(Notes(), ElementsAre("stopping"));
  Release();
  readers_.Stop();
  EXPECT_THAT(Notes(), ElementsAre("stopping", "stopping", "stopping"));
}

TEST(DiskReaders, SeveralTasksReadAtTheSameTime) {
  DiskReaders readers(3);
  std::barrier together(3);
  for (int i = 0; i < 3; ++i) {
    readers.Post(Caller::kStream, [&together](Admission) { together.arrive_and_wait(); });
  }
  readers.Stop();
}

}  // namespace
}  // namespace millrace::feed
