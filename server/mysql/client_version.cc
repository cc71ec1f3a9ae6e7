// SPDX-License-Identifier: Apache-2.0

#include "mysql/client_version.h"

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace {
namespace {

// The first two numbers: `3.3` of `3.3.20`. Empty if `version` has fewer than three.
std::string_view SeriesOf(std::string_view version) {
  const size_t first = version.find('.');
  if (first == std::string_view::npos) return {};
  const size_t second = version.find('.', first + 1);
  return second == std::string_view::npos ? std::string_view() : version.substr(0, second);
}

}  // namespace

absl::Status CheckClientSeries(std::string_view compiled, std::string_view loaded) {
  const std::string_view series = SeriesOf(compiled);
  if (!series.empty() && SeriesOf(loaded) == series) return absl::OkStatus();
  return MakeError(
      reason::kClientLibraryMismatch,
      fmt::format("millraced was compiled for MariaDB Connector/C {}.x, and version {} is loaded: "
                  "install libmariadb3 of series {}, or compile millraced for the installed one",
                  series, loaded, series),
      {{"compiled", std::string(compiled)}, {"loaded", std::string(loaded)}});
}

}  // namespace millrace
