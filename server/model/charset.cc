// SPDX-License-Identifier: Apache-2.0

#include "model/charset.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/bytes.h"
#include "model/charset_tables.h"

namespace millrace {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

// The length of the UTF-8 sequence at `at`, which starts with a byte of 0x80 or more; 0 if it is
// malformed. See table 3-7 of the Unicode standard.
size_t SequenceLength(const unsigned char* at, const unsigned char* end) {
  const unsigned lead = at[0];
  const auto left = static_cast<size_t>(end - at);
  const auto is_trail = [&](size_t i) { return (at[i] & 0xc0) == 0x80; };
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return left >= 2 && is_trail(1) ? 2 : 0;
  if (lead < 0xf0) {
    if (left < 3 || !is_trail(1) || !is_trail(2)) return 0;
    if (lead == 0xe0 && at[1] < 0xa0) return 0;
    if (lead == 0xed && at[1] >= 0xa0) return 0;
    return 3;
  }
  if (lead > 0xf4 || left < 4 || !is_trail(1) || !is_trail(2) || !is_trail(3)) return 0;
  if (lead == 0xf0 && at[1] < 0x90) return 0;
  if (lead == 0xf4 && at[1] >= 0x90) return 0;
  return 4;
}

const unsigned char* Unsigned(const char* from) {
  return reinterpret_cast<const unsigned char*>(from);
}

// The address of the first byte of 0x80 or more, or `end`.
const char* SkipAscii(const char* at, const char* end) {
  const char* const begin = at;
  while (end - at >= 16) {
    if ((LoadLittle64(at) | LoadLittle64(at + 8)) & kHighBits) break;
    at += 16;
  }
  while (end - at >= 8) {
    const uint64_t high = LoadLittle64(at) & kHighBits;
    if (high != 0) return at + (std::countr_zero(high) >> 3);
    at += 8;
  }
  // Check the last eight bytes at once, though some were checked above.
  if (end - begin >= 8 && (LoadLittle64(end - 8) & kHighBits) == 0) return end;
  while (at < end && static_cast<signed char>(*at) >= 0) ++at;
  return at;
}

bool IsAscii(std::string_view bytes) {
  return SkipAscii(bytes.data(), bytes.data() + bytes.size()) == bytes.data() + bytes.size();
}

template <unsigned kWidth, bool kLittle>
uint32_t LoadUnit(const char* from) {
  if constexpr (kWidth == 2 && kLittle) return LoadLittle16(from);
  return static_cast<uint32_t>(LoadBig(from, kWidth));
}

bool IsSurrogate(uint32_t unit) { return unit >= 0xd800 && unit < 0xe000; }

// Converts UCS-2, UTF-16 and UTF-32. `kPairs`: surrogates can form pairs.
template <unsigned kWidth, bool kLittle, bool kPairs>
char* WriteWide(std::string_view bytes, char* to) {
  if (bytes.size() % kWidth != 0) return nullptr;
  const char* at = bytes.data();
  const char* end = at + bytes.size();
  for (; at != end; at += kWidth) {
    uint32_t code_point = LoadUnit<kWidth, kLittle>(at);
    if (IsSurrogate(code_point)) {
      if (!kPairs || code_point >= 0xdc00 || end - at < 4) return nullptr;
      at += kWidth;
      const uint32_t low = LoadUnit<kWidth, kLittle>(at);
      if (low < 0xdc00 || low >= 0xe000) return nullptr;
      code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code_point > 0x10ffff) return nullptr;
    to = WriteCodePoint(to, code_point);
  }
  return to;
}

uint32_t EncodeForTable(uint32_t code_point) {
  char bytes[4] = {};
  const char* end = WriteCodePoint(bytes, code_point);
  return LoadLittle32(bytes) | static_cast<uint32_t>(end - bytes) << 24;
}

std::unique_ptr<uint32_t[]> EncodeTable(const SingleByteTable& table) {
  auto encoded = std::make_unique<uint32_t[]>(256);
  for (uint32_t byte = 0; byte < 128; ++byte) {
    encoded[byte] = EncodeForTable(byte);
    const uint32_t code_point = table.upper[byte];
    encoded[128 + byte] = code_point == 0 ? 0 : EncodeForTable(code_point);
  }
  for (const auto& [byte, code_point] : ExceptionsBelow128(table.charset)) {
    encoded[byte] = code_point == 0 ? 0 : EncodeForTable(code_point);
  }
  return encoded;
}

// The bytes whose character also has a lower byte.
std::bitset<256> AliasesIn(const uint32_t* encoded) {
  std::bitset<256> aliases;
  for (size_t byte = 1; byte < 256; ++byte) {
    const auto same = [&](uint32_t lower) { return lower == encoded[byte]; };
    aliases[byte] = encoded[byte] != 0 && std::any_of(encoded, encoded + byte, same);
  }
  return aliases;
}

}  // namespace

