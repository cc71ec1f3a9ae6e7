// SPDX-License-Identifier: Apache-2.0

#include "api/source_questions.h"

#include <pthread.h>

#include "api/error_map.h"
#include "base/error.h"

namespace millrace::api {
namespace {

// Enough for people and their scripts.
constexpr size_t kQuestionsMax = 16;

absl::Status TooManyQuestions() {
  return MakeError(absl::StatusCode::kUnavailable, "NOT_READY",
                   "many other calls are waiting to ask the source; retry in a few seconds");
}

}  // namespace

SourceQuestions::SourceQuestions() : answers_(kQuestionsMax), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "questions");
}

SourceQuestions::~SourceQuestions() {
  RequestStop();
  thread_.join();
}

void SourceQuestions::Post(const Answer& answer) {
  if (!answers_.TryPush(answer)) answer(stopping_ ? StoppingError() : TooManyQuestions());
}

void SourceQuestions::RequestStop() {
  stopping_ = true;
  answers_.Close();
}

void SourceQuestions::Run() {
  while (const auto answer = answers_.Pop()) {
    (*answer)(stopping_ ? StoppingError() : absl::OkStatus());
  }
}

}  // namespace millrace::api
