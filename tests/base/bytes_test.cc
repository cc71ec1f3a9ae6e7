// SPDX-License-Identifier: Apache-2.0

#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace millrace {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kBytes = "\x01\x02\x03\x04\x05\x06\x07\x88\x09"sv;

std::string Varint(uint64_t value) {
  std::string bytes;
  AppendVarint(bytes, value);
  return bytes;
}

TEST(ByteReader, ReadsLittleEndianOfEveryWidth) {
  EXPECT_EQ(ByteReader(kBytes).Little8(), 0x01u);
  EXPECT_EQ(ByteReader(kBytes).Little16(), 0x0201u);
  EXPECT_EQ(ByteReader(kBytes).Little24(), 0x030201u);
  EXPECT_EQ(ByteReader(kBytes).Little32(), 0x04030201u);
  EXPECT_EQ(ByteReader(kBytes).Little48(), 0x060504030201u);
  EXPECT_EQ(ByteReader(kBytes).Little64(), 0x8807060504030201u);
  EXPECT_EQ(ByteReader(kBytes).Little(5), 0x0504030201u);
  EXPECT_EQ(ByteReader(kBytes).Little(0), 0u);
}

TEST(ByteReader, ReadsBigEndianOfEveryWidth) {
  EXPECT_EQ(ByteReader(kBytes).Big(0), 0u);
  EXPECT_EQ(ByteReader(kBytes).Big(3), 0x010203u);
  EXPECT_EQ(ByteReader(kBytes).Big(8), 0x0102030405060788u);
}

TEST(ByteReader, ReportsOffsetAndRemainingBytes) {
  ByteReader reader(kBytes);
  reader.Little24();
  EXPECT_TRUE(reader.Skip(2));
  EXPECT_EQ(reader.offset(), 5u);
  EXPECT_EQ(reader.remaining(), 4u);
  EXPECT_EQ(reader.rest(), kBytes.substr(5));
  EXPECT_EQ(reader.Bytes(4), kBytes.substr(5));
  EXPECT_TRUE(reader.empty());
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, ReadPastTheEndFailsForGood) {
  ByteReader reader("\x01\x02\x03"sv);
  EXPECT_EQ(reader.Little32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_TRUE(reader.empty());
  EXPECT_EQ(reader.Little8(), 0u);
  EXPECT_EQ(reader.Bytes(1), "");
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, EveryReadOfEmptyInputFails) {
  const auto fails = [](auto read) {
    ByteReader reader;
    read(reader);
    return !reader.ok();
  };
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.Little8(), 0u); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.Little16(), 0u); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.Little24(), 0u); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.Little48(), 0u); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.Little64(), 0u); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.Little(1), 0u); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.Big(1), 0u); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.Varint(), 0u); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.LengthEncoded(), 0u); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_EQ(reader.Sized(), ""); }));
  EXPECT_TRUE(fails([](ByteReader& reader) { EXPECT_FALSE(reader.Skip(1)); }));
}

TEST(ByteReader, ZeroByteReadsAtTheEndSucceed) {
  ByteReader reader;
  EXPECT_EQ(reader.Bytes(0), "");
  EXPECT_EQ(reader.Little(0), 0u);
  EXPECT_EQ(reader.Big(0), 0u);
  EXPECT_TRUE(reader.Skip(0));
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, WidthAboveEightFails) {
  ByteReader little(kBytes);
  EXPECT_EQ(little.Little(9), 0u);
  EXPECT_FALSE(little.ok());
  ByteReader big(kBytes);
  EXPECT_EQ(big.Big(9), 0u);
  EXPECT_FALSE(big.ok());
}

TEST(ByteReader, HugeLengthsDoNotWrapAround) {
  ByteReader reader(kBytes);
  EXPECT_EQ(reader.Bytes(std::numeric_limits<size_t>::max()), "");
  EXPECT_FALSE(reader.ok());
  const std::string sized = Varint(std::numeric_limits<uint64_t>::max()) + "abc";
  ByteReader other{sized};
  EXPECT_EQ(other.Sized(), "");
  EXPECT_FALSE(other.ok());
}

TEST(CommonPrefix, EndsAtFirstDifferenceOrShorterEnd) {
  const std::string bytes = "0123456789abcdefghij";
  for (size_t size = 0; size <= bytes.size(); ++size) {
    EXPECT_EQ(CommonPrefix(bytes, bytes.substr(0, size)), size);
    EXPECT_EQ(CommonPrefix(bytes.substr(0, size), bytes), size);
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string other = bytes;
    other[at] = '\xff';
    EXPECT_EQ(CommonPrefix(bytes, other), at);
  }
}

TEST(Varint, RoundTripsInTheFewestBytes) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    const uint64_t value = uint64_t{1} << bits;
    for (const uint64_t wanted : {value, value - 1}) {
      const std::string bytes = Varint(wanted);
      EXPECT_EQ(bytes.size(), wanted < 128 ? 1 : (std::bit_width(wanted) + 6) / 7);
      ByteReader reader(bytes);
      EXPECT_EQ(reader.Varint(), wanted);
      EXPECT_TRUE(reader.ok() && reader.empty());
    }
  }
  EXPECT_EQ(Varint(300), "\xac\x02");
}

TEST(Varint, TruncatedOrTooLongFails) {
  for (const std::string_view bytes : {"\x85"sv, "\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv,
                                       "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv,
                                       "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"sv}) {
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Varint(), 0u);
    EXPECT_FALSE(reader.ok());
  }
}

TEST(LengthEncoded, ReadsAllWidths) {
  EXPECT_EQ(ByteReader("\xfa"sv).LengthEncoded(), 0xfau);
  EXPECT_EQ(ByteReader("\xfc\x01\x02"sv).LengthEncoded(), 0x0201u);
  EXPECT_EQ(ByteReader("\xfd\x01\x02\x03"sv).LengthEncoded(), 0x030201u);
  EXPECT_EQ(ByteReader("\xfe\x01\x02\x03\x04\x05\x06\x07\x08"sv).LengthEncoded(),
            0x0807060504030201u);
}

TEST(LengthEncoded, NullReservedAndTruncatedFail) {
  for (const std::string_view bytes :
       {"\xfb"sv, "\xff"sv, "\xfc\x01"sv, "\xfd\x01\x02"sv, "\xfe\x01\x02\x03\x04\x05\x06\x07"sv}) {
    ByteReader reader(bytes);
    EXPECT_EQ(reader.LengthEncoded(), 0u);
    EXPECT_FALSE(reader.ok());
  }
}

TEST(Append, RoundTripsThroughReader) {
  std::string bytes;
  AppendLittle16(bytes, 0x0201);
  AppendLittle32(bytes, 0x06050403);
  AppendLittle64(bytes, 0x0e0d0c0b0a090807);
  AppendBig64(bytes, 0x0102030405060708);
  AppendSized(bytes, "row");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Little16(), 0x0201u);
  EXPECT_EQ(reader.Little32(), 0x06050403u);
  EXPECT_EQ(reader.Little64(), 0x0e0d0c0b0a090807u);
  EXPECT_EQ(reader.Big(8), 0x0102030405060708u);
  EXPECT_EQ(reader.Sized(), "row");
  EXPECT_TRUE(reader.ok() && reader.empty());
}

}  // namespace
}  // namespace millrace
