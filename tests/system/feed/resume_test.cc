// SPDX-License-Identifier: Apache-2.0

// From every token ever issued, and from every other kind of start, the stream continues with
// exactly the next change.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed/mixed_changes.h"
#include "system/feed_server.h"
#include "system/raw_feed.h"

namespace millrace::testing {
namespace {

using ::testing::Contains;
using ::testing::Not;

FeedServerOptions SmallFrames() {
  return {.tables = {"shop.*", kMarkerTables}, .log = {"frame_bytes: 4KiB"}};
}

bool SameSuffix(const std::vector<RawChange>& all, size_t from,
                const std::vector<RawChange>& suffix) {
  return suffix.size() == all.size() - from &&
         std::equal(suffix.begin(), suffix.end(), all.begin() + static_cast<ptrdiff_t>(from));
}

class Resume : public ::testing::TestWithParam<Flavour> {
 protected:
  void SetUp() override {
    MakeMixedChanges(sql_);
    end_token_ = ChangeReader(*feed_).CurrentToken(sql_);
    all_ = ReadFrom(ChangeReader::FromEarliest());
    ASSERT_TRUE(all_.status.ok()) << all_.status.error_message();
    ASSERT_GE(all_.changes.size(), 2000u);
  }
  // Reads from the start of `request` to the end of the mixed changes, in responses of the smallest
  // size.
  RawRead ReadFrom(v1::SubscribeRequest request, uint32_t response_bytes = 1024) {
    request.set_until_token(end_token_);
    request.set_max_response_bytes(response_bytes);
    return raw_->Read(request);
  }
  // Resumes at every token of `read`, a read with `filter`, and compares with the rest of it.
  void ExpectEveryTokenResumes(const RawRead& read, const v1::SubscribeRequest& filter) {
    for (const auto& [token, before] : read.tokens) {
      v1::SubscribeRequest request = filter;
      request.set_resume_token(token);
      const RawRead rest = ReadFrom(request, 256 << 10);
      ASSERT_TRUE(rest.status.ok()) << rest.status.error_message();
      ASSERT_TRUE(SameSuffix(read.changes, before, rest.changes))
          << "after " << before << " of " << read.changes.size() << " came " << rest.changes.size();
    }
  }
  void RestartFeed() {
    feed_->Start();
    raw_.emplace(feed_->address());
  }
  bool EndsTransaction(size_t changes) const {
    return std::find(all_.ends.begin(), all_.ends.end(), changes) != all_.ends.end();
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_, SmallFrames());
  std::optional<RawFeed> raw_{feed_->address()};
  std::string end_token_;
  RawRead all_;
};

TEST_P(Resume, EveryTokenResumesWithExactlyTheRest) {
  size_t inside = 0;
  for (const auto& [token, before] : all_.tokens) inside += EndsTransaction(before) ? 0 : 1;
  EXPECT_GT(inside, 50u) << "tokens inside of transactions";
  ExpectEveryTokenResumes(all_, {});
}

TEST_P(Resume, EveryTokenSurvivesStopAndCrash) {
  feed_->Stop();
  RestartFeed();
  ExpectEveryTokenResumes(all_, {});
  feed_->Kill();
  RestartFeed();
  ExpectEveryTokenResumes(all_, {});
}

TEST_P(Resume, ResponseSizeDoesNotChangeTheStream) {
  for (const uint32_t bytes : {1500u, 5000u, 60'000u, 3u << 20}) {
    const RawRead read = ReadFrom(ChangeReader::FromEarliest(), bytes);
    ASSERT_TRUE(SameSuffix(all_.changes, 0, read.changes)) << bytes;
    EXPECT_EQ(read.ends, all_.ends) << bytes;
  }
}

TEST_P(Resume, ChangesHaveNoGapAndTransactionsAreWhole) {
  for (size_t i = 0; i < all_.changes.size(); ++i) {
    ASSERT_EQ(all_.changes[i].sequence, i + 1);
    if (i == 0) continue;
    const bool same = all_.changes[i].header == all_.changes[i - 1].header;
    ASSERT_EQ(EndsTransaction(i), !same) << i;
  }
}

TEST_P(Resume, FilteredTokensResumeWithTheFilter) {
  v1::SubscribeRequest filter = ChangeReader::FromEarliest();
  filter.add_tables("shop.items");
  filter.add_operations(v1::OPERATION_UPDATE);
  filter.add_operations(v1::OPERATION_DELETE);
  const RawRead filtered = ReadFrom(filter);
  std::vector<RawChange> expected;
  for (const RawChange& change : all_.changes) {
    const bool wanted =
        change.operation == v1::OPERATION_UPDATE || change.operation == v1::OPERATION_DELETE;
    if (wanted && change.table == "shop.items") expected.push_back(change);
  }
  ASSERT_GT(expected.size(), 300u);
  ASSERT_TRUE(SameSuffix(expected, 0, filtered.changes));
  ExpectEveryTokenResumes(filtered, filter);
}

TEST_P(Resume, TokenIsOnePositionForEveryFilter) {
  v1::SubscribeRequest filter;
  filter.add_tables("shop.o*");
  for (size_t i = 0; i < all_.tokens.size(); i += 7) {
    const auto& [token, before] = all_.tokens[i];
    std::vector<RawChange> expected(all_.changes.begin() + static_cast<ptrdiff_t>(before),
                                    all_.changes.end());
    std::erase_if(expected,
                  [](const RawChange& change) { return change.table.substr(0, 6) != "shop.o"; });
    filter.set_resume_token(token);
    ASSERT_TRUE(SameSuffix(expected, 0, ReadFrom(filter).changes)) << before;
  }
}

TEST_P(Resume, EverySequenceCanBeResumed) {
  size_t next = 0;
  for (size_t after = 0; after < all_.changes.size(); ++after) {
    while (all_.tokens[next].second <= after) ++next;
    v1::SubscribeRequest request;
    request.mutable_after()->set_sequence(after);
    request.set_until_token(all_.tokens[next].first);
    const RawRead read = raw_->Read(request);
    ASSERT_EQ(read.changes.size(), all_.tokens[next].second - after);
    ASSERT_TRUE(std::equal(read.changes.begin(), read.changes.end(),
                           all_.changes.begin() + static_cast<ptrdiff_t>(after)));
  }
}

TEST_P(Resume, GtidSetStartsAtFirstMissingTransaction) {
  for (size_t i = 0; i < all_.tokens.size(); i += 3) {
    const auto& [token, before] = all_.tokens[i];
    v1::GetPositionRequest ask;
    ask.set_resume_token(token);
    const auto position = feed_->client().GetPosition(ask);
    ASSERT_TRUE(position.ok());
    ASSERT_EQ(position->sequence(), before);
    if (position->gtid_set().empty()) continue;
    size_t start = before;
    while (start > 0 && !EndsTransaction(start)) --start;
    v1::SubscribeRequest request;
    request.set_gtid_set(position->gtid_set());
    const RawRead rest = ReadFrom(request, 256 << 10);
    ASSERT_TRUE(SameSuffix(all_.changes, start, rest.changes)) << position->gtid_set();
  }
}

TEST_P(Resume, StartByTimeSkipsOnlyEarlierTransactions) {
  for (size_t i = 0; i < all_.changes.size(); i += 40) {
    const int64_t time = all_.changes[i].commit_micros;
    const auto first =
        std::find_if(all_.changes.begin(), all_.changes.end(),
                     [time](const RawChange& change) { return change.commit_micros >= time; });
    v1::SubscribeRequest request;
    request.mutable_commit_time()->set_seconds(time / 1'000'000);
    request.mutable_commit_time()->set_nanos(static_cast<int32_t>(time % 1'000'000 * 1000));
    const RawRead rest = ReadFrom(request, 256 << 10);
    ASSERT_TRUE(
        SameSuffix(all_.changes, static_cast<size_t>(first - all_.changes.begin()), rest.changes));
  }
}

TEST_P(Resume, SubscriptionResumesAfterItsStoredPosition) {
  const auto& [token, before] = all_.tokens[all_.tokens.size() / 2];
  v1::SubscribeRequest request;
  request.set_subscription("billing");
  EXPECT_TRUE(SameSuffix(all_.changes, 0, ReadFrom(request).changes));
  v1::CommitPositionRequest commit;
  commit.set_subscription("billing");
  commit.set_resume_token(token);
  ASSERT_TRUE(feed_->client().CommitPosition(commit).ok());
  feed_->Kill();
  RestartFeed();
  EXPECT_TRUE(SameSuffix(all_.changes, before, ReadFrom(request).changes));
}

TEST_P(Resume, UntilTokenEndsTheStreamExactly) {
  for (size_t i = 0; i < all_.tokens.size(); i += 5) {
    const auto& [token, before] = all_.tokens[i];
    v1::SubscribeRequest request = ChangeReader::FromEarliest();
    request.set_until_token(token);
    const RawRead read = raw_->Read(request);
    ASSERT_TRUE(read.status.ok());
    ASSERT_EQ(read.changes.size(), before);
    ASSERT_EQ(read.tokens.back().second, before);
  }
}

// The other server captures more tables, so its log has other sequences.
TEST_P(Resume, TokenResumesOnAnotherServer) {
  const auto other = FeedServer::MustStart(
      *source_, {.source = {"start:", "  at: earliest"}, .log = {"frame_bytes: 7KiB"}});
  const std::string other_end = ChangeReader(*other).CurrentToken(sql_);
  RawFeed other_raw(other->address());
  v1::SubscribeRequest filter;
  filter.add_tables("shop.*");
  filter.set_until_token(other_end);
  filter.set_at(v1::START_POINT_EARLIEST);
  const RawRead there = other_raw.Read(filter);
  ASSERT_EQ(there.changes.size(), CountOfShop(all_.changes));
  for (size_t i = 0; i < all_.tokens.size(); i += 2) {
    const auto& [token, before] = all_.tokens[i];
    size_t start = before;
    while (start > 0 && !EndsTransaction(start)) --start;
    const size_t seen = CountOfShop({all_.changes.begin(), all_.changes.begin() + start});
    filter.set_resume_token(token);
    const RawRead rest = other_raw.Read(filter);
    ASSERT_TRUE(rest.status.ok()) << rest.status.error_message();
    ASSERT_TRUE(SameSuffix(there.changes, seen, rest.changes))
        << "after " << seen << " of " << there.changes.size() << " came " << rest.changes.size();
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, Resume, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
