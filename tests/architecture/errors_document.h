// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace millrace {

// The contents of server/ERRORS.md, made from the table of errors in base/reasons.inc.
std::string ErrorsDocument();

}  // namespace millrace
