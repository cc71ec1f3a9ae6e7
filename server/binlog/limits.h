// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace::binlog {

// Most columns that a table of MySQL or MariaDB can have.
inline constexpr uint64_t kColumnsMax = 4096;

}  // namespace millrace::binlog
