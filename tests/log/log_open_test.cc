// SPDX-License-Identifier: Apache-2.0

// Which directories opening accepts and rejects, and the log after a crash.
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "log/log_fixture.h"
#include "log/meta.h"

namespace millrace::log::testing {
namespace {

using ::testing::ElementsAre;

class LogOpenTest : public LogTest {
 protected:
  // Writes raw bytes into the database of the log, which must be closed.
  void Overwrite(const std::string& family, const std::string& key, const std::string& value) {
    const rocksdb::Options options;
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(options, options_.directory, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names)
      families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, options_.directory, families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      if (handle->GetName() == family) {
        EXPECT_TRUE(database->Put({}, handle, key, value).ok());
      }
      database->DestroyColumnFamilyHandle(handle);
    }
  }
  // Extends the newest write-ahead log in `copy` by `bytes`; a negative number shortens it.
  static void ResizeWal(const std::string& copy, int64_t bytes) {
    std::filesystem::path newest;
    for (const auto& entry : std::filesystem::directory_iterator(copy)) {
      if (entry.path().extension() == ".log" && entry.path() > newest) newest = entry.path();
    }
    const auto size = static_cast<int64_t>(std::filesystem::file_size(newest));
    std::filesystem::resize_file(newest, static_cast<uintmax_t>(size + bytes));
  }
};

TEST_F(LogOpenTest, DirectoryIsPrivateToTheOwner) {
  options_.directory = (root_ / "a" / "b" / "log").string();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  struct stat directory {};
  ASSERT_EQ(::stat(options_.directory.c_str(), &directory), 0);
  EXPECT_EQ(directory.st_mode & 0777, 0700u);
}

TEST_F(LogOpenTest, SecondOpenFails) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(ReasonOf(OpenIn(options_.directory)), "DATA_DIRECTORY_IN_USE");
}

TEST_F(LogOpenTest, ForeignDirectoryFails) {
  std::filesystem::create_directory(options_.directory);
  std::ofstream(options_.directory + "/letter.txt") << "dear";
  EXPECT_EQ(ReasonOf(Reopen()), "DATA_DIRECTORY_FOREIGN");
}

TEST_F(LogOpenTest, ForeignDatabaseFails) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, options_.directory, &opened).ok());
  ASSERT_TRUE(opened->Put({}, "key", "value").ok());
  std::unique_ptr<rocksdb::DB>(opened).reset();
  EXPECT_EQ(ReasonOf(Reopen()), "DATA_DIRECTORY_FOREIGN");
}

TEST_F(LogOpenTest, LogWithoutCurrentFileFails) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  CommitMany(30);
  log_.reset();
  std::filesystem::remove(options_.directory + "/CURRENT");
  EXPECT_EQ(ReasonOf(Reopen()), "DATA_DIRECTORY_FOREIGN");
}

TEST_F(LogOpenTest, MountPointIsAccepted) {
  std::filesystem::create_directories(options_.directory + "/lost+found");
  EXPECT_EQ(ReasonOf(Reopen()), "OK");
}

TEST_F(LogOpenTest, LeftoversOfEarlierVersionsAreRemoved) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  log_.reset();
  const std::vector<std::string> names = {"LOG", "LOG.old.1764503112000000", "probe"};
  for (const std::string& name : names) std::ofstream(options_.directory + "/" + name) << "old";
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  CommitMany(30);
  for (const std::string& name : names) {
    EXPECT_FALSE(std::filesystem::exists(options_.directory + "/" + name)) << name;
  }
}

TEST_F(LogOpenTest, NewerFormatFails) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  log_.reset();
  Overwrite("meta", "log.format", std::string("\2\0\0\0", 4));
  EXPECT_EQ(ReasonOf(Reopen()), "FORMAT_TOO_NEW");
}

TEST_F(LogOpenTest, MalformedMetaFailsOpen) {
  for (const char* key : {"log.format", "log.id", "log.oldest", "log.visible"}) {
    options_.directory = (root_ / key).string();
    ASSERT_EQ(ReasonOf(Reopen()), "OK");
    log_.reset();
    Overwrite("meta", key, "?");
    EXPECT_EQ(ReasonOf(Reopen()), "LOG_DAMAGED") << key;
  }
}

