// SPDX-License-Identifier: Apache-2.0

#include "ingest/table_plans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// TABLE_MAP of shop.t with a column u of BINARY(16) or UUID, which look the same.
std::string MapOfSixteenBytes() {
  std::string body("\x07\0\0\0\0\0\x01\0", 8);
  body.append("\x04shop\0\x01t\0", 9);
  body.append("\x01\xfe\x02\xfe\x10\x01", 6);  // one STRING(16) that may be NULL
  body.append("\x02\x01\x3f");                 // binary
  body.append("\x04\x02\x01u");                // its name
  return body;
}

class TablePlansTest : public log::testing::LogTest {
 protected:
  static constexpr int64_t kDefined = 1'700'000'000;
  const TableName table_{"shop", "t"};

  TablePlansTest() {
    EXPECT_TRUE(Reopen().ok());
    merge_tables_ = MergeTables::Open(*log_).value();
    ColumnDetails column;
    column.name = "u";
    column.data_type = column.column_type = "uuid";
    column.nullable = true;
    plans_.emplace(
        Flavour::kMariadb, rules_, *registry_, counters_, *merge_tables_,
        [this](const TableName&) { return std::optional(details_); },
        [this](const TableName&, RedefinedPart) { return redefined_later_.value(); });
    details_ = TableDetails{.name = table_, .columns = {column}, .defined_seconds = kDefined};
  }
  // "uuid" or "binary": the type of a row committed in that second; or the reason of an error.
  std::string TypeAt(int64_t seconds) {
    const absl::Status status = plans_->Map(MapOfSixteenBytes(), seconds, {1});
    if (!status.ok()) return ErrorReason(status);
    const auto& column = plans_->Find(7)->plan->table()->columns.front();
    return column.meaning == schema::Meaning::kMariadbUuid ? "uuid" : "binary";
  }

  const CaptureRules rules_ = CaptureRules::Parse({"shop.*"}).value();
  std::unique_ptr<schema::Registry> registry_ =
      schema::Registry::FromRecords({}, Flavour::kMariadb).value();
  TableCounterMap counters_;
  std::unique_ptr<MergeTables> merge_tables_;
  TableDetails details_;
  std::optional<bool> redefined_later_;  // nothing: must not be called
  std::optional<TablePlans> plans_;
};

TEST_F(TablePlansTest, OlderDefinitionGivesTheType) { EXPECT_EQ(TypeAt(kDefined + 1), "uuid"); }

TEST_F(TablePlansTest, NewerDefinitionGivesTypeUnlessStatementFollows) {
  redefined_later_ = true;
  EXPECT_EQ(TypeAt(kDefined - 1), "SCHEMA_UNPROVEN");
  EXPECT_EQ(TypeAt(kDefined), "SCHEMA_UNPROVEN");
  redefined_later_ = false;
  EXPECT_EQ(TypeAt(kDefined), "uuid");
}

TEST_F(TablePlansTest, StatedTypeNeedsNoDefinition) {
  registry_->SetDeclaredMeanings(table_, schema::ColumnMeanings());
  EXPECT_EQ(TypeAt(kDefined - 1), "binary");
}

TEST_F(TablePlansTest, FormerMergeTableKeepsItsMembers) {
  merge_tables_->Set(table_, {{"shop", "a"}});
  registry_->SetDeclaredMeanings(table_, schema::ColumnMeanings());
  redefined_later_ = true;
  EXPECT_EQ(TypeAt(kDefined), "binary");
  EXPECT_THAT(plans_->Find(7)->merged, ElementsAre(TableName{"shop", "a"}));
  plans_->Clear();
  EXPECT_EQ(TypeAt(kDefined + 1), "binary") << "the redefinition is older than the rows";
  EXPECT_THAT(plans_->Find(7)->merged, IsEmpty());
}

TEST_F(TablePlansTest, MergeTableUsesMembersAtItsPosition) {
  details_.merge = true;
  details_.merged = {{"shop", "b"}};
  redefined_later_ = true;
  EXPECT_TRUE(plans_->Map(MapOfSixteenBytes(), kDefined, {1}).ok());
  EXPECT_TRUE(plans_->Find(7)->merged_unknown);
  merge_tables_->Set(table_, {{"shop", "a"}});
  plans_->Clear();
  EXPECT_TRUE(plans_->Map(MapOfSixteenBytes(), kDefined, {1}).ok());
  EXPECT_FALSE(plans_->Find(7)->merged_unknown);
  EXPECT_THAT(plans_->Find(7)->merged, ElementsAre(TableName{"shop", "a"}));
}

}  // namespace
}  // namespace millrace::ingest
