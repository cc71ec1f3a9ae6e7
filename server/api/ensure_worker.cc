// SPDX-License-Identifier: Apache-2.0

#include "api/ensure_worker.h"

#include <pthread.h>

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/reason.h"

namespace millrace::api {

EnsureWorker::EnsureWorker(EnsureCovered ensure, size_t requests_max)
    : ensure_(std::move(ensure)),
      requests_max_(requests_max),
      requests_(requests_max),
      thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "ensure");
}

EnsureWorker::~EnsureWorker() { Stop(); }

std::shared_ptr<EnsureWorker::Result> EnsureWorker::Post(std::vector<std::string> patterns) {
  auto result = std::make_shared<Result>();
  absl::MutexLock lock(&mutex_);
  if (requests_.size() >= requests_max_) return nullptr;
  requests_.Push({.patterns = std::move(patterns), .result = result});
  return result;
}

void EnsureWorker::Stop() {
  requests_.Close();
  if (thread_.joinable()) thread_.join();
}

void EnsureWorker::Run() {
  while (const auto request = requests_.Pop()) {
    if (request->result.expired()) continue;
    auto tables = ensure_
                      ? ensure_(request->patterns)
                      : MakeError(reason::kSnapshotUnavailable,
                                  "this server takes no snapshots; start at a position instead");
    const auto result = request->result.lock();
    if (result != nullptr) result->Set(std::move(tables));
  }
}

}  // namespace millrace::api
