// SPDX-License-Identifier: Apache-2.0

// Runs every clause of the statements about tables and databases on a real server, from clients
// with all kinds of settings. Compares our interpretation of the logged statement with the changes
// in information_schema.

#include <algorithm>
#include <iostream>
#include <map>

#include "binlog/event.h"
#include "binlog/events.h"
#include "coverage/statement_effects.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "gtest/gtest.h"
#include "ingest/sent_statement.h"
#include "ingest/server/clauses.h"
#include "ingest/server/pairwise.h"
#include "ingest/server/rendering.h"
#include "ingest/server/table_states.h"
#include "mysql/binlog_stream.h"
#include "mysql/server/source_fixture.h"
#include "schema/shown_statement.h"

namespace millrace::testing {
namespace {

using schema::Statement;
using schema::StatementKind;
using schema::StatementVerb;

// One executed statement.
struct Trial {
  std::string what;  // for messages
  std::set<TableName> named;
  std::string default_database;
  TableStates before;
  TableStates after;
  uint64_t end = 0;  // end position in the binlog
};

// The interpreted statements: usually one, two where the server logs more.
using BinlogStatements = std::vector<Statement>;

std::set<TableName> TablesIn(const TableStates& states) {
  std::set<TableName> tables;
  for (const auto& [name, state] : states) {
    if (state.is_table) tables.insert(name);
  }
  return tables;
}

std::string Text(const std::set<TableName>& tables) {
  std::vector<std::string> names;
  for (const TableName& table : tables) names.push_back(table.ToString());
  return fmt::format("{}", names);
}

// The tables that should exist after the statements.
std::set<TableName> PredictedTables(const BinlogStatements& found, std::set<TableName> tables) {
  for (const Statement& statement : found) {
    if (coverage::DropsDatabase(statement)) {
      std::erase_if(tables,
                    [&](const TableName& table) { return table.database == statement.database; });
    }
    if (statement.temporary) continue;
    for (const TableName& table : statement.tables) {
      if (statement.verb == StatementVerb::kCreate) tables.insert(table);
      if (statement.verb == StatementVerb::kDrop) tables.erase(table);
    }
    for (const TableName& table : statement.tables_from_partitions) tables.insert(table);
    for (const TableName& table : statement.tables_into_partitions) tables.erase(table);
    for (const auto& [from, to] : statement.renames) {
      // With IF EXISTS.
      if (tables.erase(from) > 0) tables.insert(to);
    }
  }
  return tables;
}

// The table's name after the renames.
TableName NameAfterRenames(const BinlogStatements& found, TableName table) {
  for (const Statement& statement : found) {
    for (const auto& [from, to] : statement.renames) {
      if (from == table) {
        table = to;
      }
    }
  }
  return table;
}

using ColumnRenames = std::map<std::string, std::string>;

// Finds a moved column by its value, which is unique in the row.
ColumnRenames ColumnsThatMoved(const TableState& before, const TableState& after) {
  ColumnRenames renames;
  if (before.rows.size() != 1 || after.rows.size() != 1) return renames;
  for (size_t i = 0; i < before.columns.size(); ++i) {
    const auto& row = after.rows[0];
    const auto place = std::find(row.begin(), row.end(), before.rows[0][i]);
    if (!before.rows[0][i].has_value() || place == row.end()) continue;
    const std::string& name = after.columns[static_cast<size_t>(place - row.begin())];
    if (name != before.columns[i]) renames[before.columns[i]] = name;
  }
  return renames;
}

ColumnRenames StatedRenames(const Statement& statement, const TableState& before) {
  ColumnRenames renames;
  for (const auto& [from, to] : statement.column_renames) {
    const auto& columns = before.columns;
    // With IF EXISTS.
    if (std::find(columns.begin(), columns.end(), from) != columns.end()) renames[from] = to;
  }
  return renames;
}

class StatementClauses : public ::testing::TestWithParam<Flavour> {
 protected:
  StatementClauses() {
    admin_.MustExecute("SET SESSION sql_log_bin = 0");
    admin_.MustExecute("SET SESSION foreign_key_checks = 0");
    client_.MustExecute("SET SESSION foreign_key_checks = 0");
  }

