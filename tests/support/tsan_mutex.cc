// SPDX-License-Identifier: Apache-2.0

// The distribution's absl is built without ThreadSanitizer. So ThreadSanitizer does not see which
// accesses its mutexes order, and reports them as races. This file is linked into test
// executables of the preset tsan. It wraps the library's functions, for our code and for gRPC, and
// reports their locking to ThreadSanitizer.

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}

namespace {

#define MILLRACE_TEXT_INNER(word) #word
#define MILLRACE_TEXT(word) MILLRACE_TEXT_INNER(word)

// Finds a function of the library. `name` is its mangled name without namespaces; the qualifier "K"
// means const.
void* LibraryFunction(const char* name, const char* qualifier = "") {
  const std::string inline_namespace = MILLRACE_TEXT(ABSL_OPTION_INLINE_NAMESPACE_NAME);
  const std::string mangled = "_ZN" + std::string(qualifier) + "4absl" +
                              std::to_string(inline_namespace.size()) + inline_namespace + name;
  void* const function = dlsym(RTLD_NEXT, mangled.c_str());
  if (function != nullptr) return function;
  std::fprintf(stderr, "tsan_mutex.cc: absl has no %s; correct the name\n", mangled.c_str());
  std::abort();
}

// The library may evaluate a waiter's condition under a lock that ThreadSanitizer already considers
// released. So reads are ignored while the library runs.
class IgnoredByTsan {
 public:
  IgnoredByTsan() { __tsan_ignore_thread_begin(); }
  ~IgnoredByTsan() { __tsan_ignore_thread_end(); }
};

// Calls `function` of the library on `object`.
template <typename Result, typename Object, typename... Arguments>
Result Call(void* function, Object* object, Arguments... arguments) {
  const IgnoredByTsan ignored;
  return reinterpret_cast<Result (*)(Object*, Arguments...)>(function)(object, arguments...);
}

}  // namespace

#define MILLRACE_LIBRARY(...) static void* const function = LibraryFunction(__VA_ARGS__)

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  MILLRACE_LIBRARY("5Mutex4LockEv");
  Call<void>(function, this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  MILLRACE_LIBRARY("5Mutex6UnlockEv");
  __tsan_release(this);
  Call<void>(function, this);
}

bool Mutex::TryLock() {
  MILLRACE_LIBRARY("5Mutex7TryLockEv");
  const bool locked = Call<bool>(function, this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::ReaderLock() {
  MILLRACE_LIBRARY("5Mutex10ReaderLockEv");
  Call<void>(function, this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  MILLRACE_LIBRARY("5Mutex12ReaderUnlockEv");
  __tsan_release(this);
  Call<void>(function, this);
}

bool Mutex::ReaderTryLock() {
  MILLRACE_LIBRARY("5Mutex13ReaderTryLockEv");
  const bool locked = Call<bool>(function, this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::Await(const Condition& condition) {
  MILLRACE_LIBRARY("5Mutex5AwaitERKNS0_9ConditionE");
  __tsan_release(this);
  Call<void>(function, this, &condition);
  __tsan_acquire(this);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  MILLRACE_LIBRARY("5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  __tsan_release(this);
  const bool holds = Call<bool>(function, this, &condition, timeout);
  __tsan_acquire(this);
  return holds;
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  MILLRACE_LIBRARY("5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  __tsan_release(this);
  const bool holds = Call<bool>(function, this, &condition, deadline);
  __tsan_acquire(this);
  return holds;
}

void Mutex::LockWhen(const Condition& condition) {
  MILLRACE_LIBRARY("5Mutex8LockWhenERKNS0_9ConditionE");
  Call<void>(function, this, &condition);
  __tsan_acquire(this);
}

bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  MILLRACE_LIBRARY("5Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  const bool holds = Call<bool>(function, this, &condition, timeout);
  __tsan_acquire(this);
  return holds;
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  MILLRACE_LIBRARY("5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  const bool holds = Call<bool>(function, this, &condition, deadline);
  __tsan_acquire(this);
  return holds;
}

void CondVar::Wait(Mutex* mutex) {
  MILLRACE_LIBRARY("7CondVar4WaitEPNS0_5MutexE");
  __tsan_release(mutex);
  Call<void>(function, this, mutex);
  __tsan_acquire(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  MILLRACE_LIBRARY("7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  __tsan_release(mutex);
  const bool timed_out = Call<bool>(function, this, mutex, timeout);
  __tsan_acquire(mutex);
  return timed_out;
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  MILLRACE_LIBRARY("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  __tsan_release(mutex);
  const bool timed_out = Call<bool>(function, this, mutex, deadline);
  __tsan_acquire(mutex);
  return timed_out;
}

void Notification::Notify() {
  MILLRACE_LIBRARY("12Notification6NotifyEv");
  __tsan_release(this);
  Call<void>(function, this);
}

void Notification::WaitForNotification() const {
  MILLRACE_LIBRARY("12Notification19WaitForNotificationEv", "K");
  Call<void>(function, const_cast<Notification*>(this));
  __tsan_acquire(const_cast<Notification*>(this));
}

ABSL_NAMESPACE_END
}  // namespace absl
