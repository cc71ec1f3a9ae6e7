// SPDX-License-Identifier: Apache-2.0

#include "log/no_wait_reads.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "rocksdb/env.h"
#include "support/temp_directory.h"

namespace millrace::log {
namespace {

constexpr size_t kBytes = 256 << 10;

class NoWaitReadsTest : public ::testing::Test {
 protected:
  NoWaitReadsTest() {
    for (size_t i = 0; i < kBytes; ++i) content_.push_back(static_cast<char>('a' + i % 23));
    EXPECT_TRUE(rocksdb::WriteStringToFile(rocksdb::Env::Default(), content_, path(), true).ok());
  }

  std::string path() const { return directory_.path() / "file"; }
  std::unique_ptr<rocksdb::FSRandomAccessFile> Open() {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    EXPECT_TRUE(system_->NewRandomAccessFile(path(), {}, &file, nullptr).ok());
    return file;
  }
  rocksdb::Status Read(const rocksdb::FSRandomAccessFile& file, uint64_t offset, size_t size) {
    buffer_.resize(size);
    return file.Read(offset, size, {}, &read_, buffer_.data(), nullptr);
  }
  // Drops the file from the page cache.
  void DropFromPageCache() const {
    const int file = ::open(path().c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED), 0);
    ::close(file);
  }
  // Some file systems do not support RWF_NOWAIT, for example tmpfs.
  bool FileSystemSupportsNoWait() const {
    const int file = ::open(path().c_str(), O_RDONLY | O_CLOEXEC);
    char byte = 0;
    const iovec to{.iov_base = &byte, .iov_len = 1};
    const bool known = ::preadv2(file, &to, 1, 0, RWF_NOWAIT) == 1 || errno == EAGAIN;
    ::close(file);
    return known;
  }

  // A directory whose files are on a disk.
  millrace::testing::TempDirectory directory_{"/var/tmp"};
  std::string content_;
  std::shared_ptr<rocksdb::FileSystem> system_ =
      MakeNoWaitFileSystem(rocksdb::FileSystem::Default());
  std::string buffer_;
  rocksdb::Slice read_;
};

TEST_F(NoWaitReadsTest, WaitingReadsReturnTheData) {
  const auto file = Open();
  DropFromPageCache();
  ASSERT_TRUE(Read(*file, 1000, 5000).ok());
  EXPECT_EQ(read_.ToString(), content_.substr(1000, 5000));
  ASSERT_TRUE(Read(*file, kBytes - 10, 100).ok());
  EXPECT_EQ(read_.ToString(), content_.substr(kBytes - 10));
  ASSERT_TRUE(Read(*file, kBytes + 10, 100).ok());
  EXPECT_TRUE(read_.empty());
}

TEST_F(NoWaitReadsTest, CachedDataIsReadWithoutWaiting) {
  const auto file = Open();
  ASSERT_TRUE(Read(*file, 0, kBytes).ok());
  const NoWaitReads no_wait;
  const rocksdb::Status status = Read(*file, kBytes - 5000, 6000);
  if (!FileSystemSupportsNoWait()) {
    EXPECT_TRUE(WouldWait(status));
    return;
  }
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(read_.ToString(), content_.substr(kBytes - 5000));
}

TEST_F(NoWaitReadsTest, UncachedDataFailsInsteadOfWaiting) {
  const auto file = Open();
  DropFromPageCache();
  {
    const NoWaitReads no_wait;
    EXPECT_TRUE(WouldWait(Read(*file, 128 << 10, 1000)));
    EXPECT_TRUE(read_.empty());
  }
  EXPECT_TRUE(Read(*file, 128 << 10, 1000).ok());
}

TEST_F(NoWaitReadsTest, OpeningAFileFailsInsteadOfWaiting) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  {
    const NoWaitReads no_wait;
    EXPECT_TRUE(WouldWait(system_->NewRandomAccessFile(path(), {}, &file, nullptr)));
  }
  const rocksdb::IOStatus status = system_->NewRandomAccessFile(path() + "x", {}, &file, nullptr);
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(WouldWait(status));
}

}  // namespace
}  // namespace millrace::log
