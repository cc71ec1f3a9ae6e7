// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace millrace {

// Checks that the loaded client library is of the series (3.3 of 3.3.20) that millraced was
// compiled for. millraced reads private structures of the library, which may differ in another
// series. kFailedPrecondition CLIENT_LIBRARY_MISMATCH: the series differs, or `loaded` is not a
// version.
absl::Status CheckClientSeries(std::string_view compiled, std::string_view loaded);

}  // namespace millrace
