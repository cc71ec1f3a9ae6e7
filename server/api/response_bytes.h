// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "feed/slicer.h"
#include "grpcpp/support/byte_buffer.h"
#include "model/sequence.h"

namespace millrace::api {

// A response on the wire: `pieces`, then `tail`. Large pieces are not copied; gRPC holds their
// frames until it has sent them. Smaller pieces are copied into combined slices.
grpc::ByteBuffer ResponseBytes(const std::vector<feed::Piece>& pieces, std::string_view tail);

// RESOURCE_EXHAUSTED RESPONSE_TOO_LARGE: a response with changes up to `passed` would have `bytes`.
absl::Status ResponseTooLarge(Sequence passed, size_t bytes);

}  // namespace millrace::api
