// SPDX-License-Identifier: Apache-2.0

#include "api/response_bytes.h"

#include <string>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "grpcpp/support/slice.h"

namespace millrace::api {
namespace {

// Below this size, a copy is cheaper than a slice with its own reference.
constexpr size_t kCopyBytesMax = 1024;

void ReleaseFrame(void* frame) { delete static_cast<feed::FramePtr*>(frame); }

grpc::Slice SliceOfFrame(const feed::Piece& piece) {
  // gRPC calls ReleaseFrame when it drops the last reference to the slice.
  auto* holder = new feed::FramePtr(piece.frame);
  return grpc::Slice(const_cast<char*>(piece.view.data()), piece.view.size(), ReleaseFrame, holder);
}

}  // namespace

grpc::ByteBuffer ResponseBytes(const std::vector<feed::Piece>& pieces, std::string_view tail) {
  std::vector<grpc::Slice> slices;
  std::string gathered;
  const auto flush = [&] {
    if (!gathered.empty()) slices.emplace_back(gathered);
    gathered.clear();
  };
  for (const feed::Piece& piece : pieces) {
    if (piece.frame == nullptr || piece.view.size() <= kCopyBytesMax) {
      gathered.append(piece.bytes());
      continue;
    }
    flush();
    slices.push_back(SliceOfFrame(piece));
  }
  gathered.append(tail);
  flush();
  return grpc::ByteBuffer(slices.data(), slices.size());
}

absl::Status ResponseTooLarge(Sequence passed, size_t bytes) {
  return MakeError(reason::kResponseTooLarge,
                   fmt::format("a response up to change {} has {} bytes, more than a protobuf "
                               "message may have; leave large columns out with "
                               "source.exclude_columns",
                               passed.value, bytes));
}

}  // namespace millrace::api
