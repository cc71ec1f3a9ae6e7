// SPDX-License-Identifier: Apache-2.0

#include "schema/registry.h"

#include <atomic>
#include <limits>
#include <thread>

#include "base/error.h"
#include "gmock/gmock.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "schema/row_descriptor.h"
#include "schema/table_fixture.h"

namespace millrace::schema {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Registry, ReadersSeeAVersionOnceItIsStored) {
  RegistryFixture registry;
  const auto table = registry.Resolve(Map({Int("a")}));
  const auto records = registry->TakeUnstored();
  EXPECT_THAT(records, SizeIs(2)) << "the table, and its version";
  EXPECT_EQ(registry->Find({"s", "t"}), nullptr);
  registry->MarkStored();
  EXPECT_EQ(registry->Find({"s", "t"}), table);
  EXPECT_EQ(registry->Find(table->table_id), table);
  EXPECT_EQ(registry->FindRowMessage("db.s.t"), table);
}

TEST(Registry, MarkStoredPublishesOnlyTheOldestBatch) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a")}));
  registry->TakeUnstored();
  registry.Resolve(Map({Int("a"), Int("b")}));
  registry->TakeUnstored();
  registry->MarkStored();
  EXPECT_EQ(registry->Find({"s", "t"})->version, 1u);
  registry->MarkStored();
  EXPECT_EQ(registry->Find({"s", "t"})->version, 2u);
}

TEST(Registry, FindAtReturnsVersionOfTheRow) {
  RegistryFixture registry;
  const auto first = registry->Resolve(Map({Int("a")}), nullptr, Sequence{1}).value();
  const auto second = registry->Resolve(Map({Int("a"), Int("b")}), nullptr, Sequence{10}).value();
  registry->RenameColumns({"s", "t"}, {{"b", "c"}}, Sequence{20});
  const auto names = [&registry, id = first->table_id](uint64_t sequence) {
    std::string text;
    for (const Column& column : registry->FindAt(id, {sequence})->columns) text += column.name;
    return text;
  };
  EXPECT_EQ(registry->FindAt(first->table_id, {1}), nullptr) << "not stored yet";
  registry.Store();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(names(1) + " " + names(9), "a a");
    EXPECT_EQ(names(10) + " " + names(19), "ab ab");
    EXPECT_EQ(names(20) + " " + names(1000), "ac ac");
    EXPECT_EQ(registry->Find(first->table_id)->version, 3u);
    registry.Reopen();
  }
}

TEST(Registry, DroppedMarkIsStoredAndCleared) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a")}));
  registry.Store();
  registry->SetDropped({"s", "t"}, true);
  registry->SetDropped({"s", "unknown"}, true);
  EXPECT_FALSE(registry->Find({"s", "t"})->dropped) << "not stored yet";
  registry.Store();
  EXPECT_TRUE(registry->Find({"s", "t"})->dropped);
  registry.Reopen();
  EXPECT_TRUE(registry->Find({"s", "t"})->dropped);
  EXPECT_FALSE(registry.Resolve(Map({Int("a")}))->dropped);
  registry.Store();
  registry.Reopen();
  EXPECT_FALSE(registry->Find({"s", "t"})->dropped);
  EXPECT_EQ(registry->Find({"s", "t"})->version, 1u);
}

// The connection ends after an ALTER, before rows of the new version reach the log. Then rows
// from before the ALTER arrive again.
TEST(Registry, VersionWithoutStoredRowsHidesNoLaterVersion) {
  RegistryFixture registry;
  const auto one = registry->Resolve(Map({Int("a")}), nullptr, Sequence{1}).value();
  registry->Resolve(Map({Int("b")}), nullptr, Sequence{100}).value();
  const auto again = registry->Resolve(Map({Int("a")}), nullptr, Sequence{91}).value();
  const auto later = registry->Resolve(Map({Int("b")}), nullptr, Sequence{105}).value();
  registry.Store();
  EXPECT_EQ(registry->FindAt(one->table_id, {90}), one);
  EXPECT_EQ(registry->FindAt(one->table_id, {101}), again);
  EXPECT_EQ(registry->FindAt(one->table_id, {105}), later);
}

