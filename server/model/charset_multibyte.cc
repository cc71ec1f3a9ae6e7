// SPDX-License-Identifier: Apache-2.0

#include "model/charset_multibyte.h"

#include <iconv.h>

#include <cstring>
#include <span>
#include <string>

#include "base/bytes.h"

namespace millrace {
namespace {

// MySQL maps the codes `first` … `last` to `code_point`, `code_point` + 1 …, or to nothing if it is
// 0. Found by comparing iconv with CONVERT(CONVERT(UNHEX(…) USING charset) USING utf8mb4) for every
// code.
struct Difference {
  uint32_t first;
  uint32_t last;
  uint32_t code_point;
};

constexpr Difference kBig5[] = {
    {0xa145, 0xa145, 0x2022}, {0xa14e, 0xa14e, 0xff64}, {0xa15a, 0xa15a, 0},
    {0xa1c2, 0xa1c2, 0x203e}, {0xa1c3, 0xa1c3, 0},      {0xa1c5, 0xa1c5, 0},
    {0xa1e3, 0xa1e3, 0x223c}, {0xa1f2, 0xa1f2, 0x2641}, {0xa1f3, 0xa1f3, 0x2609},
    {0xa1fe, 0xa1fe, 0},      {0xa240, 0xa240, 0},      {0xa241, 0xa241, 0xff0f},
    {0xa242, 0xa242, 0xff3c}, {0xa244, 0xa244, 0xa5},   {0xa246, 0xa247, 0xa2},
    {0xa2cc, 0xa2cc, 0},      {0xa2ce, 0xa2ce, 0},      {0xa3e1, 0xa3e1, 0},
    {0xc6a1, 0xc6a1, 0x30fe}, {0xc6a2, 0xc6a3, 0x309d}, {0xc6a4, 0xc6a4, 0x3005},
    {0xc6a5, 0xc6f7, 0x3041}, {0xc6f8, 0xc6fe, 0x30a1}, {0xc740, 0xc77e, 0x30a8},
    {0xc7a1, 0xc7b0, 0x30e7}, {0xc7b1, 0xc7b2, 0x414},  {0xc7b3, 0xc7b3, 0x401},
    {0xc7b4, 0xc7ba, 0x416},  {0xc7bb, 0xc7cd, 0x423},  {0xc7ce, 0xc7ce, 0x451},
    {0xc7cf, 0xc7e8, 0x436},  {0xc7e9, 0xc7f2, 0x2460}, {0xc7f3, 0xc7fc, 0x2474},
    {0xc7fd, 0xc7fe, 0},      {0xc840, 0xc87e, 0},      {0xc8a1, 0xc8fe, 0},
    {0xf9dd, 0xf9fe, 0},
};
constexpr Difference kGb18030[] = {
    {0xa6d9, 0xa6df, 0xe78d}, {0xa6ec, 0xa6ed, 0xe794}, {0xa6f3, 0xa6f3, 0xe796},
    {0xfe51, 0xfe53, 0xe816}, {0xfe59, 0xfe59, 0xe81e}, {0xfe61, 0xfe61, 0xe826},
    {0xfe66, 0xfe67, 0xe82b}, {0xfe6c, 0xfe6d, 0xe831}, {0xfe76, 0xfe76, 0xe83b},
    {0xfe7e, 0xfe7e, 0xe843}, {0xfe90, 0xfe91, 0xe854}, {0xfea0, 0xfea0, 0xe864},
};
constexpr Difference kSjis[] = {{0x815f, 0x815f, 0x5c}};
// The rows f5 to fe of both planes are for private use.
constexpr Difference kUjis[] = {
    {0xa1c0, 0xa1c0, 0x5c},   {0xf5a1, 0xf5fe, 0xe000}, {0xf6a1, 0xf6fe, 0xe05e},
    {0xf7a1, 0xf7fe, 0xe0bc}, {0xf8a1, 0xf8fe, 0xe11a}, {0xf9a1, 0xf9fe, 0xe178},
    {0xfaa1, 0xfafe, 0xe1d6}, {0xfba1, 0xfbfe, 0xe234}, {0xfca1, 0xfcfe, 0xe292},
    {0xfda1, 0xfdfe, 0xe2f0}, {0xfea1, 0xfefe, 0xe34e},
};
constexpr Difference kUjisAfter8f[] = {
    {0xa2b7, 0xa2b7, 0x7e},   {0xf5a1, 0xf5fe, 0xe3ac}, {0xf6a1, 0xf6fe, 0xe40a},
    {0xf7a1, 0xf7fe, 0xe468}, {0xf8a1, 0xf8fe, 0xe4c6}, {0xf9a1, 0xf9fe, 0xe524},
    {0xfaa1, 0xfafe, 0xe582}, {0xfba1, 0xfbfe, 0xe5e0}, {0xfca1, 0xfcfe, 0xe63e},
    {0xfda1, 0xfdfe, 0xe69c}, {0xfea1, 0xfefe, 0xe6fa},
};

// `two` and `three` are the differences in two-byte codes and in three-byte codes after 8f.
struct CharsetSpec {
  std::string_view charset;
  const char* iconv_name;
  std::span<const Difference> two;
  bool half_width_kana = false;
  bool has_three = false;
  bool has_four = false;
  std::span<const Difference> three = {};
};

constexpr CharsetSpec kCharsetSpecs[] = {
    {.charset = "big5", .iconv_name = "BIG5", .two = kBig5},
    {.charset = "cp932", .iconv_name = "CP932", .two = {}, .half_width_kana = true},
    {.charset = "eucjpms", .iconv_name = "EUC-JP-MS", .two = {}, .has_three = true},
    {.charset = "euckr", .iconv_name = "UHC", .two = {}},
    {.charset = "gb18030", .iconv_name = "GB18030", .two = kGb18030, .has_four = true},
    {.charset = "gb2312", .iconv_name = "GB2312", .two = {}},
    {.charset = "gbk", .iconv_name = "GBK", .two = {}},
    {.charset = "sjis", .iconv_name = "SJIS", .two = kSjis, .half_width_kana = true},
    {.charset = "ujis",
     .iconv_name = "EUC-JP",
     .two = kUjis,
     .has_three = true,
     .three = kUjisAfter8f},
};

// The lowest two-byte code, which is also the number of codes in a table.
constexpr uint32_t kCodes = 0x8000;
constexpr uint32_t kCodesAfter8f = 0x8f8000;
constexpr uint32_t kFourLead = 0x90;  // gb18030 codes from this byte on are outside the basic plane

// An iconv conversion to UTF-16LE.
class Converter {
 public:
  explicit Converter(const char* from) : handle_(iconv_open("UTF-16LE", from)) {}
  ~Converter() {
    if (ok()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool ok() const { return reinterpret_cast<intptr_t>(handle_) != -1; }
  // The character of `code`, if it is one character in the basic plane; 0 otherwise.
  uint16_t Convert(std::string_view code) {
    char in[4];
    std::memcpy(in, code.data(), code.size());
    char out[8];
    char* from = in;
    char* to = out;
    size_t from_left = code.size();
    size_t to_left = sizeof out;
    iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    const size_t result = iconv(handle_, &from, &from_left, &to, &to_left);
    // glibc buffers some characters until it sees whether the next one combines with them.
    iconv(handle_, nullptr, nullptr, &to, &to_left);
    if (result == static_cast<size_t>(-1) || from_left != 0 || to_left != sizeof out - 2) return 0;
    return LoadLittle16(out);
  }

 private:
  iconv_t handle_;
};

// Makes the table of codes that start with `prefix`, indexed by their last two bytes.
std::vector<uint16_t> TableAfter(std::string_view prefix, Converter& converter,
                                 std::span<const Difference> differences) {
  std::vector<uint16_t> table(kCodes);
  std::string code(prefix);
  code.resize(prefix.size() + 2);
  for (uint32_t index = 0; index < kCodes; ++index) {
    code[prefix.size()] = static_cast<char>(0x80 | index >> 8);
    code[prefix.size() + 1] = static_cast<char>(index);
    table[index] = converter.Convert(code);
  }
  for (const auto& [first, last, code_point] : differences) {
    for (uint32_t i = first; i <= last; ++i) {
      table[i - kCodes] = static_cast<uint16_t>(code_point == 0 ? 0 : code_point + (i - first));
    }
  }
  return table;
}

// gb18030 assigns four-byte codes, in order, to all characters of the basic plane without a shorter
// code. Exception: in 2005 U+1E3F moved to a shorter code, and U+E7C7 to the code of U+1E3F.
std::vector<uint16_t> FourByteTable(const std::vector<uint16_t>& two) {
  std::vector<bool> taken(0x10000);
  for (const uint16_t code_point : two) taken[code_point] = true;
  std::vector<uint16_t> table;
  for (uint32_t code_point = 0x80; code_point < 0x10000; ++code_point) {
    if (code_point == 0xd800) code_point = 0xe000;
    if (code_point == 0x1e3f) {
      table.push_back(0xe7c7);
    } else if (!taken[code_point] && code_point != 0xe7c7) {
      table.push_back(static_cast<uint16_t>(code_point));
    }
  }
  return table;
}

}  // namespace

std::unique_ptr<MultibyteTable> MultibyteTable::Make(std::string_view charset) {
  for (const CharsetSpec& spec : kCharsetSpecs) {
    if (spec.charset != charset) continue;
    Converter converter(spec.iconv_name);
    if (!converter.ok()) return nullptr;
    MultibyteTable table;
    table.half_width_kana_ = spec.half_width_kana;
    table.two_byte_ = TableAfter("", converter, spec.two);
    if (spec.has_three) table.three_byte_ = TableAfter("\x8f", converter, spec.three);
    if (spec.has_four) table.four_byte_ = FourByteTable(table.two_byte_);
    table.FindAliases();
    return std::make_unique<MultibyteTable>(std::move(table));
  }
  return nullptr;
}

uint32_t MultibyteTable::ReadFourByte(const unsigned char* at) const {
  if (at[0] < 0x81 || at[0] > 0xfe || at[2] < 0x81 || at[2] > 0xfe) return 0;
  if (at[3] < 0x30 || at[3] > 0x39) return 0;
  const bool basic = at[0] < kFourLead;
  const uint32_t lead = at[0] - (basic ? 0x81u : kFourLead);
  const uint32_t index =
      ((lead * 10 + (at[1] - 0x30u)) * 126 + (at[2] - 0x81u)) * 10 + (at[3] - 0x30u);
  if (basic) return index < four_byte_.size() ? four_byte_[index] : 0;
  return index <= 0x10ffff - 0x10000 ? 0x10000 + index : 0;
}

uint32_t MultibyteTable::Read(const unsigned char*& at, const unsigned char* end) const {
  const unsigned lead = at[0];
  if (half_width_kana_ && lead >= 0xa1 && lead <= 0xdf) {
    ++at;
    return 0xff61 + (lead - 0xa1);
  }
  if (end - at < 2) return 0;
  if (lead == 0x8f && !three_byte_.empty()) {
    if (end - at < 3 || at[1] < 0x80) return 0;
    const uint32_t index = (at[1] & 0x7fu) << 8 | at[2];
    at += 3;
    return three_byte_[index];
  }
  if (!four_byte_.empty() && at[1] >= 0x30 && at[1] <= 0x39) {
    if (end - at < 4) return 0;
    at += 4;
    return ReadFourByte(at - 4);
  }
  at += 2;
  return two_byte_[(lead & 0x7fu) << 8 | at[-1]];
}

// Skips four-byte codes: they encode only characters without a shorter code.
void MultibyteTable::FindAliases() {
  std::vector<bool> taken(0x10000);
  for (uint32_t code_point = 0; code_point < 0x80; ++code_point) taken[code_point] = true;
  if (half_width_kana_) {
    for (uint32_t byte = 0xa1; byte <= 0xdf; ++byte) taken[0xff61 + (byte - 0xa1)] = true;
  }
  const auto find_in = [&](const std::vector<uint16_t>& codes, uint32_t first) {
    for (uint32_t i = 0; i < codes.size(); ++i) {
      if (codes[i] == 0) continue;
      if (taken[codes[i]]) aliases_.insert(first + i);
      taken[codes[i]] = true;
    }
  };
  find_in(two_byte_, kCodes);
  find_in(three_byte_, kCodesAfter8f);
}

bool MultibyteTable::HasAlias(std::string_view bytes) const {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = at + bytes.size();
  while (at < end) {
    if (*at < 0x80) {
      ++at;
      continue;
    }
    const auto* const begin = at;
    if (Read(at, end) == 0) return false;
    if (at - begin == 1 || at - begin == 4) continue;
    const uint32_t code =
        at - begin == 2 ? begin[0] << 8 | begin[1] : begin[0] << 16 | begin[1] << 8 | begin[2];
    if (aliases_.contains(code)) return true;
  }
  return false;
}

char* MultibyteTable::WriteUtf8(std::string_view bytes, char* to) const {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = at + bytes.size();
  while (at < end) {
    if (*at < 0x80) {
      *to++ = static_cast<char>(*at++);
      continue;
    }
    const uint32_t code_point = Read(at, end);
    if (code_point == 0) return nullptr;
    to = WriteCodePoint(to, code_point);
  }
  return to;
}

}  // namespace millrace
