// SPDX-License-Identifier: Apache-2.0

#include "model/binlog_place.h"

#include <gtest/gtest.h>

#include <string>

namespace millrace {
namespace {

bool Before(const BinlogPlace& one, const BinlogPlace& other) {
  const bool before = CompareBinlogPlaces(one.file, one.offset, other) < 0;
  EXPECT_EQ(before, CompareBinlogPlaces(other.file, other.offset, one) > 0);
  return before;
}

TEST(BinlogPlaceTest, OffsetsOrderPlacesInOneFile) {
  EXPECT_TRUE(Before({"binlog.000002", 4}, {"binlog.000002", 5}));
  EXPECT_FALSE(Before({"binlog.000002", 5}, {"binlog.000002", 4}));
  EXPECT_TRUE(
      CompareBinlogPlaces("binlog.000002", 5'000'000'000, {"binlog.000002", 5'000'000'000}) == 0);
}

TEST(BinlogPlaceTest, FileNumberOutranksOffset) {
  EXPECT_TRUE(Before({"binlog.000002", 900}, {"binlog.000010", 4}));
}

TEST(BinlogPlaceTest, NumbersGrowBeyondSixDigits) {
  EXPECT_TRUE(Before({"binlog.999999", 900}, {"binlog.1000000", 4}));
  EXPECT_TRUE(Before({"binlog.1000000", 4}, {"binlog.1000001", 4}));
  EXPECT_TRUE(
      Before({"binlog.99999999999999999999999", 4}, {"binlog.100000000000000000000000", 4}));
}

TEST(BinlogPlaceTest, NumberFollowsTheLastDot) {
  EXPECT_TRUE(Before({"db.9.example-bin.000099", 4}, {"db.9.example-bin.000100", 4}));
}

TEST(BinlogPlaceTest, NamesWithoutANumberCompareAsText) {
  EXPECT_TRUE(Before({"", 4}, {"binlog.000001", 4}));
  EXPECT_TRUE(Before({"binlog.", 4}, {"binlog.000001", 4}));
  EXPECT_TRUE(Before({"binlog.00000a", 4}, {"binlog.000010", 4}) ==
              (std::string("binlog.00000a") < "binlog.000010"));
  EXPECT_TRUE(Before({"a.000009", 4}, {"b.000001", 4}));
}

TEST(BinlogPlaceTest, NextFileNumberIsOneHigher) {
  EXPECT_EQ(IsNextBinlogFile("binlog.000001", "binlog.000000"), true);
  EXPECT_EQ(IsNextBinlogFile("binlog.1000000", "binlog.999999"), true);
  EXPECT_EQ(IsNextBinlogFile("binlog.000003", "binlog.000001"), false);
  EXPECT_EQ(IsNextBinlogFile("binlog.000001", "binlog.000001"), false);
  EXPECT_EQ(IsNextBinlogFile("binlog.000000", "binlog.000001"), false);
}

TEST(BinlogPlaceTest, NextFileOfUnrelatedNamesIsUnknown) {
  EXPECT_EQ(IsNextBinlogFile("b.000002", "a.000001"), std::nullopt);
  EXPECT_EQ(IsNextBinlogFile("binlog", "binlog.000001"), std::nullopt);
  EXPECT_EQ(IsNextBinlogFile("binlog.000001", "binlog.99999999999999999999999"), std::nullopt);
}

TEST(BinlogPlaceTest, ZeroIsANumber) {
  EXPECT_TRUE(Before({"binlog.000000", 4}, {"binlog.000001", 4}));
}

}  // namespace
}  // namespace millrace