TEST(Registry, SpanHoldsTheSequencesOfItsVersion) {
  RegistryFixture registry;
  const auto one = registry->Resolve(Map({Int("a")}), nullptr, Sequence{5}).value();
  registry->Resolve(Map({Int("b")}), nullptr, Sequence{100}).value();
  const auto later = registry->Resolve(Map({Int("a"), Int("b")}), nullptr, Sequence{91}).value();
  registry.Store();
  const VersionSpan first = registry->SpanAt(one->table_id, {50});
  EXPECT_EQ(first.version, one);
  EXPECT_EQ(first.first.value, 0u) << "older rows have the oldest version";
  EXPECT_EQ(first.last.value, 90u);
  const VersionSpan last = registry->SpanAt(one->table_id, {100});
  EXPECT_EQ(last.version, later);
  EXPECT_EQ(last.first.value, 91u);
  EXPECT_EQ(last.last.value, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(registry->SpanAt(7, {1}).version, nullptr);
}

TEST(Registry, UnchangedDefinitionWritesNoRecords) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a")}));
  registry.Store();
  registry.Resolve(Map({Int("a")}));
  EXPECT_THAT(registry->TakeUnstored(), IsEmpty());
}

TEST(Registry, GenerationGrowsWithPublishedChanges) {
  RegistryFixture registry;
  const uint64_t before = registry->generation();
  registry.Resolve(Map({Int("a")}));
  EXPECT_EQ(registry->generation(), before);
  registry.Store();
  EXPECT_EQ(registry->generation(), before + 1);
  registry->MarkUnverified({"s", "t"});
  registry.Store();
  EXPECT_EQ(registry->generation(), before + 1);
}

TEST(Registry, ReopenRestoresTheTable) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Enum("e", {"ä"}), Varchar("v", 80, 46)}));
  const auto before = registry.Resolve(Map({Int("a"), Varchar("v", 80, 63), Enum("e", {"ä"})}));
  registry.Store();
  registry.Reopen();
  const auto after = registry->Find({"s", "t"});
  EXPECT_EQ(after->columns, before->columns);
  EXPECT_EQ(after->dropped_columns, before->dropped_columns);
  EXPECT_EQ(after->next_field_number, 5u);
  EXPECT_EQ(after->type_url, "t/db.s.t");
  EXPECT_EQ(registry.Resolve(Map({Int("a"), Varchar("v", 80, 63), Enum("e", {"ä"})})), after);
}

TEST(Registry, UnstoredFieldsGetSameNumbersAfterCrash) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a")}));
  registry.Store();
  const auto unstored = registry.Resolve(Map({Int("a"), Int("b")}));
  registry.Reopen();
  EXPECT_EQ(registry.Resolve(Map({Int("a"), Int("b")}))->columns, unstored->columns);
}

TEST(Registry, TableNameKeepsItsNumber) {
  RegistryFixture registry;
  EXPECT_EQ(registry->TableIdOf({"s", "one"}), 1u);
  EXPECT_EQ(registry.Resolve(Map({Int("a")}, "two"))->table_id, 2u);
  registry.Store();
  registry.Reopen();
  EXPECT_EQ(registry->TableIdOf({"s", "three"}), 3u);
  EXPECT_EQ(registry->TableIdOf({"s", "two"}), 2u);
  EXPECT_EQ(registry->NameOf(1), (TableName{"s", "one"}));
  EXPECT_EQ(registry->NameOf(3), std::nullopt);
}

TEST(Registry, NameWithoutRowsHasNoVersion) {
  RegistryFixture registry;
  registry->TableIdOf({"s", "odd\xff"});
  registry.Store();
  registry.Reopen();
  EXPECT_EQ(registry->Find(1), nullptr);
  EXPECT_THAT(registry->List(), IsEmpty());
  EXPECT_EQ(registry->NameOf(1)->table, "odd\xff");
}

TEST(Registry, RecreatedTableKeepsItsFieldNumbers) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("id"), Int("old")}));
  const auto table = registry.Resolve(Map({Varchar("new"), Int("id")}));
  EXPECT_EQ(table->table_id, 1u);
  EXPECT_EQ(NumberOf(*table, "id"), 1u);
  EXPECT_EQ(NumberOf(*table, "new"), 3u);
}

