// SPDX-License-Identifier: Apache-2.0

// Readers run while a thread writes.
#include <thread>

#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

class LogThreadsTest : public LogTest {
 protected:
  LogThreadsTest() { options_.retention_bytes = 600 << 10; }

  // Reads until the writer stops. Every frame must follow the previous one, unless trimming
  // overtook the reader, which the log must report.
  void ReadAll(const std::atomic<bool>& writing) {
    Sequence from{1};
    while (writing || from <= log_->range().newest) {
      const auto frames = log_->ReadFrames(from, 64 << 10);
      if (ReasonOf(frames) == "TOKEN_TRIMMED") {
        const Sequence oldest{std::stoull(ErrorMetadataOf(frames.status()).at("oldest_sequence"))};
        ASSERT_GT(oldest, from);
        from = oldest;
        continue;
      }
      ASSERT_TRUE(frames.ok()) << frames.status();
      for (const auto& frame : *frames) {
        ASSERT_EQ(frame->first(), from);
        from = frame->last().next();
      }
    }
  }

  void Search(const std::atomic<bool>& writing) {
    while (writing) {
      const Range kept = log_->range();
      ASSERT_LE(kept.oldest, kept.newest.next());
      const uint64_t place = kept.newest.value;
      const auto found = log_->FindFirst([&](const Frame& at) { return at.last().value >= place; });
      ASSERT_TRUE(found.ok()) << found.status();
      log_->source_position();
      log_->DiskBytes();
    }
  }
};

TEST_F(LogThreadsTest, ReadersSeeEveryFrameOrTokenTrimmed) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  ASSERT_EQ(ReasonOf(CommitFrame(1)), "OK");
  std::atomic<bool> writing = true;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back([&] { ReadAll(writing); });
  readers.emplace_back([&] { Search(writing); });
  for (int i = 0; i < 500 && !HasFailure(); ++i) {
    EXPECT_EQ(ReasonOf(log_->Stage({NextFrame(3, 3000)})), "OK");
    EXPECT_EQ(ReasonOf(CommitFrame(7, 4096)), "OK");
    if (i % 10 == 0) {
      EXPECT_EQ(ReasonOf(log_->Trim(std::nullopt)), "OK");
    }
  }
  writing = false;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(log_->range().oldest.value, 1u);
}

TEST_F(LogThreadsTest, RecordsAreWrittenDuringCommits) {
  ASSERT_EQ(ReasonOf(Reopen()), "OK");
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      const Record record{RecordKind::kSubscription, "name", std::to_string(i)};
      EXPECT_EQ(ReasonOf(log_->PutRecords({record})), "OK");
    }
  });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ReasonOf(CommitFrame(1)), "OK");
  other.join();
  EXPECT_EQ(*log_->GetRecord(RecordKind::kSubscription, "name"), "99");
  ExpectRange(1, 100);
}

}  // namespace
}  // namespace millrace::log::testing
