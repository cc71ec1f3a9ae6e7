// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "log/frame.h"
#include "log/log.h"

namespace millrace::log::testing {

// A frame with one transaction of `change_count` changes in one run. Its payload has incompressible
// bytes that depend on `first`.
FrameContent OneTransaction(Sequence first, uint32_t change_count, size_t payload_bytes = 200,
                            Micros commit_time = 1'000'000);

// A frame with several runs and transactions, the last of which continues in the next frame.
FrameContent ManyTransactions(Sequence first);

StoredFrame Stored(const FrameContent& content);

// Adds a matching checksum to the changed bytes of a stored frame, as a hostile disk could.
std::string WithChecksum(Sequence first, std::string stored);

}  // namespace millrace::log::testing
