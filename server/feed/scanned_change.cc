// SPDX-License-Identifier: Apache-2.0

#include "feed/scanned_change.h"

#include "base/bytes.h"
#include "feed/wire_field.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::feed {
namespace {

using v1::Change;

constexpr uint32_t kAnyValue = 2;  // google.protobuf.Any

bool ParseAny(std::string_view any, RowImage& image) {
  image.present = true;
  ByteReader reader(any);
  WireField field;
  while (NextField(reader, field)) {
    if (field.number == kAnyValue) image.row = field.value;
  }
  return reader.ok();
}

// Fields of InvalidText and AmbiguousText, which have the first two in common.
constexpr uint32_t kFieldNumber = v1::InvalidText::kFieldNumberFieldNumber;
constexpr uint32_t kInBefore = v1::InvalidText::kInBeforeFieldNumber;
constexpr uint32_t kInvalidBytes = v1::InvalidText::kValueFieldNumber;
constexpr uint32_t kAmbiguousBytes = v1::AmbiguousText::kValueFieldNumber;
static_assert(kFieldNumber == uint32_t{v1::AmbiguousText::kFieldNumberFieldNumber} &&
              kInBefore == uint32_t{v1::AmbiguousText::kInBeforeFieldNumber});

bool ParseText(const WireField& from, transcode::InvalidText& text) {
  text = {};
  text.ambiguous = from.number == Change::kAmbiguousTextFieldNumber;
  const uint32_t bytes = text.ambiguous ? kAmbiguousBytes : kInvalidBytes;
  ByteReader reader(from.value);
  WireField field;
  while (NextField(reader, field)) {
    if (field.number == kFieldNumber) {
      text.field_number = static_cast<uint32_t>(field.varint);
    } else if (field.number == kInBefore) {
      text.in_before = field.varint != 0;
    } else if (field.number == bytes) {
      text.bytes = field.value;
    }
  }
  return reader.ok();
}

void Clear(RowImage& image) {
  image.present = false;
  image.row = {};
  image.texts.clear();
  image.partial = false;
}

}  // namespace

bool ScannedChange::Parse(std::string_view change) {
  operation = 0;
  sequence = {};
  Clear(before);
  Clear(after);
  kept.clear();
  ByteReader reader(change);
  WireField field;
  transcode::InvalidText text;
  bool ok = true;
  while (ok && NextField(reader, field)) {
    switch (field.number) {
      case Change::kSequenceFieldNumber:
        sequence = field.tagged;
        break;
      case Change::kOperationFieldNumber:
        operation = static_cast<uint8_t>(field.varint);
        break;
      case Change::kBeforeFieldNumber:
        ok = ParseAny(field.value, before);
        break;
      case Change::kAfterFieldNumber:
        ok = ParseAny(field.value, after);
        kept.push_back(field.tagged);
        break;
      case Change::kBeforeUnknownFieldsFieldNumber:
        before.partial = true;
        break;
      case Change::kAfterUnknownFieldsFieldNumber:
        after.partial = true;
        break;
      case Change::kInvalidTextFieldNumber:
      case Change::kAmbiguousTextFieldNumber:
        ok = ParseText(field, text);
        (text.in_before ? before : after).texts.push_back(text);
        if (!text.in_before) kept.push_back(field.tagged);
        break;
      default:
        kept.push_back(field.tagged);  // the names
        break;
    }
  }
  return ok && reader.ok();
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
