// SPDX-License-Identifier: Apache-2.0

#include "feed/position.h"

#include "feed/filled_log.h"

namespace millrace::feed {
namespace {

constexpr Micros kHour = 3600 * kSecond;
constexpr Micros kFuture = 1'000'000 * kHour;

std::string GtidsText(const Token& token) { return GtidSet::FromBinary(token.gtids)->ToString(); }

class PositionTest : public ::testing::Test {
 protected:
  // Transactions 1 to `count`: 3 has thirty changes, 5 has none, the others two.
  static void Fill(FilledLog& log, uint64_t count) {
    for (uint64_t number = 1; number <= count; ++number) {
      log.Inserts(number, number == 3 ? 30 : number == 5 ? 0 : 2, 50);
      if (number % 4 == 0) log.Commit();
    }
    log.Commit();
  }
  // The place that a start by commit time finds. The present is an hour after all transactions.
  absl::StatusOr<Place> At(Micros time) { return FindCommitTime(log_.feed(), time, 2 * kHour); }
  // Adds a transaction of one change. See FilledLog::BeginAt.
  void InsertAt(uint64_t number, Micros commit_time, Micros clamped_time = 0) {
    log_.BeginAt(number, commit_time, clamped_time);
    log_.Add({});
    log_.End();
  }
  static uint64_t LastOf(const FilledLog& log, uint64_t transaction) {
    uint64_t last = 0;
    for (const KnownChange& change : log.changes()) {
      if (change.transaction <= transaction) last = change.sequence;
    }
    return last;
  }

