// SPDX-License-Identifier: Apache-2.0

#include "api/ensure_worker.h"

#include <pthread.h>

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/reason.h"

namespace millrace::api {

EnsureWorker::EnsureWorker(EnsureCovered ensure, size_t questions_max)
    : ensure_(std::move(ensure)),
      questions_max_(questions_max),
      questions_(questions_max),
      thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "ensure");
}

EnsureWorker::~EnsureWorker() { Stop(); }

std::shared_ptr<EnsureWorker::Answer> EnsureWorker::Ask(std::vector<std::string> patterns) {
  auto answer = std::make_shared<Answer>();
  absl::MutexLock lock(&mutex_);
  if (questions_.size() >= questions_max_) return nullptr;
  questions_.Push({.patterns = std::move(patterns), .answer = answer});
  return answer;
}

void EnsureWorker::Stop() {
  questions_.Close();
  if (thread_.joinable()) thread_.join();
}

void EnsureWorker::Run() {
  while (const auto question = questions_.Pop()) {
    if (question->answer.expired()) continue;
    auto tables = ensure_ ? ensure_(question->patterns)
                          : MakeError(reason::kSnapshotUnavailable,
                                      "this server reads no tables; start at a position instead");
    const auto answer = question->answer.lock();
    if (answer != nullptr) answer->Set(std::move(tables));
  }
}

}  // namespace millrace::api
