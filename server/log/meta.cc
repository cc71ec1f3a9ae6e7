// SPDX-License-Identifier: Apache-2.0

#include "log/meta.h"

#include "base/bytes.h"

namespace millrace::log {

std::string SerializeVisible(Sequence newest, Micros commit_time_max,
                             std::string_view source_position) {
  std::string stored;
  AppendLittle64(stored, newest.value);
  AppendLittle64(stored, static_cast<uint64_t>(commit_time_max));
  stored.append(source_position);
  return stored;
}

std::optional<Visible> ParseVisible(std::string_view stored) {
  ByteReader reader(stored);
  Visible visible;
  visible.newest = {reader.Little64()};
  visible.commit_time_max = static_cast<Micros>(reader.Little64());
  visible.source_position = reader.rest();
  if (!reader.ok()) return std::nullopt;
  return visible;
}

std::string FrameKey(Sequence first) {
  std::string key;
  AppendBig64(key, first.value);
  return key;
}

std::optional<Sequence> ParseFrameKey(std::string_view key) {
  if (key.size() != sizeof(uint64_t)) return std::nullopt;
  return Sequence{LoadBig(key.data(), sizeof(uint64_t))};
}

}  // namespace millrace::log
