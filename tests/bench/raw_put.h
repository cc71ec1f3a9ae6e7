// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "system/feed_server.h"

namespace millrace::testing {

// The limit beside the writing of the log: a bare RocksDB takes values of 64 KiB, cut out of what
// `feed` serves, one by one, with its write-ahead log and LZ4 and without syncing: megabytes a
// second, in all `bytes`.
double RawPutMegabytes(const FeedServer& feed, uint64_t bytes);

}  // namespace millrace::testing
