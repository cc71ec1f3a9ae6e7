// SPDX-License-Identifier: Apache-2.0

#include "model/source_position.h"

#include "base/bytes.h"
#include "base/error.h"
#include "fmt/format.h"

namespace millrace {
namespace {

// Persistent, see FORMAT.md.
constexpr uint8_t kVersion = 1;

}  // namespace

std::string SourcePosition::ToString() const {
  if (!file.empty()) return fmt::format("{}:{}", file, offset);
  return gtids.empty() ? "the beginning" : "after GTIDs " + gtids.ToString();
}

void SourcePosition::AppendBinary(std::string& to) const {
  to.push_back(kVersion);
  AppendSized(to, file);
  AppendVarint(to, offset);
  // The set goes last, so it needs no length.
  gtids.AppendBinary(to);
}

absl::StatusOr<SourcePosition> SourcePosition::FromBinary(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.Little8();
  SourcePosition position;
  position.file = reader.Sized();
  position.offset = reader.Varint();
  if (!reader.ok() || version != kVersion) {
    return absl::InvalidArgumentError(
        fmt::format("expected a source position of version {}, found {} bytes of version {}",
                    kVersion, bytes.size(), version));
  }
  MILLRACE_ASSIGN_OR_RETURN(position.gtids, GtidSet::FromBinary(reader.rest()));
  return position;
}

}  // namespace millrace