TEST_F(LogOpenTest, DamagedNewestFrameFailsOpen) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  CommitMany(3);
  log_.reset();
  Overwrite("log", FrameKey({21}), "damaged");
  EXPECT_EQ(ReasonOf(Reopen()), "LOG_DAMAGED");
}

TEST_F(LogOpenTest, DamagedMiddleFrameFailsOnlyItsReads) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  CommitMany(5);
  log_.reset();
  Overwrite("log", FrameKey({21}), Frame::Serialize(OneTransaction({22}, 10)));
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(log_->ReadFrames({1}, 1 << 20)->size(), 2u);
  EXPECT_EQ(ReasonOf(log_->ReadFrames({21}, 1 << 20)), "LOG_DAMAGED");
  EXPECT_EQ(ReasonOf(log_->FrameContaining({30})), "LOG_DAMAGED");
  EXPECT_THAT(FirstSequencesFrom({31}), ElementsAre(31, 41));
}

TEST_F(LogOpenTest, DamagedFileIsNeverServed) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  CommitMany(100);
  log_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 50'000) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(30'000);
    file << "flipped";
  }
  absl::Status status = Reopen();
  for (Sequence from{1}; status.ok() && from <= log_->range().newest;) {
    const auto frames = log_->ReadFrames(from, 1 << 20);
    status = frames.status();
    if (status.ok()) from = frames->back()->last().next();
  }
  EXPECT_EQ(ReasonOf(status), "LOG_DAMAGED");
}

TEST_F(LogOpenTest, CrashBeforeCommitDropsStagedFrames) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(3), NextFrame(4)})), "OK");
  options_.directory = CrashCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 2);
  ASSERT_EQ(ReasonOf(CommitFrame(9)), "OK");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 3));
}

TEST_F(LogOpenTest, CrashAfterCommitKeepsWholeCommit) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(3)})), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(4)), "OK");
  options_.directory = CrashCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  EXPECT_EQ(log_->source_position(), "position after 7");
  EXPECT_THAT(FirstSequencesFrom({1}), ElementsAre(1, 4));
}

TEST_F(LogOpenTest, PowerLossKeepsEverythingVisible) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(3, 5000)})), "OK");
    ASSERT_EQ(ReasonOf(CommitFrame(2, 1000)), "OK");
  }
  ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(3, 5000)})), "OK");
  options_.directory = PowerLossCopy();
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 200);
  EXPECT_EQ(FirstSequencesFrom({1}).size(), 80u);
}

TEST_F(LogOpenTest, CommitIsAtomicAtAnyWalCut) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(1)), "OK");
  const auto two = {NextFrame(2), NextFrame(3)};
  ASSERT_EQ(ReasonOf(log_->Commit(BatchOf(two))), "OK");
  for (const int cut : {1, 50, 250, 450}) {
    const std::string copy = CrashCopy();
    std::filesystem::remove(copy + "/VISIBLE");  // a crash before the commit became visible
    ResizeWal(copy, -cut);
    const auto after = OpenIn(copy);
    ASSERT_TRUE(after.ok()) << after.status();
    EXPECT_EQ((*after)->range().newest.value, 1u) << cut;
    EXPECT_EQ((*after)->source_position(), "position after 1");
  }
}

TEST_F(LogOpenTest, InvisibleTornTailIsDropped) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  ASSERT_EQ(ReasonOf(log_->Stage({NextFrame(3, 2000)})), "OK");
  options_.directory = CrashCopy();
  ResizeWal(options_.directory, -1000);
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 2);
}

TEST_F(LogOpenTest, MissingWalFailsOpen) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  options_.directory = CrashCopy();
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
    if (entry.path().extension() == ".log") std::filesystem::remove(entry.path());
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_EQ(ReasonOf(Reopen()), "LOG_DAMAGED") << attempt;
  }
}

TEST_F(LogOpenTest, LossOfVisibleChangesFailsOpen) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(3)), "OK");
  options_.directory = CrashCopy();
  ResizeWal(options_.directory, -10);
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_EQ(ReasonOf(Reopen()), "LOG_DAMAGED");
  }
}

TEST_F(LogOpenTest, RelaxedLogCanLoseItsTail) {
  options_.durability = Durability::kRelaxed;
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(2)), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(3)), "OK");
  options_.directory = CrashCopy();
  ResizeWal(options_.directory, -10);
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ExpectRange(1, 2);
}

}  // namespace
}  // namespace millrace::log::testing
