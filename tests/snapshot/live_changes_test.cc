// SPDX-License-Identifier: Apache-2.0

#include "snapshot/live_changes.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::snapshot {
namespace {

using Touch = TableChanges::Touch;

constexpr Micros kSecond = 1'000'000;

// Row messages of a table whose key is field 1, and changes of the stream to them.
class LiveChangesTest : public ::testing::Test {
 protected:
  LiveChangesTest() { changes_.SetKey(Key()); }

  static transcode::RowKey Key() {
    schema::TableVersion table;
    table.columns.resize(2);
    table.columns[0].name = "id";
    table.columns[0].field_number = 1;
    table.columns[1].name = "note";
    table.columns[1].field_number = 2;
    return transcode::RowKey::Make(table, {"id"}).value();
  }
  // The message of a row that contains only its key.
  static std::string BareRow(uint8_t id) { return {'\x08', static_cast<char>(id)}; }
  static std::string Row(uint8_t id) { return BareRow(id) + std::string("\x12\x01z"); }
  static std::string KeyOf(uint8_t id) {
    std::string key;
    EXPECT_TRUE(Key().Append({.message = BareRow(id)}, key));
    return key;
  }
  static std::string RowWithoutKey() { return "\x12\x01z"; }

  void Insert(uint8_t id) { changes_.OnRow({.after = Row(id)}); }
  void Delete(uint8_t id) { changes_.OnRow({.before = Row(id)}); }
  void Update(const std::string& before, const std::string& after, bool partial = false) {
    changes_.OnRow({.before = before, .after = after, .after_partial = partial});
  }
  Touch TouchSince(uint64_t stamp, uint8_t id) const {
    return changes_.TouchSince(stamp, KeyOf(id));
  }