  FilledLog log_{{.frame_bytes = 500}};
};

TEST_F(PositionTest, EveryTokenResolvesToItsPlace) {
  Fill(log_, 20);
  for (uint64_t after = 0; after <= log_.newest(); ++after) {
    const Token token = TokenAfter(log_.feed(), {after}).value();
    const Place place = Resolve(log_.feed(), token).value();
    EXPECT_EQ(place.after.value, after);
    EXPECT_EQ(place.inside_transaction, token.changes_into_transaction > 0) << after;
  }
}

TEST_F(PositionTest, TokenContainsCompleteTransactions) {
  Fill(log_, 20);
  for (uint64_t after = 0; after <= log_.newest(); ++after) {
    const Token token = TokenAfter(log_.feed(), {after}).value();
    const GtidSet gtids = GtidSet::FromBinary(token.gtids).value();
    for (const KnownChange& change : log_.changes()) {
      EXPECT_EQ(gtids.Contains(GtidOf(change.transaction)),
                LastOf(log_, change.transaction) <= after);
    }
  }
}

TEST_F(PositionTest, TokenInsideTransactionCountsItsChanges) {
  Fill(log_, 4);
  EXPECT_EQ(TokenAfter(log_.feed(), {4})->changes_into_transaction, 0u);
  EXPECT_EQ(TokenAfter(log_.feed(), {9})->changes_into_transaction, 5u);
  EXPECT_EQ(TokenAfter(log_.feed(), {33})->changes_into_transaction, 29u);
}

TEST_F(PositionTest, TokenOfEmptyLogContainsSourceGtids) {
  log_.Inserts(1, 0);
  log_.Commit();
  const Token token = TokenAfter(log_.feed(), {0}).value();
  EXPECT_EQ(GtidsText(token), GtidTextOf(1));
}

TEST_F(PositionTest, NewestTokenContainsTransactionsWithoutChanges) {
  Fill(log_, 4);
  EXPECT_EQ(NewestToken(log_.feed()), TokenAfter(log_.feed(), {log_.newest()}).value());
  log_.Inserts(5, 0);
  log_.Commit();
  const Token token = NewestToken(log_.feed());
  EXPECT_EQ(token.sequence.value, log_.newest());
  EXPECT_EQ(GtidsText(token), GtidTextOf(1) + "-5");
}

TEST_F(PositionTest, PlaceOnDiskIsNotFoundInMemory) {
  FilledLog log({.frame_bytes = 500, .ring_bytes = 1});
  Fill(log, 20);
  const Token token = TokenAfter(log.feed(), {5}).value();
  const GtidSet gtids = GtidSet::FromBinary(token.gtids).value();
  const auto memory = ReadFrom::kMemory;
  EXPECT_TRUE(IsNotInMemory(Resolve(log.feed(), token, memory).status()));
  EXPECT_TRUE(IsNotInMemory(TokenAfter(log.feed(), {5}, memory).status()));
  EXPECT_TRUE(IsNotInMemory(FindGtids(log.feed(), gtids, memory).status()));
  EXPECT_TRUE(IsNotInMemory(FindCommitTime(log.feed(), 4 * kSecond, kHour, memory).status()));
  EXPECT_EQ(Resolve(log.feed(), NewestToken(log.feed()), memory)->after.value, log.newest());
}

TEST_F(PositionTest, TokenIsCheckedWithoutReadingItsPlace) {
  FilledLog log({.frame_bytes = 500, .ring_bytes = 1});
  Fill(log, 20);
  Token token = TokenAfter(log.feed(), {5}).value();
  EXPECT_EQ(ReasonOf(CheckResolves(log.feed(), token, ReadFrom::kMemory)), "OK");
  token.sequence = {1000};
  EXPECT_EQ(ReasonOf(CheckResolves(log.feed(), token, ReadFrom::kMemory)), "TOKEN_AHEAD");
  token.log_id ^= 1;
  EXPECT_TRUE(IsNotInMemory(CheckResolves(log.feed(), token, ReadFrom::kMemory)));
  EXPECT_EQ(ReasonOf(CheckResolves(log.feed(), token, ReadFrom::kDisk)), "OK");
}

TEST_F(PositionTest, PlacesAheadOfLogAreRefused) {
  Fill(log_, 4);
  EXPECT_EQ(ReasonOf(TokenAfter(log_.feed(), {1000})), "TOKEN_AHEAD");
  EXPECT_EQ(ReasonOf(TokenAfter(log_.feed(), {UINT64_MAX})), "TOKEN_AHEAD");
  EXPECT_EQ(ReasonOf(ResolveSequence(log_.feed(), {1000})), "TOKEN_AHEAD");
  EXPECT_EQ(ReasonOf(ResolveSequence(log_.feed(), {UINT64_MAX})), "TOKEN_AHEAD");
}

TEST_F(PositionTest, TrimmedPlaceNamesTheOldestToken) {
  Fill(log_, 40);
  log_.TrimBefore(20);
  const auto place = ResolveSequence(log_.feed(), {1});
  EXPECT_EQ(ReasonOf(place), "TOKEN_TRIMMED");
  const std::string text = ErrorMetadataOf(place.status()).at("oldest_token");
  const Token oldest = Token::Parse(text).value();
  EXPECT_EQ(oldest.sequence.next(), log_.feed().range().oldest);
  EXPECT_EQ(ReasonOf(Resolve(log_.feed(), oldest)), "OK");
}

TEST_F(PositionTest, TokenOfOtherLogIsFoundByGtids) {
  FilledLog other({.frame_bytes = 2000});
  Fill(log_, 20);
  Fill(other, 20);
  for (uint64_t after = 0; after <= log_.newest(); ++after) {
    const Token token = TokenAfter(log_.feed(), {after}).value();
    // Before the first transaction, a token has no GTIDs to search for.
    if (token.gtids.empty()) continue;
    const auto place = Resolve(other.feed(), token);
    ASSERT_EQ(ReasonOf(place), "OK") << after;
    EXPECT_EQ(place->after.value, after - token.changes_into_transaction) << after;
    EXPECT_FALSE(place->inside_transaction);
  }
}

TEST_F(PositionTest, UnresolvableTokenOfAnotherLogIsRefused) {
  Fill(log_, 20);
  Token token{.log_id = 1, .sequence = {3}, .gtids = {}};
  EXPECT_EQ(ReasonOf(Resolve(log_.feed(), token)), "TOKEN_OF_ANOTHER_LOG");
  GtidsUpTo(99).AppendBinary(token.gtids);
  EXPECT_EQ(ReasonOf(Resolve(log_.feed(), token)), "TOKEN_AHEAD");
  token.gtids = "no set";
  EXPECT_EQ(ReasonOf(Resolve(log_.feed(), token)), "TOKEN_OF_ANOTHER_LOG");
}

TEST_F(PositionTest, EveryPrefixOfTheGtidsIsFound) {
  Fill(log_, 20);
  for (uint64_t last = 0; last <= 20; ++last) {
    const auto place = FindGtids(log_.feed(), GtidsUpTo(last));
    ASSERT_EQ(ReasonOf(place), "OK") << last;
    EXPECT_EQ(place->after.value, LastOf(log_, last)) << last;
  }
}

// A token from the middle of a frame can lack transactions without changes.
TEST_F(PositionTest, GtidsOfTransactionsWithoutChangesMayBeMissing) {
  FilledLog log({.frame_bytes = 1});
  for (uint64_t number = 1; number <= 9; ++number) {
    log.Inserts(number, number == 3 ? 0 : 1);
    log.Commit();
  }
  GtidSet gtids;
  for (const uint64_t number : {1, 2, 4, 5, 6}) gtids.Add(GtidOf(number));
  EXPECT_EQ(FindGtids(log.feed(), gtids)->after.value, 5u);
  gtids.Add(GtidOf(7));
  gtids.Add(GtidOf(8));
  gtids.Add(GtidOf(9));
  EXPECT_EQ(FindGtids(log.feed(), gtids)->after.value, 8u);
}

TEST_F(PositionTest, GtidSetWithGapStartsAtTheGap) {
  Fill(log_, 20);
  GtidSet gtids = GtidsUpTo(6);
  gtids.Add(GtidOf(8));
  gtids.Add(GtidOf(15));
  EXPECT_EQ(FindGtids(log_.feed(), gtids)->after.value, LastOf(log_, 6));
}

TEST_F(PositionTest, GtidSetBeyondTheLogIsAhead) {
  Fill(log_, 5);
  EXPECT_EQ(ReasonOf(FindGtids(log_.feed(), GtidsUpTo(6))), "TOKEN_AHEAD");
}

TEST_F(PositionTest, GtidSetOfOtherFlavourIsRefused) {
  Fill(log_, 5);
  const GtidSet mariadb = GtidSet::Parse(Flavour::kMariadb, "0-1-5").value();
  EXPECT_EQ(ReasonOf(FindGtids(log_.feed(), mariadb)), "GTID_SET_MALFORMED");
}

TEST_F(PositionTest, GtidSetWithoutTrimmedTransactionsIsNotFound) {
  Fill(log_, 40);
  log_.TrimBefore(20);
  EXPECT_EQ(ReasonOf(FindGtids(log_.feed(), GtidsUpTo(10))), "POSITION_NOT_FOUND");
  EXPECT_EQ(ReasonOf(FindGtids(log_.feed(), GtidsUpTo(30))), "OK");
}

TEST_F(PositionTest, LogWithoutGtidsFindsNoPlace) {
  EXPECT_EQ(ReasonOf(FindGtids(log_.feed(), GtidsUpTo(1))), "POSITION_NOT_FOUND");
}

TEST_F(PositionTest, UnpublishedChangesHaveNoPlace) {
  Fill(log_, 4);
  const uint64_t published = log_.newest();
  log_.Inserts(5, 2);
  log_.Inserts(6, 2);
  log_.CommitWithoutPublishing();
  EXPECT_EQ(FindGtids(log_.feed(), GtidsUpTo(4))->after.value, published);
  EXPECT_EQ(At(6 * kSecond)->after.value, published);
  EXPECT_EQ(ReasonOf(TokenAfter(log_.feed(), {published + 1})), "TOKEN_AHEAD");
}

TEST_F(PositionTest, EveryCommitTimeIsFound) {
  Fill(log_, 20);
  for (uint64_t number = 1; number <= 20; ++number) {
    const auto place = At(static_cast<Micros>(number) * kSecond);
    ASSERT_EQ(ReasonOf(place), "OK");
    EXPECT_EQ(place->after.value, LastOf(log_, number - 1)) << number;
    const auto between = At(static_cast<Micros>(number) * kSecond - 1);
    EXPECT_EQ(between->after.value, LastOf(log_, number - 1)) << number;
  }
}

TEST_F(PositionTest, CommitTimeAfterNewestIsTheEnd) {
  EXPECT_EQ(At(5)->after.value, 0u);
  Fill(log_, 4);
  EXPECT_EQ(At(99 * kSecond)->after.value, log_.newest());
}

TEST_F(PositionTest, PossiblyTrimmedCommitTimeIsNotFound) {
  Fill(log_, 40);
  log_.TrimBefore(20);
  EXPECT_EQ(ReasonOf(At(3 * kSecond)), "POSITION_NOT_FOUND");
  EXPECT_EQ(ReasonOf(At(30 * kSecond)), "OK");
}

TEST_F(PositionTest, CommitTimeInTheFutureIsNotFound) {
  Fill(log_, 4);
  EXPECT_EQ(ReasonOf(At(3 * kHour)), "POSITION_NOT_FOUND");
}

// Transactions 1 to 20, one frame each, with commit times one second apart. Transaction 10 has a
// wrong clock.
class WrongClockPosition : public PositionTest {
 protected:
  void FillAround(Micros wrong_time, Micros clamped_time) {
    for (uint64_t number = 1; number <= 20; ++number) {
      number == 10 ? InsertAt(10, wrong_time, clamped_time)
                   : InsertAt(number, static_cast<Micros>(number) * kSecond);
      if (one_frame_each_) log_.Commit();
    }
    log_.Commit();
  }
  // Transaction 10 may have been committed at any time between its neighbours.
  void ExpectAllOthersAreFound() {
    for (uint64_t number = 1; number <= 20; ++number) {
      const auto place = At(static_cast<Micros>(number) * kSecond);
      ASSERT_EQ(ReasonOf(place), "OK") << number;
      EXPECT_EQ(place->after.value, number == 11 ? 9 : number - 1) << number;
    }
  }

