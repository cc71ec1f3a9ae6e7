// SPDX-License-Identifier: Apache-2.0

#include "bench/raw_put.h"

#include <chrono>
#include <memory>
#include <string>

#include "base/error.h"
#include "bench/backlog.h"
#include "rocksdb/db.h"
#include "support/temp_directory.h"
#include "system/raw_feed.h"

namespace millrace::testing {
namespace {

constexpr size_t kValueBytes = 64 << 10;
constexpr size_t kSampleBytes = 16 << 20;

std::string SampleOf(const FeedServer& feed) {
  RawFeed raw(feed.address());
  grpc::ClientContext context;
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_EARLIEST);
  const auto stream = raw.stub().Subscribe(&context, request);
  std::string sample;
  v1::SubscribeResponse response;
  while (sample.size() < kSampleBytes && stream->Read(&response)) {
    sample += response.SerializeAsString();
  }
  context.TryCancel();
  stream->Finish();
  if (sample.size() < kValueBytes) Die(absl::InternalError("the feed served too few bytes"));
  return sample;
}

void CheckPut(const rocksdb::Status& status) {
  if (!status.ok()) Die(absl::InternalError(status.ToString()));
}

std::unique_ptr<rocksdb::DB> OpenIn(const TempDirectory& directory) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = 32 << 20;
  rocksdb::DB* database = nullptr;
  CheckPut(rocksdb::DB::Open(options, directory.path() / "db", &database));
  return std::unique_ptr<rocksdb::DB>(database);
}

}  // namespace

double RawPutMegabytes(const FeedServer& feed, uint64_t bytes) {
  const std::string sample = SampleOf(feed);
  const TempDirectory directory;
  const auto database = OpenIn(directory);
  const auto begin = std::chrono::steady_clock::now();
  const uint64_t count = bytes / kValueBytes;
  for (uint64_t i = 0; i < count; ++i) {
    std::string key(8, '\0');
    for (size_t at = 0; at < key.size(); ++at) key[at] = static_cast<char>(i >> (56 - 8 * at));
    const size_t offset = i * kValueBytes % (sample.size() - kValueBytes + 1);
    CheckPut(database->Put({}, key, rocksdb::Slice(sample.data() + offset, kValueBytes)));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(count * kValueBytes) / 1e6 / seconds.count();
}

}  // namespace millrace::testing