  TableChanges changes_{1 << 20};
};

TEST_F(LiveChangesTest, EveryKindOfChangeTouchesItsKey) {
  Insert(1);
  Delete(2);
  Update(Row(3), Row(3));
  for (const uint8_t id : {1, 2, 3}) EXPECT_EQ(TouchSince(0, id), Touch::kTouched) << int{id};
  EXPECT_EQ(TouchSince(0, 4), Touch::kNone);
  EXPECT_EQ(changes_.stamp(), 3u);
}

TEST_F(LiveChangesTest, KeyUpdateTouchesBothKeys) {
  Update(Row(1), Row(2));
  EXPECT_EQ(TouchSince(0, 1), Touch::kTouched);
  EXPECT_EQ(TouchSince(0, 2), Touch::kTouched);
}

TEST_F(LiveChangesTest, KeysWithEqualTextDifferByBytes) {
  const auto ambiguous = [](bool in_before) {
    return transcode::InvalidText{
        .field_number = 1, .in_before = in_before, .ambiguous = true, .bytes = "0"};
  };
  const std::vector<transcode::InvalidText> texts = {ambiguous(true)};
  changes_.OnRow({.before = Row(1), .texts = texts});
  std::string key;
  ASSERT_TRUE(Key().Append({.message = Row(1), .texts = texts, .in_before = true}, key));
  EXPECT_EQ(changes_.TouchSince(0, key), Touch::kTouched);
  EXPECT_EQ(TouchSince(0, 1), Touch::kNone);
}

TEST_F(LiveChangesTest, OnlyLaterChangesCount) {
  Insert(1);
  const uint64_t stamp = changes_.stamp();
  Insert(2);
  EXPECT_EQ(TouchSince(stamp, 1), Touch::kNone);
  EXPECT_EQ(TouchSince(stamp, 2), Touch::kTouched);
  Delete(1);
  EXPECT_EQ(TouchSince(stamp, 1), Touch::kTouched);
}

TEST_F(LiveChangesTest, PartialImageIsReported) {
  Update(Row(1), Row(1), /*partial=*/true);
  EXPECT_EQ(TouchSince(0, 1), Touch::kPartial);
  EXPECT_EQ(TouchSince(1, 1), Touch::kNone);
}

TEST_F(LiveChangesTest, LaterWholeImageDoesNotHidePartialImage) {
  Update(Row(1), Row(1), /*partial=*/true);
  Update(Row(1), Row(1));
  EXPECT_EQ(TouchSince(0, 1), Touch::kPartial);
  EXPECT_EQ(TouchSince(1, 1), Touch::kTouched);
}

TEST_F(LiveChangesTest, PartialKeyUpdateCountsAsDefinitionChange) {
  Update(Row(1), BareRow(1), /*partial=*/true);
  EXPECT_EQ(changes_.definition_changes(), 0u);
  Update(Row(1), RowWithoutKey(), /*partial=*/true);
  EXPECT_EQ(changes_.definition_changes(), 0u);
  Update(Row(9), BareRow(1), /*partial=*/true);
  EXPECT_EQ(changes_.definition_changes(), 1u);
}

TEST_F(LiveChangesTest, MissingKeyIsTakenFromBeforeImage) {
  Update(Row(1), RowWithoutKey(), /*partial=*/true);
  EXPECT_EQ(TouchSince(0, 1), Touch::kPartial);
  EXPECT_TRUE(changes_.Remembers(0));
}

TEST_F(LiveChangesTest, PartialKeyUpdateRemovesTheOldKey) {
  Update(Row(1), Row(2), /*partial=*/true);
  EXPECT_EQ(TouchSince(0, 1), Touch::kTouched);
  EXPECT_EQ(TouchSince(0, 2), Touch::kPartial);
}

TEST_F(LiveChangesTest, RowWithoutKeyForgetsAllKeys) {
  Insert(1);
  changes_.OnRow({.before = RowWithoutKey()});
  EXPECT_FALSE(changes_.Remembers(1));
  EXPECT_TRUE(changes_.Remembers(2));
  Update(RowWithoutKey(), Row(1));
  EXPECT_FALSE(changes_.Remembers(2));
  changes_.OnRow({.after = RowWithoutKey(), .after_partial = true});
  EXPECT_FALSE(changes_.Remembers(3));
  Update(Row(1), RowWithoutKey());
  EXPECT_FALSE(changes_.Remembers(4));
}

TEST_F(LiveChangesTest, RowsBeforeSetKeyAreOnlyCounted) {
  TableChanges changes(1 << 20);
  changes.OnRow({.after = Row(1)});
  EXPECT_EQ(changes.stamp(), 1u);
  EXPECT_FALSE(changes.Remembers(0));
  EXPECT_TRUE(changes.Remembers(1));
  changes.SetKey(Key());
  changes.OnRow({.after = Row(1)});
  EXPECT_TRUE(changes.Remembers(1));
  EXPECT_EQ(changes.TouchSince(1, KeyOf(1)), Touch::kTouched);
}

TEST_F(LiveChangesTest, RollbackForgetsEarlierStamps) {
  Insert(1);
  changes_.ForgetAll();
  EXPECT_FALSE(changes_.Remembers(0));
  EXPECT_TRUE(changes_.Remembers(1));
  EXPECT_EQ(TouchSince(0, 1), Touch::kNone);
}

// Each key takes about 100 bytes, so a generation holds only a few.
TEST_F(LiveChangesTest, OldKeysAreForgottenWhenMemoryIsFull) {
  TableChanges changes(1000);
  changes.SetKey(Key());
  uint64_t stamp = 0;
  for (uint8_t id = 0; id < 100; ++id) {
    changes.OnRow({.after = Row(id)});
    // Every key touched since a remembered stamp is reported.
    while (!changes.Remembers(stamp)) ++stamp;
    for (uint64_t known = stamp; known < changes.stamp(); ++known) {
      EXPECT_EQ(changes.TouchSince(stamp, KeyOf(static_cast<uint8_t>(known))), Touch::kTouched);
    }
  }
  EXPECT_GT(stamp, 85u);
  EXPECT_LT(stamp, 97u);
}

TEST_F(LiveChangesTest, KeyTouchedAgainTakesNoMoreMemory) {
  TableChanges changes(1000);
  changes.SetKey(Key());
  for (int i = 0; i < 10'000; ++i) changes.OnRow({.after = Row(1)});
  EXPECT_TRUE(changes.Remembers(0));
}

TEST_F(LiveChangesTest, OneUpdateCanEndAGeneration) {
  TableChanges changes(250);  // one key per generation
  changes.SetKey(Key());
  changes.OnRow({.before = Row(1), .after = Row(2)});
  EXPECT_EQ(changes.TouchSince(0, KeyOf(1)), Touch::kTouched);
  EXPECT_EQ(changes.TouchSince(0, KeyOf(2)), Touch::kTouched);
  changes.OnRow({.before = Row(3), .after = Row(4)});
  EXPECT_FALSE(changes.Remembers(0));
  EXPECT_EQ(changes.TouchSince(1, KeyOf(3)), Touch::kTouched);
  EXPECT_EQ(changes.TouchSince(1, KeyOf(4)), Touch::kTouched);
}

TEST_F(LiveChangesTest, ForgetKeepsLaterKeys) {
  Insert(1);
  Insert(2);
  changes_.Forget(1);
  EXPECT_FALSE(changes_.Remembers(0));
  EXPECT_TRUE(changes_.Remembers(1));
  EXPECT_EQ(TouchSince(1, 2), Touch::kTouched);
  changes_.Forget(1);
  EXPECT_EQ(TouchSince(1, 2), Touch::kTouched);
  changes_.Forget(99);  // more than the newest
  EXPECT_TRUE(changes_.Remembers(2));
}

TEST_F(LiveChangesTest, ForgetFreesMemory) {
  TableChanges changes(1000);
  changes.SetKey(Key());
  uint8_t id = 0;
  for (int round = 0; round < 40; ++round) {
    const uint64_t stamp = changes.stamp();
    for (int i = 0; i < 4; ++i) changes.OnRow({.after = Row(id++ % 120)});
    EXPECT_TRUE(changes.Remembers(stamp)) << round;
    changes.Forget(changes.stamp());
  }
}

TEST_F(LiveChangesTest, StampAtReturnsNewestStampBeforeTime) {
  EXPECT_FALSE(changes_.StampAt(10 * kSecond).has_value());
  changes_.NoteTime(10 * kSecond);
  Insert(1);
  changes_.NoteTime(11 * kSecond);
  Insert(2);
  changes_.NoteTime(12 * kSecond);
  changes_.NoteTime(15 * kSecond);  // idle since 12 s
  EXPECT_FALSE(changes_.StampAt(10 * kSecond - 1).has_value());
  EXPECT_EQ(changes_.StampAt(10 * kSecond), 0u);
  EXPECT_EQ(changes_.StampAt(11 * kSecond - 1), 0u);
  EXPECT_EQ(changes_.StampAt(11 * kSecond), 1u);
  EXPECT_EQ(changes_.StampAt(99 * kSecond), 2u);
}

TEST_F(LiveChangesTest, FewerOldTimesAreKept) {
  const int notes = 100'000;
  for (int i = 0; i < notes; ++i) {
    Insert(static_cast<uint8_t>(i % 100));
    changes_.NoteTime(Micros{i} * kSecond / 10);
  }
  const Micros now = Micros{notes - 1} * kSecond / 10;
  EXPECT_EQ(changes_.StampAt(0), 1u);
  EXPECT_EQ(changes_.StampAt(now - 10 * kSecond), uint64_t{notes} - 100);
  const auto hour_ago = changes_.StampAt(now - 3600 * kSecond);
  ASSERT_TRUE(hour_ago.has_value());
  EXPECT_LE(*hour_ago, uint64_t{notes} - 36'000);
}

TEST_F(LiveChangesTest, TimesCloseTogetherShareAStamp) {
  changes_.NoteTime(kSecond);
  Insert(1);
  changes_.NoteTime(kSecond + 10);
  EXPECT_EQ(changes_.StampAt(kSecond + 10), 0u);
}

TEST(LiveChanges, RecordsOnlyTablesBeingRead) {
  const TableName orders{"shop", "orders"};
  LiveChanges live;
  EXPECT_FALSE(live.recording());
  TableChanges& changes = live.Start(orders, 100);
  EXPECT_TRUE(live.recording());
  EXPECT_EQ(live.Find(orders), &changes);
  EXPECT_EQ(live.Find({"shop", "carts"}), nullptr);
  live.Stop(orders);
  EXPECT_FALSE(live.recording());
}

TEST(LiveChanges, DefinitionChangesCountForAffectedTables) {
  LiveChanges live;
  const TableChanges& orders = live.Start({"shop", "orders"}, 100);
  const TableChanges& stock = live.Start({"store", "stock"}, 100);
  live.NoteDefinitionChange({"shop", "orders"});
  live.NoteDefinitionChange({"shop", "others"});
  EXPECT_EQ(orders.definition_changes(), 1u);
  EXPECT_EQ(stock.definition_changes(), 0u);
  live.NoteDefinitionChangeInDatabase("store");
  live.NoteDefinitionChangeAnywhere();
  EXPECT_EQ(orders.definition_changes(), 2u);
  EXPECT_EQ(stock.definition_changes(), 2u);
}

TEST(LiveChanges, RollbackAndTimeApplyToAllTables) {
  LiveChanges live;
  TableChanges& orders = live.Start({"shop", "orders"}, 100);
  orders.OnRow({.after = "x"});
  live.NoteRollback();
  live.NoteTime(5);
  EXPECT_EQ(orders.StampAt(5), 1u);
  EXPECT_FALSE(orders.Remembers(0));
}

TEST(LiveChanges, StartAgainResetsRecording) {
  LiveChanges live;
  live.Start({"shop", "orders"}, 100).NoteDefinitionChange();
  EXPECT_EQ(live.Start({"shop", "orders"}, 100).definition_changes(), 0u);
}

}  // namespace
}  // namespace millrace::snapshot
