// SPDX-License-Identifier: Apache-2.0

#include "bench/bench.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "fmt/format.h"

namespace millrace::testing {
namespace {

// GetStatus costs the server time too.
constexpr std::chrono::milliseconds kPollInterval(10);

constexpr std::chrono::milliseconds kSettlePollInterval(200);
constexpr int kSettledPolls = 15;
constexpr int kSettlePollsMax = 300;

}  // namespace

const Backlog& Bench::bulk() {
  if (!bulk_.has_value()) bulk_ = source_.MakeBulk(load_.bulk_rows);
  return *bulk_;
}

const Backlog& Bench::single() {
  if (!single_.has_value()) single_ = source_.MakeSingle(load_.single_transactions);
  return *single_;
}

FeedServer& Bench::StartWithBulkOnDisk() {
  if (bulk_on_disk_ == nullptr) {
    bulk_on_disk_ = source_.StartAt(bulk());
    WaitForRows(*bulk_on_disk_, bulk().rows);
    SettledBytesOnDisk(*bulk_on_disk_);
    bulk_on_disk_->Stop();
  }
  bulk_on_disk_->Start();
  bulk_on_disk_->WaitForState(v1::SourceStatus::STATE_STREAMING);
  return *bulk_on_disk_;
}

uint64_t NewestOf(FeedServer& feed) {
  const auto status = Take(feed.client().GetStatus({}));
  if (status.source().state() == v1::SourceStatus::STATE_FAILED) {
    Die(absl::InternalError(status.source().error()));
  }
  return status.log().newest_sequence();
}

uint64_t WaitForRows(FeedServer& feed, uint64_t rows) {
  uint64_t newest = NewestOf(feed);
  while (newest < rows) {
    std::this_thread::sleep_for(kPollInterval);
    newest = NewestOf(feed);
  }
  return newest;
}

double BytesOnDisk(const FeedServer& feed) {
  double bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(feed.data_directory())) {
    // The reserve for a full disk has no content.
    if (entry.path().filename() == "BALLAST") continue;
    // A file may be deleted in the meantime.
    std::error_code gone;
    const auto size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    if (!gone) bytes += static_cast<double>(size);
  }
  return bytes;
}

double SettledBytesOnDisk(const FeedServer& feed) {
  double bytes = BytesOnDisk(feed);
  int equal = 0;
  for (int poll = 0; equal < kSettledPolls && poll < kSettlePollsMax; ++poll) {
    std::this_thread::sleep_for(kSettlePollInterval);
    const double now = BytesOnDisk(feed);
    equal = now == bytes ? equal + 1 : 0;
    bytes = now;
  }
  return bytes;
}

}  // namespace millrace::testing
