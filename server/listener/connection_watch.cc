// SPDX-License-Identifier: Apache-2.0

#include "listener/connection_watch.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "listener/traffic.h"
#include "spdlog/spdlog.h"

namespace millrace::listener {
namespace {

constexpr Micros kMillisecond = 1000;
constexpr int kEventsAtOnce = 64;
// How soon a connection is looked at again. Many busy ones are looked at less often, so that all of
// it takes a few hundredths of a core.
constexpr Micros kInspectLeast = 2 * kMillisecond;
constexpr Micros kInspectPerBusyConnection = 100;
// In epoll_event.data, where connections have their numbers.
constexpr uint64_t kWake = 0;

constexpr uint32_t kInspectOnce = EPOLLIN | EPOLLET | EPOLLONESHOT;

bool Control(const Descriptor& epoll, int operation, int fd, uint32_t events, uint64_t data) {
  epoll_event event{.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll.get(), operation, fd, &event) == 0;
}

}  // namespace

absl::Status ConnectionWatch::Start() {
  epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
  wake_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_.ok() || !wake_.ok() || !Control(epoll_, EPOLL_CTL_ADD, wake_.get(), EPOLLIN, kWake)) {
    return absl::ResourceExhaustedError(fmt::format("watch: {}", strerror(errno)));
  }
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "watch");
  return absl::OkStatus();
}

ConnectionWatch::~ConnectionWatch() {
  stopping_.store(true, std::memory_order_release);
  if (thread_.joinable()) {
    eventfd_write(wake_.get(), 1);
    thread_.join();
  }
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, connection] : watched_) connections_.Remove(*connection);
}

bool ConnectionWatch::Add(std::shared_ptr<Connection> connection) {
  absl::MutexLock lock(&mutex_);
  const Id id = next_id_++;
  // What carries no counts is only watched until it ends.
  const bool counted = ReadTraffic(connection->socket()).has_value();
  const uint32_t events = counted ? kInspectOnce : 0;
  if (!Control(epoll_, EPOLL_CTL_ADD, connection->socket(), events, id)) return false;
  guard_.Add(id, connection->peer().host);
  watched_.emplace(id, std::move(connection));
  return true;
}

void ConnectionWatch::Run() {
  std::array<epoll_event, kEventsAtOnce> events{};
  while (!stopping_.load(std::memory_order_acquire)) {
    const int count = epoll_wait(epoll_.get(), events.data(), kEventsAtOnce, NextTimeoutMillis());
    for (int i = 0; i < count; ++i) Handle(events[i]);
    ArmThoseDue();
  }
}

int ConnectionWatch::NextTimeoutMillis() const {
  absl::MutexLock lock(&mutex_);
  if (due_.empty()) return -1;
  const Micros left = std::max<Micros>(due_.front().at - clock_.SteadyMicros(), 0);
  return static_cast<int>((left + kMillisecond - 1) / kMillisecond);
}

void ConnectionWatch::Handle(const epoll_event& event) {
  const uint64_t id = event.data.u64;
  if (id == kWake) return;
  absl::MutexLock lock(&mutex_);
  if ((event.events & (EPOLLHUP | EPOLLERR)) != 0) return Forget(id);
  Inspect(id);
}

void ConnectionWatch::Forget(Id id) {
  const auto found = watched_.find(id);
  if (found == watched_.end()) return;
  guard_.Remove(id);
  connections_.Remove(*found->second);
  watched_.erase(found);
}

void ConnectionWatch::Inspect(Id id) {
  const auto found = watched_.find(id);
  if (found == watched_.end()) return;
  const Connection& connection = *found->second;
  const Micros now = clock_.SteadyMicros();
  // Read first: what has begun since accounts for what has come since.
  const auto traffic = ReadTraffic(connection.socket());
  if (traffic.has_value()) {
    guard_.Count(id,
                 {.read = traffic->read,
                  .acknowledged = traffic->acknowledged,
                  .calls = connection.calls(),
                  .message_bytes = connection.message_bytes(),
                  .dropped_calls = connection.dropped_calls()},
                 now);
    const auto verdict = guard_.Judge(id, memory_.Bytes(guard_.has_suspects(), now));
    if (verdict.has_value()) Cut(*verdict);
  }
  const auto busy = static_cast<Micros>(due_.size());
  due_.push_back({.at = now + std::max(kInspectLeast, kInspectPerBusyConnection * busy), .id = id});
}

void ConnectionWatch::Cut(const FloodGuard::Verdict& verdict) {
  const auto found = watched_.find(verdict.connection);
  if (found == watched_.end()) return;
  const Connection& connection = *found->second;
  spdlog::warn("closed a connection that floods the server peer={} reason={} amount={}",
               connection.peer().endpoint, Name(verdict.reason), verdict.amount);
  connections_.Cut(connection, verdict.reason);
}

void ConnectionWatch::ArmThoseDue() {
  absl::MutexLock lock(&mutex_);
  if (due_.empty()) return;
  const Micros now = clock_.SteadyMicros();
  while (!due_.empty() && due_.front().at <= now) {
    const Id id = due_.front().id;
    due_.pop_front();
    const auto found = watched_.find(id);
    if (found == watched_.end()) continue;
    Control(epoll_, EPOLL_CTL_MOD, found->second->socket(), kInspectOnce, id);
  }
}

}  // namespace millrace::listener
