// SPDX-License-Identifier: Apache-2.0

#include "api/call_thread.h"

#include <pthread.h>

#include <utility>

#include "api/error_map.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace::api {

absl::Status TooManyCalls(const std::string& work) {
  return MakeError(reason::kNotReady,
                   fmt::format("too many other calls wait for {}; retry in a few seconds", work));
}

CallThread::CallThread(Options options)
    : options_(std::move(options)), calls_(options_.calls_max), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), options_.name);
}

CallThread::~CallThread() {
  RequestStop();
  thread_.join();
}

void CallThread::Post(const Call& call) {
  if (!calls_.TryPush(call)) call(stopping_ ? StoppingError() : TooManyCalls(options_.work));
}

void CallThread::RequestStop() {
  stopping_ = true;
  calls_.Close();
}

void CallThread::Run() {
  while (const auto call = calls_.Pop()) {
    (*call)(stopping_ ? StoppingError() : absl::OkStatus());
  }
}

}  // namespace millrace::api
