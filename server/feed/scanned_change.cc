// SPDX-License-Identifier: Apache-2.0

#include "feed/scanned_change.h"

#include <algorithm>

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

struct InvalidEntry {
  uint32_t field_number = 0;
  bool in_before = false;
  std::string_view value;
};

bool ParseInvalid(std::string_view bytes, InvalidEntry& entry) {
  ByteReader reader(bytes);
  WireField field;
  while (NextField(reader, field)) {
    switch (field.number) {
      case v1::InvalidText::kFieldNumberFieldNumber:
        entry.field_number = static_cast<uint32_t>(field.varint);
        break;
      case v1::InvalidText::kInBeforeFieldNumber:
        entry.in_before = field.varint != 0;
        break;
      case v1::InvalidText::kValueFieldNumber:
        entry.value = field.value;
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

void Clear(RowImage& image) {
  image.present = false;
  image.row = {};
  image.invalid.clear();
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
  InvalidEntry entry;
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
        entry = {};
        ok = ParseInvalid(field.value, entry);
        (entry.in_before ? before : after).invalid.emplace_back(entry.field_number, entry.value);
        if (!entry.in_before) kept.push_back(field.tagged);
        break;
      default:
        kept.push_back(field.tagged);  // the names
        break;
    }
  }
  return ok && reader.ok();
}

std::optional<RowDigest> RowDigester::Of(uint32_t table_id, const std::vector<uint32_t>& key,
                                         const RowImage& image) {
  scratch_.clear();
  AppendLittle32(scratch_, table_id);
  if (!CollectFields(image)) return std::nullopt;
  if (key.empty()) {
    std::sort(fields_.begin(), fields_.end(),
              [](const Field& a, const Field& b) { return a.number < b.number; });
    for (const Field& field : fields_) AppendField(field);
  } else if (!AppendKey(key)) {
    return std::nullopt;
  }
  const XXH128_hash_t hash = XXH3_128bits_withSeed(scratch_.data(), scratch_.size(), log_id_);
  return RowDigest{.high = hash.high64, .low = hash.low64};
}

bool RowDigester::CollectFields(const RowImage& image) {
  fields_.clear();
  ByteReader reader(image.row);
  WireField field;
  while (NextField(reader, field)) {
    fields_.push_back({.number = field.number, .bytes = field.value});
  }
  for (const auto& [number, value] : image.invalid) {
    fields_.push_back({.number = number, .invalid = true, .bytes = value});
  }
  return reader.ok();
}

bool RowDigester::AppendKey(const std::vector<uint32_t>& key) {
  for (const uint32_t number : key) {
    const auto field = std::find_if(fields_.begin(), fields_.end(),
                                    [number](const Field& f) { return f.number == number; });
    if (field == fields_.end()) return false;
    AppendField(*field);
  }
  return true;
}

void RowDigester::AppendField(const Field& field) {
  AppendVarint(scratch_, field.number);
  scratch_.push_back(field.invalid ? 1 : 0);
  AppendSized(scratch_, field.bytes);
}

}  // namespace millrace::feed
