// SPDX-License-Identifier: Apache-2.0

// The source silently skips a file that was deleted from the middle of the binlog.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "system/feed/history_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kReadBefore = 2;

// Removes the file from the disk and from the index.
void Delete(const std::filesystem::path& directory, const std::string& file) {
  const std::filesystem::path index = directory / "binlog.index";
  std::istringstream names([&] {
    std::ostringstream text;
    text << std::ifstream(index).rdbuf();
    return text.str();
  }());
  std::ofstream kept(index, std::ios::trunc);
  for (std::string name; std::getline(names, name);) {
    if (std::filesystem::path(name).filename() != file) kept << name << '\n';
  }
  ASSERT_TRUE(std::filesystem::remove(directory / file));
}

class VanishedFile : public ::testing::TestWithParam<HistorySource> {
 protected:
  // While the feed is stopped, writes `lost` transactions to a file that is then deleted, and one
  // to each of its neighbours.
  void LoseFile(int lost) {
    history_.Insert(kReadBefore, "before");
    history_.AwaitFeed();
    history_.AwaitSequence(kReadBefore);
    history_.feed().Stop();
    history_.Insert(1, "before");
    history_.sql().MustExecute("FLUSH BINARY LOGS");
    const std::string file = *history_.sql().MustQuery("SHOW BINARY LOGS").back()[0];
    history_.Insert(lost, "lost");
    history_.sql().MustExecute("FLUSH BINARY LOGS");
    history_.Insert(1, "after");
    ASSERT_TRUE(history_.source().Stop().ok());
    Delete(history_.source().data_directory(), file);
    ASSERT_TRUE(history_.source().Restart().ok());
    history_.sql() = history_.source().MustConnect();
  }

  History history_{GetParam(), /*keeps_copy=*/false};
};

TEST_P(VanishedFile, EndsTheStreamBeforeTheGap) {
  LoseFile(2);
  for (int start = 0; start < 2; ++start) {
    history_.feed().Start();
    EXPECT_EQ(history_.AwaitRefusal({}, 0), "SOURCE_PURGED");
    EXPECT_LE(history_.NewestSequence(), kReadBefore + 1u);
    history_.feed().Stop();
  }
}

// Only sources with GTIDs: without them nothing shows what the file contained.
class VanishedFileWithGtids : public VanishedFile {};

TEST_P(VanishedFileWithGtids, WithoutTransactionsIsNoGap) {
  LoseFile(0);
  history_.feed().Start();
  history_.AwaitSequence(kReadBefore + 2);
  history_.AwaitFeed();
}

INSTANTIATE_TEST_SUITE_P(Sources, VanishedFile, ::testing::ValuesIn(HistorySources()),
                         ::testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(Sources, VanishedFileWithGtids,
                         ::testing::Values(HistorySources().front(), HistorySources().back()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
