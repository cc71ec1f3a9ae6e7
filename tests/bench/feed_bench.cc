// SPDX-License-Identifier: Apache-2.0

// Compares the feed with the limits of the machine, in one run. README.md describes each figure
// and how it is measured.
//
// Prints a table; with --json FILE also writes {key: {median, min, max, unit, limit}}.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/bench.h"
#include "bench/raw_stream.h"

namespace millrace::testing {
namespace {

using Subject = std::pair<std::string, void (*)(Bench&, Report&)>;

const std::vector<Subject>& Subjects() {
  static const auto& subjects = *new std::vector<Subject>{
      {"ingest", MeasureIngest},   {"catchup", MeasureCatchup}, {"fanout", MeasureFanout},
      {"latency", MeasureLatency}, {"memory", MeasureMemory},   {"restart", MeasureRestart}};
  return subjects;
}

int Main(int argc, char** argv) {
  CLI::App app("Compares the feed with the limits of the machine.");
  bool quick = false;
  std::string json;
  std::vector<std::string> wanted;
  std::vector<std::string> names;
  for (const Subject& subject : Subjects()) names.push_back(subject.first);
  app.add_flag("--quick", quick, "smaller loads, one run of each");
  app.add_option("--json", json, "also write the figures to this file");
  app.add_option("subjects", wanted, "subjects to measure; all by default")
      ->check(CLI::IsMember(names));
  CLI11_PARSE(app, argc, argv);
  Report report;
  Bench bench(quick ? Load::Quick() : Load());
  for (const auto& [name, measure] : Subjects()) {
    const bool is_wanted =
        wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    if (!is_wanted) continue;
    std::cerr << "bench: " << name << std::endl;
    measure(bench, report);
  }
  report.Print();
  if (!json.empty()) report.Write(json);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace millrace::testing

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == millrace::testing::kServeRawStreams) {
    millrace::testing::ServeRawStreams(std::strtoull(argv[2], nullptr, 10));
  }
  return millrace::testing::Main(argc, argv);
}