TEST(Registry, SwappedTablesKeepFieldNumbersPerName) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("id"), Int("a")}, "t"));
  registry.Resolve(Map({Int("id"), Int("b"), Int("a")}, "_t_gho"));
  const auto swapped = registry.Resolve(Map({Int("id"), Int("b"), Int("a")}, "t"));
  EXPECT_EQ(NumberOf(*swapped, "a"), 2u);
  EXPECT_EQ(NumberOf(*swapped, "b"), 3u);
}

TEST(Registry, CollidingIdentifiersGetDifferentRowMessages) {
  RegistryFixture registry;
  EXPECT_EQ(registry.Resolve(Map({Int("a")}, "t", "a-b"))->row_message, "db.a_b.t");
  EXPECT_EQ(registry.Resolve(Map({Int("a")}, "t", "a_b"))->row_message, "db.a_b.t_2");
  registry.Store();
  registry.Reopen();
  EXPECT_EQ(registry.Resolve(Map({Int("a")}, "t", "a.b"))->row_message, "db.a_b.t_3");
  EXPECT_EQ(registry.Resolve(Map({Int("a")}, "t", "a_b"))->row_message, "db.a_b.t_2");
}

TEST(Registry, ListIsOrderedByName) {
  RegistryFixture registry;
  for (const char* name : {"c", "a", "b"}) registry.Resolve(Map({Int("x")}, name));
  registry.Store();
  const auto list = registry->List();
  ASSERT_THAT(list, SizeIs(3));
  EXPECT_EQ(list[0]->name.table, "a");
  EXPECT_EQ(list[2]->name.table, "c");
}

TEST(Registry, DamagedRecordsAreNamed) {
  RegistryFixture registry;
  registry.Resolve(Map({Int("a")}));
  registry.Store();
  for (const std::string& value :
       {std::string(), std::string("\x01\xff\xff"), std::string("\x01")}) {
    registry.disk().begin()->second = value;
    const auto loaded = registry.Load();
    EXPECT_EQ(ErrorReason(loaded.status()), "LOG_DAMAGED") << loaded.status();
    EXPECT_THAT(loaded.status().message(), HasSubstr("record '"));
  }
}

TEST(Registry, RecordsOfALaterFormatAreRefused) {
  RegistryFixture registry;
  registry->TableIdOf({"s", "t"});
  registry.Store();
  registry.disk().begin()->second.front() = 3;
  EXPECT_EQ(ErrorReason(registry.Load().status()), "FORMAT_TOO_NEW");
}

TEST(Registry, FlippedBitsNeverBreakTheDescriptor) {
  const google::protobuf::LogSilencer silencer;
  RegistryFixture registry;
  registry.Resolve(Map({Int("a"), Enum("e", {"x"}), Varchar("v")}));
  registry.Resolve(Map({Int("a")}));
  registry.Store();
  std::string& value = registry.disk().begin()->second;
  size_t refused = 0;
  for (size_t i = 0; i < value.size() * 8; ++i) {
    value[i / 8] = static_cast<char>(value[i / 8] ^ (1 << i % 8));
    const auto loaded = registry.Load();
    refused += loaded.ok() ? 0 : 1;
    if (loaded.ok() && loaded.value()->Find(1) != nullptr) {
      EXPECT_NE(RowDescriptor::Make(*loaded.value()->Find(1)), nullptr);
    }
    value[i / 8] = static_cast<char>(value[i / 8] ^ (1 << i % 8));
  }
  EXPECT_GT(refused, value.size());
}

TEST(Registry, ReadersRunBesideTheWriter) {
  RegistryFixture registry;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      for (const auto& table : registry->List()) {
        EXPECT_EQ(registry->NameOf(table->table_id), table->name);
      }
    }
  });
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back("t" + std::to_string(i % 20));
  for (size_t i = 0; i < names.size(); ++i) {
    registry.Resolve(Map({i % 3 == 0 ? Int("a") : Varchar("b")}, names[i]));
    registry.Store();
  }
  done = true;
  reader.join();
  EXPECT_THAT(registry->List(), SizeIs(20));
}

}  // namespace
}  // namespace millrace::schema
