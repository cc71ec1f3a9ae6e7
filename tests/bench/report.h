// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace millrace::testing {

// Figures of a benchmark by key: all their runs, and the limit of the machine.
class Report {
 public:
  // `limit`: of the same run; 0 if there is none. The report has the median of the limits.
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

// Peak memory and CPU time of a process since its start.
double PeakRssMib(pid_t pid);
double CpuSeconds(pid_t pid);

}  // namespace millrace::testing
