// SPDX-License-Identifier: Apache-2.0

// Golden tests of the formats in server/model/FORMAT.md, except tokens (token_test.cc).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "base/error.h"
#include "model/gtid_set.h"
#include "model/source_position.h"

namespace millrace {
namespace {

constexpr char kUuidHex[] = "3e11fa4771ca11e19e33c80aa9429562";
constexpr char kUuid[] = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

GtidSet Mysql(const std::string& text) { return GtidSet::Parse(Flavour::kMysql, text).value(); }
GtidSet MariadbSet(const std::string& text) {
  return GtidSet::Parse(Flavour::kMariadb, text).value();
}

template <typename Value>
std::string Hex(const Value& value) {
  std::string bytes;
  value.AppendBinary(bytes);
  return absl::BytesToHexString(bytes);
}

GtidSet SampleSet() {
  return Mysql(std::string(kUuid) +
               ":5-6:8:tag:1-300,4e11fa47-71ca-11e1-9e33-c80aa9429562:" + "1-9223372036854775806");
}

TEST(GtidSetBinary, MatchesFormatDocument) {
  EXPECT_EQ(Hex(GtidSet()), "");
  EXPECT_EQ(Hex(Mysql(std::string(kUuid) + ":5-6:8")),
            std::string("0101") + kUuidHex + "0002" + "0501" + "0100");
  EXPECT_EQ(Hex(Mysql(std::string(kUuid) + ":tag:1-300")),
            std::string("0101") + kUuidHex + "03746167" + "01" + "01ab02");
  EXPECT_EQ(Hex(MariadbSet("0-1-100,1-2-300")), "02020001640102ac02");
}

TEST(GtidSetBinary, RoundTrips) {
  for (const GtidSet& set :
       {GtidSet(), SampleSet(), MariadbSet("0-1-100,7-2-18446744073709551615")}) {
    std::string bytes;
    set.AppendBinary(bytes);
    EXPECT_EQ(GtidSet::FromBinary(bytes).value(), set);
  }
}

TEST(GtidSetBinary, EveryTruncationFails) {
  std::string bytes;
  SampleSet().AppendBinary(bytes);
  for (size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_EQ(ErrorReason(GtidSet::FromBinary(bytes.substr(0, size)).status()),
              "GTID_SET_MALFORMED");
  }
}

TEST(GtidSetBinary, ChangedByteFailsOrYieldsCanonicalForm) {
  std::string bytes;
  SampleSet().AppendBinary(bytes);
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int flip = 1; flip < 256; ++flip) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto set = GtidSet::FromBinary(changed);
      if (!set.ok()) continue;
      EXPECT_EQ(Hex(*set), absl::BytesToHexString(changed));
    }
  }
}

TEST(GtidSetBinary, NonCanonicalFormFails) {
  const std::string uuid(kUuidHex);
  for (const std::string& hex :
       {std::string("00"), std::string("0100"), std::string("0200"), std::string("030100"),
        "0101" + uuid + "0000",                          // no intervals
        "0101" + uuid + "00010000",                      // number 0
        "0101" + uuid + "000205010000",                  // touching intervals
        "0101" + uuid + "0001050100",                    // an extra byte
        "0102" + uuid + "00010100" + uuid + "00010100",  // repeated origin
        "0101" + uuid + "0154010100",                    // tag in upper case
        "0101" + uuid + "0001ffffffffffffffff7f00",      // number 2^63-1
        "0101" + uuid + "0001feffffffffffffff7f01",      // up to 2^63-1
        "0101" + uuid + "00ffffffffffffffff7f0100",      // count larger than the input
        std::string("02020001640001c8"),                 // repeated domain
        std::string("0201ffffffffff010164")}) {          // domain above 32 bits
    const auto set = GtidSet::FromBinary(absl::HexStringToBytes(hex));
    EXPECT_EQ(ErrorReason(set.status()), "GTID_SET_MALFORMED") << hex;
  }
}

TEST(SourcePositionBinary, MatchesFormatDocument) {
  const SourcePosition position{"bin.000042", 1377, MariadbSet("0-1-100")};
  EXPECT_EQ(Hex(position), "010a62696e2e303030303432e10a0201000164");
  EXPECT_EQ(Hex(SourcePosition()), "010000");
}

TEST(SourcePositionBinary, RoundTrips) {
  for (const SourcePosition& position :
       {SourcePosition(), SourcePosition{"mysql-bin.000042", 1377, {}},
        SourcePosition{"", 0, SampleSet()}, SourcePosition{"b.1", ~uint64_t{0}, SampleSet()}}) {
    std::string bytes;
    position.AppendBinary(bytes);
    EXPECT_EQ(SourcePosition::FromBinary(bytes).value(), position);
  }
}

TEST(SourcePositionBinary, OtherVersionAndTruncationFail) {
  for (const std::string hex : {"", "01", "0100", "020000", "010a62", "01000002"}) {
    EXPECT_EQ(SourcePosition::FromBinary(absl::HexStringToBytes(hex)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << hex;
  }
}

TEST(SourcePosition, PrintsFileAndOffsetOrGtids) {
  EXPECT_EQ((SourcePosition{"mysql-bin.000042", 1377, MariadbSet("0-1-5")}).ToString(),
            "mysql-bin.000042:1377");
  EXPECT_EQ((SourcePosition{"", 0, MariadbSet("0-1-5")}).ToString(), "after GTIDs 0-1-5");
  EXPECT_EQ(SourcePosition().ToString(), "the beginning");
}

}  // namespace
}  // namespace millrace
