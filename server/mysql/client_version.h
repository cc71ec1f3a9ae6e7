// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace millrace {

// Checks that the client library in this process is of the series (3.3 of 3.3.20) that millraced
// was compiled for: private structures of the library, which may differ in another series, are
// read. kFailedPrecondition CLIENT_LIBRARY_MISMATCH: it is of another series, or `loaded` is no
// version.
absl::Status CheckClientSeries(std::string_view compiled, std::string_view loaded);

}  // namespace millrace
