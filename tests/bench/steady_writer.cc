// SPDX-License-Identifier: Apache-2.0

#include "bench/steady_writer.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

using std::chrono::steady_clock;

double MicrosSince(steady_clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(steady_clock::now() - begin).count();
}

}  // namespace

WriterTimes WriteSteadily(const SourceServer& source, int rate, int count) {
  SqlSession session = source.MustConnect();
  WriterTimes times;
  const auto begin = steady_clock::now();
  for (int i = 0; i < count; ++i) {
    const auto due = begin + std::chrono::microseconds(int64_t{i} * 1'000'000 / rate);
    std::this_thread::sleep_until(due);
    times.slips.push_back(MicrosSince(due));
    const auto sent = steady_clock::now();
    session.MustExecute(
        fmt::format("UPDATE bench.account SET state = state + 1 WHERE id = {}", 1 + i % 1000));
    times.statements.push_back(MicrosSince(sent));
  }
  std::sort(times.statements.begin(), times.statements.end());
  std::sort(times.slips.begin(), times.slips.end());
  return times;
}

double Quantile(const std::vector<double>& sorted, double quantile) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<size_t>(quantile * static_cast<double>(sorted.size())))];
}

}  // namespace millrace::testing
