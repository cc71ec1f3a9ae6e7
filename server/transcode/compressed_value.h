// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace millrace::transcode {

// What a value of a MariaDB column with the attribute COMPRESSED holds: `stored` without its header
// where it is plain, otherwise inflated into `buffer`, which is reused. False if it is malformed or
// would exceed `size_max`. https://mariadb.com/kb/en/storage-engine-independent-column-compression/
bool DecompressValue(std::string_view stored, size_t size_max, std::string& buffer,
                     std::string_view& value);

}  // namespace millrace::transcode