  bool one_frame_each_ = true;
};

TEST_F(WrongClockPosition, ClockAheadIsIgnored) {
  FillAround(kFuture, 10 * kSecond);
  ExpectAllOthersAreFound();
}

TEST_F(WrongClockPosition, ClockAheadInSharedFrameIsIgnored) {
  one_frame_each_ = false;
  FillAround(kFuture, 10 * kSecond);
  ExpectAllOthersAreFound();
}

// In logs of earlier versions, all later frames have the time of transaction 10 as their maximum.
TEST_F(WrongClockPosition, ImplausibleFrameMaximumIsIgnored) {
  FillAround(kFuture, 0);
  ExpectAllOthersAreFound();
}

TEST_F(WrongClockPosition, ClockFarBehindIsIgnored) {
  for (uint64_t number = 1; number <= 20; ++number) {
    InsertAt(number, number == 10 ? kSecond : kHour + static_cast<Micros>(number) * kSecond);
    log_.Commit();
  }
  for (uint64_t number = 1; number <= 20; ++number) {
    if (number == 10) continue;
    const auto place = At(kHour + static_cast<Micros>(number) * kSecond);
    ASSERT_EQ(ReasonOf(place), "OK") << number;
    EXPECT_EQ(place->after.value, number == 11 ? 9 : number - 1) << number;
  }
}

// Our own clock was an hour behind while 6 to 12 were written, so their times were implausible.
TEST_F(WrongClockPosition, TransactionsWithImplausibleTimesAreFound) {
  for (uint64_t number = 1; number <= 20; ++number) {
    const Micros time = kHour + static_cast<Micros>(number) * kSecond;
    InsertAt(number, time, number >= 6 && number <= 12 ? kSecond : time);
    log_.Commit();
  }
  for (uint64_t number = 1; number <= 20; ++number) {
    const auto place = At(kHour + static_cast<Micros>(number) * kSecond);
    ASSERT_EQ(ReasonOf(place), "OK") << number;
    EXPECT_EQ(place->after.value, number - 1);
  }
}

}  // namespace
}  // namespace millrace::feed
