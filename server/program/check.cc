// SPDX-License-Identifier: Apache-2.0

#include "program/check.h"

#include <cstdlib>
#include <iostream>

#include "fmt/format.h"
#include "model/flavour.h"
#include "mysql/source_check.h"
#include "mysql/source_pool.h"
#include "program/failure.h"
#include "program/source.h"

namespace millrace::program {

int Check(const Config& config) {
  const SourcePool source(SourceOf(config));
  auto connection = source.Connect();
  if (!connection.ok()) return Report({connection.status()});
  const auto findings = CheckSource(**connection, source.options(), &config.snapshot);
  if (!findings.ok()) return Report({findings.status()});
  const ServerInfo& server = (*connection)->info();
  std::cout << fmt::format("{} is {} {}\n", (*connection)->endpoint(), FlavourName(server.flavour),
                           server.version_text);
  bool works = true;
  for (const Finding& finding : *findings) {
    const bool error = finding.severity == Severity::kError;
    works = works && !error;
    std::cout << fmt::format("{}  {}\n         {}\n", error ? "error  " : "warning",
                             finding.message, finding.remedy);
  }
  std::cout << (works ? "ready: a feed works with this source\n"
                      : "not ready: fix the errors above, then check again\n");
  return works ? EXIT_SUCCESS : kExitFailure;
}

}  // namespace millrace::program
