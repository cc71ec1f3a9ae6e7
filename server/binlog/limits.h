// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace::binlog {

// The most columns that MySQL and MariaDB allow in a table.
inline constexpr uint64_t kColumnsMax = 4096;

}  // namespace millrace::binlog
