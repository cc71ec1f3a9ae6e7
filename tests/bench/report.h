// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace millrace::testing {

// Figures of a benchmark, by key: every run of them, and the limit of the machine beside it.
class Report {
 public:
  // `limit`: of the same run; 0 where there is none. Told is the median of them.
  void Add(const std::string& key, double value, const std::string& unit, double limit = 0);
  void Print() const;
  // As JSON: {key: {median, min, max, unit, limit}}.
  void Write(const std::string& path) const;

 private:
  struct Figure {
    std::vector<double> runs;
    std::string unit;
    std::vector<double> limits;
  };
  std::map<std::string, Figure> figures_;
};

// Of a process, since it began.
double PeakRssMib(pid_t pid);
double CpuSeconds(pid_t pid);

}  // namespace millrace::testing
