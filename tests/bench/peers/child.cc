// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/child.h"

#include <cstdlib>
#include <limits>
#include <utility>

#include "absl/time/clock.h"
#include "base/error.h"
#include "bench/backlog.h"
#include "bench/report.h"
#include "fmt/format.h"

namespace millrace::testing {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);
constexpr absl::Duration kPollInterval = absl::Milliseconds(2);
constexpr size_t kErrorBytesShown = 3000;

// Returns the number after ` name=` in a line.
double Value(std::string_view line, std::string_view name) {
  const std::string key = fmt::format(" {}=", name);
  const size_t at = line.find(key);
  if (at == std::string_view::npos) {
    Die(absl::InternalError(fmt::format("a peer prints no {}: {}", name, line)));
  }
  return std::atof(std::string(line.substr(at + key.size())).c_str());
}

}  // namespace

PeerChild::PeerChild(std::string name, std::string program, std::vector<std::string> arguments)
    : name_(std::move(name)),
      started_(absl::Now()),
      process_(Take(Process::Start({.program = std::move(program),
                                    .arguments = std::move(arguments),
                                    .environment = {},
                                    .directory = directory_.path(),
                                    .output = directory_.path() / "output",
                                    .errors = directory_.path() / "log"}))) {}

void PeerChild::WaitUntilStreaming() { WaitForLine("streaming", kStartTimeout); }

PeerChild::Outcome PeerChild::Finish(absl::Duration timeout) {
  WaitForLine("first", timeout);
  const double cpu_at_first = CpuSeconds(process_.pid());
  const std::string done = WaitForLine("done", timeout);
  const absl::Duration since_start = absl::Now() - started_;
  const double cpu = CpuSeconds(process_.pid()) - cpu_at_first;
  const double rows = Value(done, "rows");
  const double counted = Value(done, "counted");
  return {.rows = static_cast<uint64_t>(rows),
          .rows_s = counted / Value(done, "seconds"),
          .rows_s_from_start = rows / absl::ToDoubleSeconds(since_start),
          .cpu_s_per_million = cpu * 1e6 / counted,
          .rss_mib = PeakRssMib(process_.pid()),
          .p50_us = Value(done, "p50_us"),
          .p99_us = Value(done, "p99_us")};
}

std::string PeerChild::WaitForLine(std::string_view word, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const bool running = process_.Running();
    const std::string output =
        "\n" + ReadFileTail(directory_.path() / "output", std::numeric_limits<size_t>::max());
    const size_t at = output.find(fmt::format("\n{}", word));
    const size_t end = at == std::string::npos ? at : output.find('\n', at + 1);
    if (end != std::string::npos) return output.substr(at + 1, end - at - 1);
    if (!running || absl::Now() > deadline) {
      Die(absl::InternalError(fmt::format(
          "{} {} before it printed '{}'; it wrote:\n{}", name_, running ? "took too long" : "ended",
          word, ReadFileTail(directory_.path() / "log", kErrorBytesShown))));
    }
    absl::SleepFor(kPollInterval);
  }
}

}  // namespace millrace::testing
