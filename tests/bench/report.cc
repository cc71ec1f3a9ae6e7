// SPDX-License-Identifier: Apache-2.0

#include "bench/report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace millrace::testing {
namespace {

// 0 without values.
double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

void Report::Add(const std::string& key, double value, const std::string& unit, double limit) {
  Figure& figure = figures_[key];
  figure.runs.push_back(value);
  figure.unit = unit;
  if (limit != 0) figure.limits.push_back(limit);
}

void Report::Print() const {
  std::cout << fmt::format("{:<38} {:>14} {:>14} {:>14} {:>14}  {}\n", "", "median", "min", "max",
                           "limit", "unit");
  for (const auto& [key, figure] : figures_) {
    const auto [min, max] = std::minmax_element(figure.runs.begin(), figure.runs.end());
    const double limit = Median(figure.limits);
    std::cout << fmt::format("{:<38} {:>14.2f} {:>14.2f} {:>14.2f} {:>14}  {}\n", key,
                             Median(figure.runs), *min, *max,
                             limit != 0 ? fmt::format("{:.2f}", limit) : "", figure.unit);
  }
}

void Report::Write(const std::string& path) const {
  nlohmann::json json;
  for (const auto& [key, figure] : figures_) {
    const auto [min, max] = std::minmax_element(figure.runs.begin(), figure.runs.end());
    json[key] = {{"median", Median(figure.runs)},
                 {"min", *min},
                 {"max", *max},
                 {"unit", figure.unit},
                 {"limit", Median(figure.limits)}};
  }
  std::ofstream(path) << json.dump(2) << "\n";
}

double PeakRssMib(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::atof(line.c_str() + 6) / 1024;
  }
  return 0;
}

double CpuSeconds(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text);
  // Fields 14 and 15, counted from the end of the name, which may contain any character.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace millrace::testing
