// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "system/feed_server.h"

namespace millrace::testing {

// Measures the limit for writing the log: puts values of 64 KiB, cut from data that `feed` serves,
// one by one into a bare RocksDB with write-ahead log and LZ4, without syncing. Writes `bytes` in
// total and returns megabytes per second.
double RawPutMegabytes(const FeedServer& feed, uint64_t bytes);

}  // namespace millrace::testing
