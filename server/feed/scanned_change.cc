// SPDX-License-Identifier: Apache-2.0

#include "feed/scanned_change.h"

#include "base/bytes.h"

namespace millrace::feed {
namespace {

void Set(RowImage& image, const wire::ImageView& view) {
  image.present = view.present;
  image.row = view.row;
  image.texts.clear();
  image.partial = view.partial;
}

}  // namespace

bool ScannedChange::Parse(std::string_view change) {
  if (!wire::ParseChange(change, view)) return false;
  Set(before, view.before);
  Set(after, view.after);
  wire::TextReader texts(view.texts);
  for (wire::TextView text; texts.Next(text);) {
    (text.in_before ? before : after)
        .texts.push_back({.field_number = text.field_number,
                          .in_before = text.in_before,
                          .ambiguous = text.ambiguous,
                          .charset = text.charset,
                          .bytes = text.value});
  }
  return true;
}

std::optional<RowDigest> RowDigester::Of(uint32_t table_id, const transcode::RowKey& key,
                                         const RowImage& image) {
  scratch_.clear();
  AppendLittle32(scratch_, table_id);
  if (!key.Append(image.encoded(), scratch_)) return std::nullopt;
  const XXH128_hash_t hash = XXH3_128bits_withSeed(scratch_.data(), scratch_.size(), log_id_);
  return RowDigest{.high = hash.high64, .low = hash.low64};
}

}  // namespace millrace::feed
