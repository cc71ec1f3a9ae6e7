// SPDX-License-Identifier: Apache-2.0

// Data that the feed's account may not SELECT is invisible to it. Rows without some of their
// columns, or tables without their rows, are never treated as complete: an error names the table
// and the GRANT.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AccountRights : public ::testing::TestWithParam<Flavour> {
 protected:
  static constexpr const char* kAccount = "'millrace'@'localhost'";

  void SetUp() override {
    sql().MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, a INT, b INT)");
    sql().MustExecute("INSERT INTO shop.t VALUES (1, 10, 100)");
    sql().MustExecute("CREATE TABLE shop.u (id INT PRIMARY KEY)");
    sql().MustExecute("CREATE DATABASE millrace_marker");
    sql().MustExecute(fmt::format("REVOKE SELECT ON *.* FROM {}", kAccount));
    Grant("SELECT ON millrace_marker.*");
    Grant("SELECT ON shop.u");
  }
  SqlSession& sql() { return shop_.sql(); }
  void Grant(const std::string& right) {
    sql().MustExecute(fmt::format("GRANT {} TO {}", right, kAccount));
  }
  void StartFeed(const std::string& mode) { shop_.StartFeed({"mode: " + mode}); }
  // The newest snapshot's result for `table`.
  v1::SnapshotTable OutcomeOf(const std::string& table) {
    const auto snapshots = shop_.admin().WaitUntil("the table", [&](const auto& all) {
      const auto tables = TablesOf(all, table);
      return !tables.empty() && tables.front().state() != v1::SnapshotTable::STATE_READING &&
             tables.front().state() != v1::SnapshotTable::STATE_WAITING;
    });
    return TablesOf(snapshots, table).front();
  }
  // The error that ends a stream from SNAPSHOT.
  std::string ErrorFromSnapshot(const std::string& table) {
    const ProcessResult result = RunMillrace({"--server", shop_.feed().address(), "tail", "--from",
                                              "snapshot", "--until", "latest", "--tables", table});
    return result.output + result.errors;
  }
  std::string Check() {
    const ProcessResult result = RunMillraced({"-c", shop_.feed().config_file(), "check"});
    return result.output + result.errors;
  }

  SnapshotShop shop_{GetParam()};
};

TEST_P(AccountRights, TableWithHiddenColumnsIsNotRead) {
  Grant("SELECT (id, a) ON shop.t");
  StartFeed("initial");
  const v1::SnapshotTable table = OutcomeOf("t");
  EXPECT_EQ(table.error_reason(), "SOURCE_ACCESS_DENIED");
  EXPECT_THAT(table.error(), AllOf(HasSubstr("('id', 'a')"), HasSubstr("GRANT SELECT ON `shop`."
                                                                       "`t` TO 'millrace'@")));
  EXPECT_THAT(shop_.RowsRead("t"), IsEmpty());
  EXPECT_THAT(ErrorFromSnapshot("shop.t"), HasSubstr("SOURCE_ACCESS_DENIED"));
  EXPECT_THAT(Check(), HasSubstr("may SELECT only some columns of `shop`.`t`"));
  Grant("SELECT ON shop.t");
  ASSERT_TRUE(shop_.admin().Start(std::vector<std::string>{"shop.t"}).ok());
  shop_.admin().WaitUntilOver(2);
  EXPECT_THAT(shop_.RowsRead("t"), SizeIs(1));
}

TEST_P(AccountRights, HiddenInvisibleColumnIsNoticed) {
  sql().MustExecute("ALTER TABLE shop.t ADD COLUMN h INT INVISIBLE");
  Grant("SELECT (id, a, b) ON shop.t");
  StartFeed("initial");
  EXPECT_EQ(OutcomeOf("t").error_reason(), "SOURCE_ACCESS_DENIED");
}

TEST_P(AccountRights, OtherTableRightsDoNotReplaceSelect) {
  Grant("SELECT (id), INSERT ON shop.t");
  Grant("SELECT (id), DELETE ON shop.u");
  sql().MustExecute("CREATE TABLE shop.v (id INT PRIMARY KEY, b INT)");
  Grant("SELECT (id), DELETE ON shop.v");
  StartFeed("initial");
  EXPECT_EQ(OutcomeOf("t").error_reason(), "SOURCE_ACCESS_DENIED");
  EXPECT_EQ(OutcomeOf("v").error_reason(), "SOURCE_ACCESS_DENIED");
  EXPECT_EQ(OutcomeOf("u").state(), v1::SnapshotTable::STATE_DONE);
}

// The stream contains a table that information_schema does not show.
TEST_P(AccountRights, HiddenTableIsNamedInErrors) {
  StartFeed("initial");
  shop_.feed().WaitForState(v1::SourceStatus::STATE_STREAMING);
  sql().MustExecute("UPDATE shop.t SET a = 11");
  ChangeReader(shop_.feed()).CurrentToken(sql());
  EXPECT_THAT(ErrorFromSnapshot("shop.t"),
              AllOf(HasSubstr("SOURCE_ACCESS_DENIED"), HasSubstr("GRANT SELECT ON `shop`.`t` TO")));
  EXPECT_THAT(ErrorFromSnapshot("shop.*"), HasSubstr("SOURCE_ACCESS_DENIED"));
  EXPECT_THAT(Check(), HasSubstr("GRANT SELECT ON `shop`.* TO"));
}

TEST_P(AccountRights, RevokedSelectIsNamed) {
  Grant("SELECT ON shop.*");
  StartFeed("never");
  ChangeReader(shop_.feed()).CurrentToken(sql());
  EXPECT_THAT(Check(), Not(HasSubstr("with 'shop.*'")));
  sql().MustExecute(fmt::format("REVOKE SELECT ON shop.* FROM {}", kAccount));
  const auto refused = shop_.admin().Start(std::vector<std::string>{"shop.t"});
  EXPECT_THAT(refused.status().ToString(),
              AllOf(HasSubstr("SOURCE_ACCESS_DENIED"), HasSubstr("GRANT SELECT ON `shop`.`t` TO")));
  const ProcessResult tables =
      RunMillrace({"--server", shop_.feed().address(), "proto", "export", "--out",
                   shop_.feed().data_directory().parent_path() / "protos", "shop.t"});
  EXPECT_THAT(tables.errors, HasSubstr("GRANT SELECT ON `shop`.`t` TO"));
}

INSTANTIATE_TEST_SUITE_P(Servers, AccountRights,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
