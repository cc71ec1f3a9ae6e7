// SPDX-License-Identifier: Apache-2.0

#include "schema/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/clock.h"
#include "base/error.h"

namespace millrace::schema {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const TableName kOrders{"shop", "orders"};
const TableName kItems{"shop", "items"};
const TableCoverage kWhole{.begin = {7}, .complete = true, .spoiled = {}};

class CoverageTest : public ::testing::Test {
 protected:
  CoverageTest() {
    std::string pattern = ::testing::TempDir() + "coverage_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    options_.directory = directory_ + "/log";
    log_ = log::Log::Open(options_, Clock::System()).value();
    coverage_ = Coverage::Open(*log_).value();
  }
  ~CoverageTest() override {
    log_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Store() {
    const auto records = coverage_->TakeUnstored();
    ASSERT_TRUE(log_->PutRecords(records).ok());
    if (!records.empty()) coverage_->MarkStored();
  }
  void PutRecord(const std::string& key, const std::string& value) {
    ASSERT_TRUE(log_->PutRecords({{log::RecordKind::kMeta, key, value}}).ok());
  }
  std::string ReasonOfOpen() { return ErrorReason(Coverage::Open(*log_).status()); }

  std::string directory_;
  LogOptions options_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<Coverage> coverage_;
};

TEST_F(CoverageTest, ReadersSeeACoverageOnceItIsStored) {
  coverage_->Set(kOrders, kWhole);
  EXPECT_EQ(coverage_->Newest(kOrders), kWhole);
  const auto records = coverage_->TakeUnstored();
  EXPECT_THAT(records, SizeIs(1));
  EXPECT_EQ(coverage_->Find(kOrders), std::nullopt);
  coverage_->MarkStored();
  EXPECT_EQ(coverage_->Find(kOrders), kWhole);
}

TEST_F(CoverageTest, WhatIsStoredSurvivesARestart) {
  coverage_->Set(kOrders, kWhole);
  coverage_->Set({"a.b", "c"}, {.begin = {1}, .complete = false, .spoiled = {}});
  coverage_->Set({"a", "b.c"}, {.begin = {2}, .complete = false, .spoiled = {}});
  coverage_->Spoil(kOrders, "altered");
  Store();
  const auto reopened = Coverage::Open(*log_).value();
  EXPECT_EQ(reopened->List(), coverage_->List());
  EXPECT_THAT(reopened->List(), SizeIs(3));
  EXPECT_EQ(reopened->Newest(kOrders)->spoiled, "altered");
  EXPECT_THAT(reopened->TakeUnstored(), IsEmpty());
}

TEST_F(CoverageTest, FirstReasonOfSpoilingStays) {
  coverage_->Set(kOrders, kWhole);
  coverage_->Spoil(kOrders, "altered");
  coverage_->Spoil(kOrders, "partial row images");
  EXPECT_EQ(coverage_->Newest(kOrders)->spoiled, "altered");
}

TEST_F(CoverageTest, SpoilingLeavesOtherTablesAlone) {
  coverage_->Set(kOrders, kWhole);
  Store();
  coverage_->Spoil(kItems, "altered");
  EXPECT_EQ(coverage_->Newest(kItems), std::nullopt);
  EXPECT_THAT(coverage_->TakeUnstored(), IsEmpty());
}

TEST_F(CoverageTest, AllTablesAreSpoiledTogether) {
  coverage_->Set(kOrders, kWhole);
  coverage_->Set(kItems, kWhole);
  coverage_->SpoilAll("unknown statement");
  Store();
  for (const auto& [table, coverage] : coverage_->List()) {
    EXPECT_EQ(coverage.spoiled, "unknown statement");
  }
}

TEST_F(CoverageTest, BatchesBecomeVisibleOneByOne) {
  coverage_->Set(kOrders, {.begin = {7}, .complete = false, .spoiled = {}});
  EXPECT_THAT(coverage_->TakeUnstored(), SizeIs(1));
  coverage_->Set(kOrders, kWhole);
  EXPECT_THAT(coverage_->TakeUnstored(), SizeIs(1));
  coverage_->MarkStored();
  EXPECT_FALSE(coverage_->Find(kOrders)->complete);
  coverage_->MarkStored();
  EXPECT_TRUE(coverage_->Find(kOrders)->complete);
}

TEST_F(CoverageTest, UnchangedCoverageIsNotWrittenAgain) {
  coverage_->Set(kOrders, kWhole);
  Store();
  coverage_->Set(kOrders, kWhole);
  EXPECT_THAT(coverage_->TakeUnstored(), IsEmpty());
}

TEST(CoverageOfATableBeingRead, WhatHoldsGoesOnToHold) {
  EXPECT_EQ(WhenReadingBegins(kWhole, {20}), kWhole);
  EXPECT_FALSE(IsReadInVain(kWhole, {20}));
}

TEST(CoverageOfATableBeingRead, WhatDoesNotHoldBeginsAnew) {
  const TableCoverage begun{.begin = {20}, .complete = false, .spoiled = {}};
  EXPECT_EQ(WhenReadingBegins(std::nullopt, {20}), begun);
  EXPECT_EQ(WhenReadingBegins(TableCoverage{.begin = {7}, .complete = false}, {20}), begun);
  EXPECT_EQ(
      WhenReadingBegins(TableCoverage{.begin = {7}, .complete = true, .spoiled = "altered"}, {20}),
      begun);
}

TEST(CoverageOfATableBeingRead, ItHoldsFromTheBeginningOfTheReadingOnceAllIsRead) {
  const TableCoverage read{.begin = {20}, .complete = true, .spoiled = {}};
  EXPECT_EQ(WhenAllIsRead(kWhole, {20}), read);
  EXPECT_EQ(WhenAllIsRead({.begin = {20}, .complete = false}, {20}), read);
}

TEST(CoverageOfATableBeingRead, PartialRowsSinceItBeganSpoilWhatIsRead) {
  const TableCoverage spoiled{.begin = {7}, .complete = true, .spoiled = std::string(kPartialRows)};
  EXPECT_FALSE(IsReadInVain(spoiled, {20}));
  EXPECT_EQ(WhenAllIsRead(spoiled, {20}).spoiled, kPartialRows);
  EXPECT_EQ(WhenAllIsRead(spoiled, {20}).begin, Sequence{20});
}

TEST(CoverageOfATableBeingRead, ATableEmptiedMeanwhileHoldsFromThereOn) {
  const TableCoverage emptied{.begin = {30}, .complete = true, .spoiled = {}};
  EXPECT_FALSE(IsReadInVain(emptied, {20}));
  EXPECT_EQ(WhenAllIsRead(emptied, {20}), emptied);
  EXPECT_TRUE(IsReadInVain({.begin = {30}, .complete = false}, {20}));
  EXPECT_FALSE(IsReadInVain({.begin = {20}, .complete = false}, {20}));
}

TEST(CoverageOfATableBeingRead, AnAlteredTableWasReadInVain) {
  for (const bool complete : {true, false}) {
    EXPECT_TRUE(IsReadInVain({.begin = {20}, .complete = complete, .spoiled = "altered"}, {20}));
  }
}

TEST_F(CoverageTest, DamagedRecordFailsOpen) {
  PutRecord("coverage.other", "");
  EXPECT_EQ(ReasonOfOpen(), "LOG_DAMAGED");
  PutRecord("coverage.other", "\x01\xff");
  EXPECT_EQ(ReasonOfOpen(), "LOG_DAMAGED");
  PutRecord("coverage.other", "\x01");  // of the table without a name
  EXPECT_EQ(ReasonOfOpen(), "LOG_DAMAGED");
}

TEST_F(CoverageTest, RecordOfALaterFormatFailsOpen) {
  PutRecord("coverage.other", "\x02");
  EXPECT_EQ(ReasonOfOpen(), "FORMAT_TOO_NEW");
}

TEST_F(CoverageTest, OtherRecordsAreNotItsOwn) {
  PutRecord("coverages", "x");
  EXPECT_THAT(Coverage::Open(*log_).value()->List(), IsEmpty());
}

}  // namespace
}  // namespace millrace::schema