  uint64_t BinlogEnd() {
    const bool mysql = GetParam() == Flavour::kMysql;
    const SqlRows rows = admin_.MustQuery(mysql ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
    return std::stoull(*rows[0][1]);
  }

  void MakeTables(const Rendering& names, Rendering& rendering, std::string_view clause) {
    const auto run = [&](std::string_view statement) {
      admin_.MustExecute(rendering.Render(statement));
    };
    run("CREATE DATABASE {d}");
    run("CREATE DATABASE {e}");
    admin_.MustExecute("USE " + names.Database("d"));
    run("CREATE TABLE {t} ({:id} INT PRIMARY KEY, {:a} INT, {:b} INT, {:c} INT, KEY k_b ({:b}), "
        "CONSTRAINT chk CHECK ({:id} > 0))");
    run("CREATE TABLE {u} ({:id} INT PRIMARY KEY, {:a} INT, {:b} INT, {:c} INT, KEY k_b ({:b}))");
    run("INSERT INTO {t} VALUES (1, 11, 12, 13)");
    run("INSERT INTO {u} VALUES (2, 21, 22, 23)");
    const auto named = [&](char table) {
      return clause.find(fmt::format("{{{}}}", table)) != std::string_view::npos ||
             clause.find(fmt::format("{{d.{}}}", table)) != std::string_view::npos;
    };
    const std::string columns = "({:id} INT PRIMARY KEY, {:a} INT, {:b} INT, {:c} INT)";
    if (named('p')) {
      run("CREATE TABLE {p} " + columns +
          " PARTITION BY RANGE ({:id}) (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES "
          "LESS THAN (200))");
      run("INSERT INTO {p} VALUES (3, 31, 32, 33)");
    }
    if (named('h')) run("CREATE TABLE {h} " + columns + " PARTITION BY HASH ({:id}) PARTITIONS 4");
    if (named('w')) {
      run("CREATE TABLE {w} " + columns);
      // A row that fits the partition it is exchanged with.
      const bool exchanged = clause.find("EXCHANGE") != std::string_view::npos;
      run(exchanged ? "INSERT INTO {w} VALUES (50, 51, 52, 53)"
                    : "INSERT INTO {w} VALUES (250, 251, 252, 253)");
    }
    if (named('k')) {
      run("CREATE TABLE {k} ({:id} INT, {:a} INT, CONSTRAINT fk FOREIGN KEY ({:a}) REFERENCES {t} "
          "({:id}))");
    }
    if (named('v')) run("CREATE VIEW {v} AS SELECT {:a} FROM {t}");
    if (named('s')) run("CREATE SEQUENCE {s}");
    if (named('y')) run("CREATE TABLE {y} ({:id} INT) WITH SYSTEM VERSIONING");
  }

  // False if the server refuses the statement.
  bool Execute(std::string_view clause, const Client& client) {
    const int number = ++executed_;
    const Rendering names(client, number);
    Rendering quiet({.sql_mode = {}, .style = client.style, .charset = client.charset}, number);
    MakeTables(names, quiet, clause);
    const std::vector<std::string> databases = {names.Database("d"), names.Database("e"),
                                                names.Database("f")};
    Trial run{.what = {},
              .named = {},
              .default_database = names.Database("d"),
              .before = ReadStates(admin_, databases),
              .after = {}};
    client_.MustExecute("SET SESSION sql_mode = ''");
    client_.MustExecute("USE " + run.default_database);
    client_.MustExecute("SET NAMES " + client.charset);
    client_.MustExecute(fmt::format("SET SESSION sql_mode = '{}'", client.sql_mode));
    Rendering rendering(client, number);
    const std::string text = rendering.Render(clause);
    run.what =
        fmt::format("{} [{}] sent in {} under '{}'", clause, text, client.charset, client.sql_mode);
    const absl::Status status = client_.Execute(rendering.Encoded(text));
    run.named = rendering.tables();
    run.after = ReadStates(admin_, databases);
    run.end = BinlogEnd();
    for (const std::string& database : databases) {
      admin_.MustExecute("DROP DATABASE IF EXISTS " + database);
    }
    if (!status.ok()) {
      // MySQL cannot parse a name in sjis in a partition's expression.
      const bool defect =
          client.charset == "sjis" && run.what.find("PARTITION BY") != std::string::npos;
      if (!defect) refused_.push_back(run.what + ": " + status.ToString());
      return false;
    }
    runs_.push_back(std::move(run));
    return true;
  }

  // The statements that the binlog contains for each run, by the run's number.
  std::map<size_t, BinlogStatements> ReadBinlog(const std::string& file, uint64_t begin) {
    std::map<size_t, BinlogStatements> found;
    auto stream = OpenStream(options_, {.file = file, .offset = begin, .gtids = {}});
    if (!stream.ok()) {
      ADD_FAILURE() << stream.status();
      return found;
    }
    const auto flavour =
        GetParam() == Flavour::kMysql ? millrace::Flavour::kMysql : millrace::Flavour::kMariadb;
    binlog::EventReader reader(flavour);
    const uint64_t end = runs_.back().end;
    bool transaction_continues = false;
    for (uint64_t at = begin; at < end;) {
      const auto bytes = (*stream)->Read();
      const auto event = reader.Read(bytes.value());
      if (!event.ok() || (event->header.flags & binlog::EventHeader::kFlagArtificial) != 0)
        continue;
      if (event->header.type == binlog::EventType::kMariadbGtid) {
        transaction_continues = !binlog::ParseMariadbGtid(*event)->standalone;
      }
      if (event->header.type == binlog::EventType::kQuery) {
        const auto query = binlog::ParseQuery(*event);
        const auto run =
            std::upper_bound(runs_.begin(), runs_.end(), at,
                             [](uint64_t place, const Trial& r) { return place < r.end; });
        const ingest::SentStatement sent =
            ingest::SentStatementFrom(*query, flavour, transaction_continues);
        const Statement statement = schema::Classify(sent.text, sent.database, sent.session);
        const bool defines = statement.kind == StatementKind::kDefinition ||
                             statement.kind == StatementKind::kTruncate;
        if (defines && run != runs_.end()) {
          found[static_cast<size_t>(run - runs_.begin())].push_back(statement);
          run->what += fmt::format("\n  in the binlog: {} (charset {}, mode {})", sent.text,
                                   query->client_charset, query->sql_mode.value_or(0));
        }
      }
      if (event->header.end_position != 0) at = event->header.end_position;
    }
    return found;
  }

  void Check(const Trial& run, const BinlogStatements& found) {
    SCOPED_TRACE(run.what);
    std::set<TableName> concerned;
    for (const Statement& statement : found) {
      EXPECT_FALSE(statement.may_concern_any_table);
      concerned.insert(statement.tables.begin(), statement.tables.end());
      for (const auto& [table, state] : run.before) {
        if (coverage::DropsDatabase(statement) && table.database == statement.database) {
          concerned.insert(table);
        }
      }
    }
    CheckConcerned(run, concerned, found);
    EXPECT_EQ(Text(PredictedTables(found, TablesIn(run.before))), Text(TablesIn(run.after)));
    for (const Statement& statement : found) CheckColumns(run, found, statement);
  }

  // Every changed table is concerned; no table is concerned that the statement does not name.
  void CheckConcerned(const Trial& run, const std::set<TableName>& concerned,
                      const BinlogStatements& found) {
    std::set<TableName> changed;
    for (const auto& [table, state] : run.before) {
      const auto after = run.after.find(table);
      if (after == run.after.end() || after->second != state) changed.insert(table);
    }
    for (const auto& [table, state] : run.after) {
      if (!run.before.contains(table)) changed.insert(table);
    }
    for (const TableName& table : changed) {
      EXPECT_TRUE(concerned.contains(table)) << table.ToString() << " of " << Text(concerned);
    }
    const bool of_database = std::any_of(found.begin(), found.end(), coverage::DropsDatabase);
    for (const TableName& table : concerned) {
      EXPECT_TRUE(of_database || run.named.contains(table)) << table.ToString();
    }
  }

  void CheckColumns(const Trial& run, const BinlogStatements& found, const Statement& statement) {
    if (statement.tables.empty()) return;
    const TableName& table = statement.tables.front();
    const auto before = run.before.find(table);
    const auto after = run.after.find(NameAfterRenames(found, table));
    if (before == run.before.end() || after == run.after.end()) return;
    // A swap leaves another table under the name.
    if (statement.verb != StatementVerb::kAlter) {
      EXPECT_TRUE(statement.column_renames.empty());
      return;
    }
    EXPECT_EQ(StatedRenames(statement, before->second),
              ColumnsThatMoved(before->second, after->second));
    columns_renamed_ += statement.column_renames.size();
    if (statement.index_only) {
      EXPECT_EQ(before->second.columns, after->second.columns);
      EXPECT_EQ(before->second.rows, after->second.rows);
    }
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart(
      {.flavour = GetParam(),
       .options = {"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0"}});
  SourceOptions options_ = OptionsFor(*source_);
  SqlSession admin_ = source_->MustConnect();
  SqlSession client_ = source_->MustConnect("binary");
  int executed_ = 0;
  size_t columns_renamed_ = 0;
  std::vector<Trial> runs_;
  std::vector<std::string> refused_;
};

TEST_P(StatementClauses, MatchTheServersEffect) {
  const auto clauses = ClausesOf(GetParam());
  const auto modes = ModesOf(GetParam());
  const auto styles = StylesOf(GetParam());
  const auto charsets = CharsetsOf(GetParam());
  const uint64_t begin = BinlogEnd();
  const SqlRows status = admin_.MustQuery(GetParam() == Flavour::kMysql ? "SHOW BINARY LOG STATUS"
                                                                        : "SHOW MASTER STATUS");
  std::set<size_t> accepted;
  for (const auto& [clause, charset, mode, style] :
       Pairwise({clauses.size(), charsets.size(), modes.size(), styles.size()})) {
    const Client client{
        .sql_mode = modes[mode], .style = styles[style], .charset = charsets[charset]};
    if (Execute(clauses[clause], client)) accepted.insert(clause);
  }
  const std::map<size_t, BinlogStatements> found = ReadBinlog(*status[0][0], begin);
  size_t logged = 0;
  for (size_t i = 0; i < runs_.size(); ++i) {
    const auto statements = found.find(i);
    if (statements != found.end()) ++logged;
    Check(runs_[i], statements == found.end() ? BinlogStatements() : statements->second);
  }
  std::cout << fmt::format(
      "{}: {} clauses, {} statements run, {} in the binlog, {} refused, {} columns renamed\n",
      FlavourName(GetParam()), clauses.size(), runs_.size(), logged, refused_.size(),
      columns_renamed_);
  for (size_t clause = 0; clause < clauses.size(); ++clause) {
    EXPECT_TRUE(accepted.contains(clause)) << clauses[clause];
  }
  EXPECT_EQ(refused_.size(), 0u) << fmt::format("{}", fmt::join(refused_, "\n"));
}

INSTANTIATE_TEST_SUITE_P(Sources, StatementClauses,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
