// SPDX-License-Identifier: Apache-2.0

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/reason.h"

namespace millrace {
namespace {

absl::Status Trimmed() {
  return MakeError(reason::kTokenTrimmed, "position is gone",
                   {{"oldest_token", "abc"}, {"empty", ""}});
}

TEST(MakeError, CarriesReasonAndMetadata) {
  const absl::Status status = Trimmed();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(std::string(status.message()), "position is gone");
  EXPECT_EQ(ErrorReason(status), "TOKEN_TRIMMED");
  EXPECT_THAT(ErrorMetadataOf(status), testing::ElementsAre(testing::Pair("empty", ""),
                                                            testing::Pair("oldest_token", "abc")));
}

TEST(MakeError, OtherStatusesHaveNeitherReasonNorMetadata) {
  for (const absl::Status& status : {absl::OkStatus(), absl::NotFoundError("x")}) {
    EXPECT_EQ(ErrorReason(status), "");
    EXPECT_TRUE(ErrorMetadataOf(status).empty());
  }
}

TEST(MakeError, AcceptsAnotherCode) {
  const absl::Status status =
      MakeError(absl::StatusCode::kDataLoss, reason::kTokenTrimmed, "position is gone");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ErrorReason(status), "TOKEN_TRIMMED");
}

TEST(Reworded, KeepsTheReasonOnly) {
  const absl::Status status = Reworded(Trimmed(), absl::StatusCode::kUnavailable, "a task failed");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(std::string(status.message()), "a task failed");
  EXPECT_EQ(ErrorReason(status), "TOKEN_TRIMMED");
  EXPECT_TRUE(ErrorMetadataOf(status).empty());
}

TEST(HasReason, ComparesOnlyTheReason) {
  EXPECT_TRUE(HasReason(Trimmed(), reason::kTokenTrimmed));
  EXPECT_FALSE(HasReason(Trimmed(), reason::kTokenAhead));
  EXPECT_FALSE(HasReason(absl::OkStatus(), reason::kTokenTrimmed));
  EXPECT_FALSE(HasReason(absl::OutOfRangeError("position is gone"), reason::kTokenTrimmed));
}

TEST(WithContext, PrefixesMessageAndKeepsTheRest) {
  const absl::Status status = WithContext(WithContext(Trimmed(), "frame 7"), "log");
  EXPECT_EQ(std::string(status.message()), "log: frame 7: position is gone");
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(status), "TOKEN_TRIMMED");
  EXPECT_EQ(ErrorMetadataOf(status)["oldest_token"], "abc");
}

TEST(WithContext, KeepsOk) { EXPECT_EQ(WithContext(absl::OkStatus(), "log"), absl::OkStatus()); }

absl::Status Twice(const absl::Status& first, int& reached) {
  MILLRACE_RETURN_IF_ERROR(first);
  ++reached;
  MILLRACE_RETURN_IF_ERROR(absl::OkStatus());
  return absl::OkStatus();
}

TEST(ReturnIfError, ReturnsTheErrorOrContinues) {
  int reached = 0;
  EXPECT_EQ(Twice(Trimmed(), reached), Trimmed());
  EXPECT_EQ(reached, 0);
  EXPECT_TRUE(Twice(absl::OkStatus(), reached).ok());
  EXPECT_EQ(reached, 1);
}

absl::StatusOr<int> Sum(absl::StatusOr<std::unique_ptr<int>> first, absl::StatusOr<int> second) {
  MILLRACE_ASSIGN_OR_RETURN(const std::unique_ptr<int> left, std::move(first));
  int right = 0;
  MILLRACE_ASSIGN_OR_RETURN(right, std::move(second));
  return *left + right;
}

TEST(AssignOrReturn, MovesTheValueOutOrReturnsTheError) {
  EXPECT_EQ(Sum(std::make_unique<int>(3), 4).value(), 7);
  EXPECT_EQ(Sum(std::make_unique<int>(3), Trimmed()).status(), Trimmed());
  EXPECT_EQ(Sum(Trimmed(), 4).status(), Trimmed());
}

}  // namespace
}  // namespace millrace
