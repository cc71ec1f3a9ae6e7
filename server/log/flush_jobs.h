// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "rocksdb/env.h"

namespace millrace::log {

// An Env that can make RocksDB's flushes wait.
//
// RocksDB 7.8 to 9.10 forget a flush that was scheduled before an error stopped the database and
// that begins after it (`BackgroundFlush` returns without its request, and does not count it as
// unscheduled again, as `BackgroundCompaction` does). Resume waits for that flush for ever. So
// whoever learns of the error calls Hold first, and Release once RocksDB recovers; a flush that
// begins then is not forgotten. Thread-safe.
class FlushJobs final : public rocksdb::EnvWrapper {
 public:
  explicit FlushJobs(std::unique_ptr<rocksdb::Env> target);
  ~FlushJobs() override;

  static const char* kClassName() { return "FlushJobs"; }
  const char* Name() const override { return kClassName(); }

  // From now on no flush begins.
  void Hold();
  // If flushes are held, returns when all other flushes and compactions have ended, those too that
  // wait for a thread. Returns whether RocksDB has scheduled a flush that is held.
  bool AwaitUnheldJobs();
  // What RocksDB has scheduled so far may begin, whatever is held later, and so may the flushes
  // that those schedule. Ends Hold.
  void Release();
  // Flushes that have begun and not ended.
  int running() const;

  void Schedule(void (*run)(void*), void* argument, Priority priority, void* tag,
                void (*cancel)(void*)) override;
  // The database with that tag closes: nothing of it is held any more.
  int UnSchedule(void* tag, Priority priority) override;

 private:
  struct Job;
  struct State;
  static void Run(void* job);
  static void Cancel(void* job);

  // Shared with the jobs: the last one may end after the database, and with it this, has gone.
  const std::shared_ptr<State> state_;
};

}  // namespace millrace::log
