// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace millrace::transcode {

// Decompresses a value of a MariaDB column with the attribute COMPRESSED. `value` becomes a view of
// `stored` if it is not compressed, otherwise of `buffer`, which may be reused. False: `stored` is
// malformed or the value exceeds `size_max`.
// https://mariadb.com/kb/en/storage-engine-independent-column-compression/
bool DecompressValue(std::string_view stored, size_t size_max, std::string& buffer,
                     std::string_view& value);

}  // namespace millrace::transcode
