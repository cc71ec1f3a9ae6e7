// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_memory_recorder.h"

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

constexpr uint32_t kCreated = 1000;

// A stream of server "a" that has reached the end of binlog.000002.
class SourceMemoryRecorderTest : public ::testing::Test {
 protected:
  SourceMemoryRecorderTest() {
    recorder_.SetSource("a", "host:1");
    Open("binlog.000002", kCreated);
  }
  std::string Open(std::string_view file, uint32_t created) {
    return OpenFile(file, created, true);
  }
  std::string Rotate(std::string_view file, uint32_t created) {
    return OpenFile(file, created, false);
  }
  void Transaction(uint64_t offset, std::string_view gtid) {
    recorder_.Begin(offset, 77, std::nullopt);
    recorder_.content().AddStatement(gtid);
    recorder_.End(gtid);
  }

  SourceMemoryRecorder recorder_{SourceMemory()};

 private:
  std::string OpenFile(std::string_view file, uint32_t created, bool first) {
    const absl::Status status = recorder_.OnFile(file, first);
    return ErrorReason(status.ok() ? recorder_.OnFormat(created) : status);
  }
};

TEST_F(SourceMemoryRecorderTest, MemoryIsNewestFinishedTransaction) {
  Transaction(100, "0-1-1");
  Transaction(200, "0-1-2");
  recorder_.Begin(300, 78, std::nullopt);
  const SourceMemory memory = recorder_.memory("binlog.000002");
  EXPECT_EQ(memory.server, "a");
  EXPECT_EQ(memory.file, "binlog.000002");
  EXPECT_EQ(memory.file_created, kCreated);
  ASSERT_TRUE(memory.last.has_value());
  EXPECT_EQ(memory.last->place, (BinlogPlace{"binlog.000002", 200}));
  EXPECT_EQ(memory.last->gtid, "0-1-2");
  EXPECT_EQ(memory.last->commit_time, 77);
}

TEST_F(SourceMemoryRecorderTest, TransactionKeepsItsFileAfterRotation) {
  Transaction(100, "0-1-1");
  EXPECT_EQ(Rotate("binlog.000003", kCreated + 1), "");
  const SourceMemory memory = recorder_.memory("binlog.000003");
  EXPECT_EQ(memory.file_created, kCreated + 1);
  EXPECT_EQ(memory.last->place.file, "binlog.000002");
}

TEST_F(SourceMemoryRecorderTest, TransactionKeepsItsServerAfterSwitch) {
  Transaction(100, "0-1-1");
  recorder_.Reset("binlog.000002");
  recorder_.SetSource("b", "host:2");
  EXPECT_EQ(recorder_.memory("binlog.000002").server, "a");
  EXPECT_EQ(Open("binlog.000002", kCreated + 9), "");
  const SourceMemory memory = recorder_.memory("binlog.000002");
  EXPECT_EQ(memory.server, "b");
  EXPECT_EQ(memory.last->server, "a");
}

TEST_F(SourceMemoryRecorderTest, RecreatedFileIsAnotherBinlog) {
  recorder_.Reset("binlog.000002");
  EXPECT_EQ(Open("binlog.000002", kCreated), "");
  recorder_.Reset("binlog.000002");
  EXPECT_EQ(Open("binlog.000002", kCreated + 5), "SOURCE_CHANGED");
}

TEST_F(SourceMemoryRecorderTest, FileReachedLaterIsCompared) {
  recorder_.Reset("binlog.000002");
  EXPECT_EQ(Open("binlog.000001", kCreated - 1), "");
  EXPECT_EQ(Rotate("binlog.000002", kCreated + 5), "SOURCE_CHANGED");
}

TEST_F(SourceMemoryRecorderTest, LowerFileNumberIsAReset) {
  EXPECT_EQ(Rotate("binlog.000001", kCreated + 5), "SOURCE_CHANGED");
}

TEST_F(SourceMemoryRecorderTest, RenamedBinlogIsAccepted) {
  EXPECT_EQ(Rotate("renamed.000001", kCreated + 5), "");
}

TEST_F(SourceMemoryRecorderTest, TransactionWithoutGtidEventIsForgotten) {
  Transaction(100, "0-1-1");
  recorder_.BeginAnonymous();
  recorder_.End("");
  EXPECT_FALSE(recorder_.memory("binlog.000002").last.has_value());
}

}  // namespace
}  // namespace millrace::ingest