bool IsValidUtf8(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (true) {
    at = SkipAscii(at, end);
    // Runs of ASCII are short in text that is not English: stay in this loop.
    while (at < end && static_cast<signed char>(*at) < 0) {
      const size_t length = SequenceLength(Unsigned(at), Unsigned(end));
      if (length == 0) return false;
      at += length;
    }
    if (at == end) return true;
  }
}

char* Charset::WriteSingleByte(std::string_view bytes, char* to) const {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at < end) {
    if (ascii_below_128_) {
      while (end - at >= 8 && (LoadLittle64(at) & kHighBits) == 0) {
        std::memcpy(to, at, 8);
        at += 8;
        to += 8;
      }
      if (at == end) break;
    }
    // Convert the next eight bytes one by one; each store writes four bytes.
    const char* const stop = end - at < 8 ? end : at + 8;
    for (; at < stop; ++at) {
      const uint32_t encoded = encoded_[static_cast<unsigned char>(*at)];
      if (encoded == 0) return nullptr;
      std::memcpy(to, &encoded, 4);
      to += encoded >> 24;
    }
  }
  return to;
}

char* Charset::WriteUtf8(std::string_view bytes, char* to) const {
  switch (kind_) {
    case Kind::kUtf8:
    case Kind::kAscii:
      if (!(kind_ == Kind::kAscii ? IsAscii(bytes) : IsValidUtf8(bytes))) return nullptr;
      if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
      return to + bytes.size();
    case Kind::kSingleByte:
      return WriteSingleByte(bytes, to);
    case Kind::kMultibyte:
      return multibyte_->WriteUtf8(bytes, to);
    case Kind::kUcs2:
      return WriteWide<2, false, false>(bytes, to);
    case Kind::kUtf16:
      return WriteWide<2, false, true>(bytes, to);
    case Kind::kUtf16Little:
      return WriteWide<2, true, true>(bytes, to);
    case Kind::kUtf32:
      return WriteWide<4, false, false>(bytes, to);
  }
  return nullptr;
}

bool Charset::HasAlias(std::string_view bytes) const {
  if (!has_aliases_) return false;
  if (kind_ == Kind::kMultibyte) return multibyte_->HasAlias(bytes);
  return std::any_of(bytes.begin(), bytes.end(),
                     [this](char byte) { return alias_bytes_[static_cast<unsigned char>(byte)]; });
}

bool Charset::AppendUtf8(std::string_view bytes, std::string& to) const {
  const size_t before = to.size();
  to.resize(before + Utf8BufferBytes(bytes.size()));
  const char* end = WriteUtf8(bytes, to.data() + before);
  to.resize(end == nullptr ? before : static_cast<size_t>(end - to.data()));
  return end != nullptr;
}

// The charsets built so far, by name.
class CharsetCatalog {
 public:
  const Charset* Find(std::string_view name) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    const auto found = charsets_.find(name);
    if (found != charsets_.end()) return found->second.get();
    std::unique_ptr<Charset> made = Make(name);
    if (made == nullptr) return nullptr;
    return charsets_.emplace(std::string(name), std::move(made)).first->second.get();
  }

 private:
  static std::unique_ptr<Charset> Make(std::string_view name) {
    Charset charset;
    charset.name_ = std::string(name);
    if (const auto kind = UnicodeKind(name); kind.has_value()) {
      charset.kind_ = *kind;
    } else if (const SingleByteTable* table = FindSingleByteTable(name); table != nullptr) {
      charset.kind_ = Charset::Kind::kSingleByte;
      charset.encoded_ = EncodeTable(*table);
      charset.ascii_below_128_ = ExceptionsBelow128(name).empty();
      charset.alias_bytes_ = AliasesIn(charset.encoded_.get());
      charset.has_aliases_ = charset.alias_bytes_.any();
    } else {
      charset.kind_ = Charset::Kind::kMultibyte;
      charset.multibyte_ = MultibyteTable::Make(name);
      if (charset.multibyte_ == nullptr) return nullptr;
      charset.has_aliases_ = charset.multibyte_->has_aliases();
    }
    return std::make_unique<Charset>(std::move(charset));
  }

  static std::optional<Charset::Kind> UnicodeKind(std::string_view name) {
    if (name == "utf8mb4" || name == "utf8mb3" || name == "utf8" || name == "binary") {
      return Charset::Kind::kUtf8;
    }
    if (name == "ascii") return Charset::Kind::kAscii;
    if (name == "ucs2") return Charset::Kind::kUcs2;
    if (name == "utf16") return Charset::Kind::kUtf16;
    if (name == "utf16le") return Charset::Kind::kUtf16Little;
    if (name == "utf32") return Charset::Kind::kUtf32;
    return std::nullopt;
  }

  absl::Mutex mutex_;
  std::map<std::string, std::unique_ptr<Charset>, std::less<>> charsets_ ABSL_GUARDED_BY(mutex_);
};

const Charset* FindCharset(std::string_view mysql_charset_name) {
  static CharsetCatalog catalog;
  return catalog.Find(mysql_charset_name);
}

}  // namespace millrace
