// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "binlog/event.h"
#include "mysql/server/source_fixture.h"
#include "schema/registry.h"
#include "transcode/row_plan.h"
#include "transcode/select_plan.h"

namespace millrace {

// The message of a row, and its text that is invalid in its charset.
struct EncodedRow {
  std::string message;
  std::vector<std::string> invalid;  // field, charset and bytes in one string
  friend bool operator==(const EncodedRow&, const EncodedRow&) = default;
};
using EncodedRows = std::vector<EncodedRow>;

// Tables of the database `types`, read by queries and from the binlog with one registry.
class ReadValues : public SourceTest {
 protected:
  explicit ReadValues(std::vector<std::string> options = {});

  void Execute(const std::string& sql);
  // The version of the table resolved from information_schema.
  schema::TableVersionPtr Describe(const std::string& table);
  absl::StatusOr<schema::TableVersionPtr> TryDescribe(const std::string& table);
  // The rows of a query; `rest` is the SQL after the name of the table.
  EncodedRows Select(const schema::TableVersionPtr& version, const std::string& rest);
  // The inserted rows of each table from the binlog. Each event must have the version that
  // `described` has for its table.
  std::map<std::string, EncodedRows> Inserted(
      const std::map<std::string, schema::TableVersionPtr>& described);

  std::unique_ptr<testing::SourceServer> source_;
  testing::SqlSession sql_;
  SourceOptions options_;
  std::unique_ptr<Connection> connection_;
  Flavour flavour_;
  std::unique_ptr<schema::Registry> registry_;
};

}  // namespace millrace
