// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "rocksdb/env.h"

namespace millrace::log {

// An Env that can hold RocksDB's flushes. Works around a defect of RocksDB 7.8 to 9.10.
//
// If a flush is scheduled before an error stops the database and starts after it, RocksDB loses the
// flush: `BackgroundFlush` leaves its request in the queue but, unlike `BackgroundCompaction`, does
// not count the request as unscheduled. Resume then waits for that flush forever. So Database calls
// Hold when it sees the error, before RocksDB stops, and Release once RocksDB recovers: RocksDB
// does not lose a flush that starts then. Thread-safe.
class FlushJobs final : public rocksdb::EnvWrapper {
 public:
  explicit FlushJobs(std::unique_ptr<rocksdb::Env> target);
  ~FlushJobs() override;

  static const char* kClassName() { return "FlushJobs"; }
  const char* Name() const override { return kClassName(); }

  // From now on no flush starts.
  void Hold();
  // While flushes are held: waits until all other flushes and compactions have ended, including
  // those that wait for a thread. Returns whether a scheduled flush is held.
  bool AwaitUnheldJobs();
  // Ends Hold. Later calls of Hold affect neither the jobs that RocksDB has scheduled so far nor
  // the flushes that these jobs schedule.
  void Release();
  // The number of running flushes.
  int running() const;

  void Schedule(void (*run)(void*), void* argument, Priority priority, void* tag,
                void (*cancel)(void*)) override;
  // Called when the database with this tag closes: cancels its held flushes and holds none later.
  int UnSchedule(void* tag, Priority priority) override;

 private:
  struct Job;
  struct State;
  static void Run(void* job);
  static void Cancel(void* job);

  // Shared with the jobs, because the last job can end after the database and this object are
  // destroyed.
  const std::shared_ptr<State> state_;
};

}  // namespace millrace::log
