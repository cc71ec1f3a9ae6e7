// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "log/frame.h"
#include "log/log.h"

namespace millrace::log::testing {

// A frame of one transaction with `change_count` changes in one run. Its payload is filled with
// bytes that do not compress and depend on `first`.
FrameContent OneTransaction(Sequence first, uint32_t change_count, size_t payload_bytes = 200,
                            Micros commit_time = 1'000'000);

// A frame with several transactions, the last of which goes on in the next frame, and several runs.
FrameContent ManyTransactions(Sequence first);

StoredFrame Stored(const FrameContent& content);

// Gives the changed bytes of a stored frame a checksum that matches, as a hostile disk could.
std::string WithChecksum(Sequence first, std::string stored);

}  // namespace millrace::log::testing
