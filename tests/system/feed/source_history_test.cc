// SPDX-License-Identifier: Apache-2.0

// A source that was reset, restored, swapped or lost its tail reuses names, offsets and GTIDs that
// the log already has. The feed never streams across the gap.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "system/feed/history_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

enum class Harm { kReset, kRestored, kLostTail, kSwapped };
// The feed's state during the harm, and whether the source has fewer or more transactions
// afterwards.
enum class When { kStopped, kRunningFewer, kRunningMore };

void PrintTo(Harm harm, std::ostream* stream) {
  static const char* const kNames[] = {"reset", "restored", "lost_tail", "swapped"};
  *stream << kNames[static_cast<int>(harm)];
}
void PrintTo(When when, std::ostream* stream) {
  static const char* const kNames[] = {"stopped", "running_fewer", "running_more"};
  *stream << kNames[static_cast<int>(when)];
}

constexpr uint64_t kRows = 6;
constexpr int kFewer = 2;
constexpr int kMore = 30;

class SourceHistory : public ::testing::TestWithParam<std::tuple<HistorySource, Harm, When>> {
 protected:
  void SetUp() override {
    history_.Insert(kRows, "first");
    history_.AwaitFeed();
    history_.AwaitSequence(kRows);
  }
  void DoHarm() {
    switch (std::get<Harm>(GetParam())) {
      case Harm::kReset:
        return history_.Reset();
      case Harm::kRestored:
        return history_.Restore(/*binlogs=*/false);
      case Harm::kLostTail:
        return history_.Restore(/*binlogs=*/true);
      case Harm::kSwapped:
        return history_.Swap();
    }
  }
  // The feed does not stream, will not start by itself, and has stored nothing.
  void ExpectRefused(int streams) {
    const std::string reason = history_.AwaitRefusal({"SOURCE_LACKS_GTIDS"}, /*retries=*/3);
    EXPECT_THAT(reason, AnyOf("SOURCE_CHANGED", "SOURCE_LACKS_GTIDS", "SOURCE_PURGED",
                              "DATA_DIRECTORY_OF_ANOTHER_SOURCE"));
    EXPECT_EQ(history_.StreamsStarted(), streams);
    EXPECT_EQ(history_.NewestSequence(), kRows);
    if (HasFailure()) ADD_FAILURE() << history_.feed().LogText();
    RecordProperty("reason", reason);
  }

  // A reset reuses the name of the first file.
  History history_{std::get<HistorySource>(GetParam()),
                   /*keeps_copy=*/std::get<Harm>(GetParam()) != Harm::kReset};
};

TEST_P(SourceHistory, NeverStreamsAcrossAGap) {
  const When when = std::get<When>(GetParam());
  if (when == When::kStopped) history_.feed().Stop();
  const int streams = history_.StreamsStarted();
  DoHarm();
  if (when == When::kStopped) {
    history_.Insert(kFewer, "second");
    history_.feed().Start();
    ExpectRefused(streams);
    history_.feed().Stop();
    history_.Insert(kMore, "second");
    history_.feed().Start();
    return ExpectRefused(streams);
  }
  history_.Insert(when == When::kRunningFewer ? kFewer : kMore, "second");
  ExpectRefused(streams);
  // A retrying feed must not start when the numbers have caught up.
  history_.Insert(kMore, "second");
  ExpectRefused(streams);
  history_.feed().Stop();
  history_.feed().Start();
  ExpectRefused(streams);
}

class ResetInALaterFile : public ::testing::TestWithParam<HistorySource> {};

TEST_P(ResetInALaterFile, EndsTheStream) {
  History history(GetParam());
  history.Insert(kRows, "first");
  history.AwaitFeed();
  history.AwaitSequence(kRows);
  history.Reset();
  history.Insert(kMore, "second");
  EXPECT_EQ(history.AwaitRefusal({}, 0), "SOURCE_CHANGED");
  EXPECT_EQ(history.NewestSequence(), kRows);
}

INSTANTIATE_TEST_SUITE_P(Sources, ResetInALaterFile, ::testing::ValuesIn(HistorySources()),
                         ::testing::PrintToStringParamName());

TEST(PurgedGtids, AddedToABusySourceEndTheStream) {
  History history(HistorySources().front(), /*keeps_copy=*/false);
  history.Insert(kRows, "first");
  history.AwaitFeed();
  SqlSession loads = history.source().MustConnect();
  const std::string uuid = loads.MustQueryValue("SELECT @@server_uuid");
  loads.MustExecute("SET GLOBAL gtid_purged = '+" + uuid + ":1000'");
  std::string reason;
  for (int i = 0; i < 20'000 && reason.empty(); ++i) {
    history.Insert(1, "more");
    reason = history.feed().client().GetStatus({})->source().error_reason();
  }
  EXPECT_EQ(reason, "SOURCE_PURGED");
}

// As loading a dump with GTIDs does. The loaded rows never come through the stream.
TEST(PurgedGtids, AddedWhileTheFeedRunsEndTheStream) {
  History history(HistorySources().front(), /*keeps_copy=*/false);
  history.Insert(kRows, "first");
  history.AwaitFeed();
  SqlSession& sql = history.sql();
  const std::string gtids = sql.MustQueryValue("SELECT @@server_uuid") + ":1000-1010";
  sql.MustExecute("SET sql_log_bin = 0");
  sql.MustExecute("INSERT INTO shop.t VALUES (1000, 'loaded')");
  sql.MustExecute("SET GLOBAL gtid_purged = '+" + gtids + "'");
  EXPECT_EQ(history.AwaitRefusal({}, 0), "SOURCE_PURGED");
  const auto status = history.feed().client().GetStatus({});
  EXPECT_THAT(status->source().error(), HasSubstr(gtids));
  history.feed().Stop();
  history.feed().Start();
  EXPECT_EQ(history.AwaitRefusal({}, 0), "SOURCE_PURGED");
}

std::string CaseName(const ::testing::TestParamInfo<SourceHistory::ParamType>& test) {
  return ::testing::PrintToString(std::get<HistorySource>(test.param)) + "_" +
         ::testing::PrintToString(std::get<Harm>(test.param)) + "_" +
         ::testing::PrintToString(std::get<When>(test.param));
}

// A running feed is hardest if the source has more transactions than before, and so has reused all
// numbers that were read. MILLRACE_HISTORY=all adds the cases with fewer.
std::vector<When> Times() {
  std::vector<When> times = {When::kStopped, When::kRunningMore};
  if (std::getenv("MILLRACE_HISTORY") != nullptr) times.push_back(When::kRunningFewer);
  return times;
}

INSTANTIATE_TEST_SUITE_P(Sources, SourceHistory,
                         ::testing::Combine(::testing::ValuesIn(HistorySources()),
                                            ::testing::Values(Harm::kReset, Harm::kRestored,
                                                              Harm::kLostTail, Harm::kSwapped),
                                            ::testing::ValuesIn(Times())),
                         CaseName);

}  // namespace
}  // namespace millrace::testing
