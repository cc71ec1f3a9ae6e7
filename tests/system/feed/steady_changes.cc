// SPDX-License-Identifier: Apache-2.0

#include "system/feed/steady_changes.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "google/protobuf/util/time_util.h"

namespace millrace::testing {
namespace {

constexpr std::chrono::milliseconds kInterval(5);
constexpr absl::Duration kPatience = absl::Seconds(30);

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "SteadyChanges: " << what << std::endl;
  std::abort();
}

}  // namespace

SteadyChanges::SteadyChanges(SourceServer& source, FeedServer& feed,
                             std::shared_ptr<grpc::ChannelCredentials> credentials)
    : raw_(feed.address(), std::move(credentials)) {
  SqlSession session = source.MustConnect();
  session.MustExecute("CREATE DATABASE IF NOT EXISTS steady");
  session.MustExecute("CREATE TABLE steady.changes (id BIGINT PRIMARY KEY)");
  reader_ = std::thread([this] { Read(); });
  writer_ = std::thread([this](SqlSession own) { Write(std::move(own)); }, std::move(session));
  absl::MutexLock lock(&mutex_);
  const auto started = [this] { return HasArrived(1); };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&started), kPatience)) Die("nothing arrives");
  millis_.clear();
}

SteadyChanges::~SteadyChanges() {
  stop_.store(true);
  context_.TryCancel();
  if (writer_.joinable()) writer_.join();
  if (reader_.joinable()) reader_.join();
}

void SteadyChanges::Write(SqlSession session) {
  for (int64_t id = 1; !stop_.load(); ++id) {
    session.MustExecute(fmt::format("INSERT INTO steady.changes VALUES ({})", id));
    committed_.store(id);
    std::this_thread::sleep_for(kInterval);
  }
}

void SteadyChanges::Read() {
  v1::SubscribeRequest request;
  request.set_at(v1::START_POINT_EARLIEST);
  // By pattern, since the server may not have read the creation of the table yet.
  request.add_tables("steady.*");
  request.add_operations(v1::OPERATION_INSERT);
  const auto stream = raw_.stub().Subscribe(&context_, request);
  v1::SubscribeResponse response;
  while (stream->Read(&response)) {
    const int64_t now = absl::ToUnixMicros(absl::Now());
    absl::MutexLock lock(&mutex_);
    for (const v1::Transaction& transaction : response.transactions()) {
      arrived_ += transaction.changes_size();
      const int64_t commit =
          google::protobuf::util::TimeUtil::TimestampToMicroseconds(transaction.commit_time());
      millis_.push_back(static_cast<double>(now - commit) / 1000);
    }
  }
  const grpc::Status status = stream->Finish();
  if (!stop_.load()) Die("the stream ended: " + status.error_message());
}

bool SteadyChanges::HasArrived(int64_t id) const { return arrived_ >= id; }

SteadyChanges::Outcome SteadyChanges::Finish() {
  stop_.store(true);
  writer_.join();
  Outcome outcome{.committed = committed_.load()};
  {
    absl::MutexLock lock(&mutex_);
    const auto complete = [&] { return HasArrived(outcome.committed); };
    mutex_.AwaitWithTimeout(absl::Condition(&complete), kPatience);
    outcome.arrived = arrived_;
    outcome.millis = millis_;
  }
  std::sort(outcome.millis.begin(), outcome.millis.end());
  return outcome;
}

double SteadyChanges::Outcome::Quantile(double q) const {
  if (millis.empty()) return 0;
  return millis[static_cast<size_t>(q * static_cast<double>(millis.size() - 1))];
}

double PeakResidentMib(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

}  // namespace millrace::testing
