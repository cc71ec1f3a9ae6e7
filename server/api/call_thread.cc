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
                   fmt::format("many other calls wait for {}; retry in a few seconds", work));
}

CallThread::CallThread(Options options)
    : options_(std::move(options)), answers_(options_.calls_max), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), options_.name);
}

CallThread::~CallThread() {
  RequestStop();
  thread_.join();
}

void CallThread::Post(const Answer& answer) {
  if (!answers_.TryPush(answer)) answer(stopping_ ? StoppingError() : TooManyCalls(options_.work));
}

void CallThread::RequestStop() {
  stopping_ = true;
  answers_.Close();
}

void CallThread::Run() {
  while (const auto answer = answers_.Pop()) {
    (*answer)(stopping_ ? StoppingError() : absl::OkStatus());
  }
}

}  // namespace millrace::api
