// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "benchmark/benchmark.h"
#include "log/content.h"
#include "log/log.h"
#include "support/temp_directory.h"

// Writes frames of 64 KiB to the log and reads them: `items_per_second` counts frames,
// `bytes_per_second` their payload. The bytes do not compress, which is the worst case for the
// disk.
namespace millrace::log {
namespace {

constexpr size_t kPayloadBytes = 64 << 10;
constexpr uint32_t kChanges = 300;
constexpr int kFramesKept = 2'000;

// A log in its own directory.
class LogUnderTest {
 public:
  explicit LogUnderTest(Durability durability) {
    LogOptions options;
    options.directory = directory_.path() / "log";
    options.durability = durability;
    auto log = Log::Open(options, Clock::System());
    MILLRACE_CHECK(log.ok());
    log_ = std::move(*log);
  }

  // Commits one batch of `frames` frames. `state`, if not null, excludes the time of making them.
  void Append(int frames, benchmark::State* state) {
    if (state != nullptr) state->PauseTiming();
    Batch batch;
    for (int i = 0; i < frames; ++i) {
      batch.frames.push_back(
          testing::Stored(testing::OneTransaction(next_, kChanges, kPayloadBytes)));
      batch.newest = Sequence{next_.value + kChanges - 1};
      next_ = Sequence{next_.value + kChanges};
    }
    batch.commit_time_max = 1'000'000;
    if (state != nullptr) state->ResumeTiming();
    MILLRACE_CHECK(log_->Commit(batch).ok());
  }

  Log& log() { return *log_; }

 private:
  const millrace::testing::TempDirectory directory_;
  std::unique_ptr<Log> log_;
  Sequence next_{1};
};

void CountFrames(benchmark::State& state, int64_t frames) {
  state.SetItemsProcessed(frames);
  state.SetBytesProcessed(frames * static_cast<int64_t>(kPayloadBytes));
}

// Argument: frames per batch. One sync covers a batch.
void Append(benchmark::State& state, Durability durability) {
  LogUnderTest log(durability);
  const auto frames = static_cast<int>(state.range(0));
  for (auto _ : state) log.Append(frames, &state);
  CountFrames(state, state.iterations() * frames);
}
// Fixed numbers of iterations, because each one makes the directory larger.
BENCHMARK_CAPTURE(Append, durable, Durability::kDurable)->Arg(1)->Iterations(500)->UseRealTime();
BENCHMARK_CAPTURE(Append, durable, Durability::kDurable)->Arg(32)->Iterations(100)->UseRealTime();
BENCHMARK_CAPTURE(Append, relaxed, Durability::kRelaxed)->Arg(1)->Iterations(3000)->UseRealTime();
BENCHMARK_CAPTURE(Append, relaxed, Durability::kRelaxed)->Arg(32)->Iterations(100)->UseRealTime();

// Argument: maximum bytes per call. Reads like a subscriber that lags.
void ReadFrames(benchmark::State& state) {
  LogUnderTest log(Durability::kRelaxed);
  for (int i = 0; i < kFramesKept; i += 50) log.Append(50, nullptr);
  int64_t frames = 0;
  Sequence from{1};
  for (auto _ : state) {
    const auto read = log.log().ReadFrames(from, static_cast<size_t>(state.range(0)));
    MILLRACE_CHECK(read.ok());
    frames += static_cast<int64_t>(read->size());
    from = read->empty() ? Sequence{1} : Sequence{read->back()->last().value + 1};
  }
  CountFrames(state, frames);
}
BENCHMARK(ReadFrames)->Arg(64 << 10)->Arg(256 << 10)->Arg(2 << 20)->UseRealTime();

// Looks up random positions by sequence.
void FrameContaining(benchmark::State& state) {
  LogUnderTest log(Durability::kRelaxed);
  for (int i = 0; i < kFramesKept; i += 50) log.Append(50, nullptr);
  uint64_t at = 0;
  for (auto _ : state) {
    at = (at + 7'919 * kChanges) % (uint64_t{kFramesKept} * kChanges);
    const auto frame = log.log().FrameContaining(Sequence{at + 1});
    MILLRACE_CHECK(frame.ok());
  }
  CountFrames(state, state.iterations());
}
BENCHMARK(FrameContaining)->UseRealTime();

}  // namespace
}  // namespace millrace::log

BENCHMARK_MAIN();
