// SPDX-License-Identifier: Apache-2.0

// Compares the records of a mirror with the feed, change by change: for a benchmark's load and for
// every column type, from snapshot and stream, in both formats.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <set>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "nlohmann/json.hpp"
#include "support/process.h"
#include "system/change_reader.h"
#include "system/kafka/kafka_fixture.h"
#include "system/kafka/kafka_ledger.h"
#include "system/raw_feed.h"
#include "system/snapshot_admin.h"
#include "system/type_matrix_cases.h"

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;
using Json = nlohmann::json;

constexpr int kTables = 2;
constexpr int kRowsPerTable = 1000;
constexpr int kTransactions = 500;
constexpr size_t kBytesShown = 300;

// Row types from the topic with the schemas, where consumers find them.
class PublishedTypes {
 public:
  void Add(const std::string& name, const std::string& descriptors) {
    google::protobuf::FileDescriptorSet files;
    ASSERT_TRUE(files.ParseFromString(descriptors)) << name;
    auto pool = std::make_unique<google::protobuf::DescriptorPool>();
    for (const auto& file : files.file()) {
      ASSERT_NE(pool->BuildFile(file), nullptr) << name << ": " << file.name();
    }
    ASSERT_NE(pool->FindMessageTypeByName(name), nullptr) << name;
    pools_[name] = std::move(pool);
  }
  // Parses a message of type `name`. Null if the type is unknown, the bytes are malformed, or they
  // contain unknown fields.
  std::unique_ptr<google::protobuf::Message> Parse(const std::string& name,
                                                   const std::string& bytes) {
    const auto pool = pools_.find(name);
    if (pool == pools_.end()) return nullptr;
    const auto* type = pool->second->FindMessageTypeByName(name);
    std::unique_ptr<google::protobuf::Message> message(factory_.GetPrototype(type)->New());
    if (!message->ParseFromString(bytes)) return nullptr;
    if (message->GetReflection()->GetUnknownFields(*message).field_count() > 0) return nullptr;
    return message;
  }
  size_t size() const { return pools_.size(); }

 private:
  std::map<std::string, std::unique_ptr<google::protobuf::DescriptorPool>> pools_;
  google::protobuf::DynamicMessageFactory factory_;
};

std::string TypeNameOf(const google::protobuf::Any& row) {
  return row.type_url().substr(row.type_url().rfind('/') + 1);
}

// The possible `op` of Debezium's envelope for each operation. An UPDATE of a key has `d` and `c`.
const std::map<std::string, std::set<std::string>>& EnvelopeOps() {
  static const std::map<std::string, std::set<std::string>> ops = {
      {"INSERT", {"c"}}, {"READ", {"r"}}, {"UPDATE", {"u", "d", "c"}}, {"DELETE", {"d"}}};
  return ops;
}

class KafkaFeed : public KafkaSuite, public ::testing::WithParamInterface<Flavour> {
 protected:
  KafkaFeed() {
    // Only for speed.
    sql_.MustExecute("SET GLOBAL sync_binlog = 0");
    sql_.MustExecute("SET GLOBAL innodb_flush_log_at_trx_commit = 0");
    sql_.MustExecute("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
    sql_.MustExecute("CREATE DATABASE types");
    sql_.MustExecute("CREATE DATABASE sbtest");
    sql_.MustExecute("USE types");
  }

  // Small transactions and several partitions make errors likely.
  void Start(const std::string& name, const std::vector<std::string>& more) {
    prefix_ = name + FlavourName(GetParam());
    std::vector<std::string> lines = {"transaction: {records_max: 700}", "topics: {partitions: 3}",
                                      kMessageBytesLine};
    lines.insert(lines.end(), more.begin(), more.end());
    feed_ = FeedServer::MustStart(*source_, {.kafka = MirrorLines(broker(), prefix_, lines),
                                             .snapshot = {"mode: initial", "chunk_rows_max: 300"}});
  }

  void Sysbench(const std::string& act) {
    const auto result =
        RunProcess({.program = "sysbench",
                    .arguments = {"oltp_read_write", "--db-driver=mysql", "--mysql-user=root",
                                  "--mysql-db=sbtest", "--mysql-socket=" + source_->socket(),
                                  fmt::format("--tables={}", kTables),
                                  fmt::format("--table-size={}", kRowsPerTable), "--threads=4",
                                  "--time=0", fmt::format("--events={}", kTransactions), act}},
                   absl::Minutes(2));
    ASSERT_TRUE(result.ok() && result->exit_code == 0)
        << (result.ok() ? result->output + result->errors : result.status().ToString());
  }

  // Inserts rows of every type, changes their keys and deletes some.
  void WriteTypes() {
    std::vector<TypeCase> types = TypeCases(GetParam());
    for (const TypeCase& type : TextCases(GetParam())) types.push_back(type);
    for (size_t i = 0; i < types.size(); ++i) {
      const std::string table = fmt::format("t{}", i);
      for (const std::string& statement : RowStatements(types[i], table))
        sql_.MustExecute(statement);
      sql_.MustExecute(fmt::format("UPDATE {} SET n = id", table));
      sql_.MustExecute(fmt::format("UPDATE {} SET id = id + 1000 ORDER BY id", table));
      sql_.MustExecute(fmt::format("DELETE FROM {} WHERE id > 1000 ORDER BY id LIMIT 1", table));
    }
  }

  // Reads the feed up to now and waits until the mirror has sent it.
  RawRead ReadFeed() {
    v1::SubscribeRequest request = ChangeReader::FromEarliest();
    request.set_until_token(ChangeReader(*feed_).CurrentToken(sql_));
    RawRead read = RawFeed(feed_->address()).Read(request);
    WaitUntilMirrored(*feed_, read.changes.back().sequence);
    return read;
  }
  std::vector<KafkaRecord> ReadKafka() {
    return ReadMirrored(*feed_, broker(), TopicsOfMirror(broker().bootstrap(), prefix_));
  }

  // Records with a change: those outside the topic with the schemas.
  std::vector<KafkaRecord> ChangesOf(std::vector<KafkaRecord> records) const {
    std::erase_if(records,
                  [&](const KafkaRecord& record) { return record.topic == prefix_ + ".schemas"; });
    return records;
  }
  void ExpectEachChangeOnce(const std::vector<KafkaRecord>& records, uint64_t newest) {
    KafkaLedger ledger;
    for (const KafkaRecord& record : records) ledger.Add(record);
    const auto violations = ledger.Violations(newest);
    EXPECT_THAT(violations, IsEmpty());
  }
  void LearnTypes(const std::vector<KafkaRecord>& records) {
    for (const KafkaRecord& record : records) {
      if (record.topic == prefix_ + ".schemas") types_.Add(record.key.value(), *record.value);
    }
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
  std::string prefix_;
  PublishedTypes types_;
};

// Expects that the value of each change equals the change that subscribers get.
void ExpectValuesAreChanges(const std::vector<KafkaRecord>& records,
                            const std::vector<RawChange>& changes) {
  size_t values = 0;
  for (const KafkaRecord& record : records) {
    if (!record.value.has_value()) continue;
    const uint64_t sequence = SequenceOf(record);
    ASSERT_TRUE(sequence >= 1 && sequence <= changes.size()) << record.topic << sequence;
    const RawChange& change = changes[sequence - 1];
    ASSERT_EQ(change.sequence, sequence);
    ASSERT_TRUE(*record.value == change.bytes)
        << record.topic << ": change " << sequence << " of " << change.table;
    EXPECT_EQ(HeaderOf(record, "millrace.gtid"), change.gtid);
    EXPECT_EQ("OPERATION_" + HeaderOf(record, "millrace.operation"),
              v1::Operation_Name(change.operation));
    ++values;
  }
  EXPECT_EQ(values, changes.size());
}

// Expects that the key contains exactly the row's key columns.
void ExpectKeyIsOfRow(const KafkaRecord& record, PublishedTypes& types) {
  v1::Change change;
  ASSERT_TRUE(change.ParseFromString(*record.value));
  const bool gone = change.operation() == v1::OPERATION_DELETE;
  const google::protobuf::Any& row = gone ? change.before() : change.after();
  const std::string name = TypeNameOf(row);
  const auto whole = types.Parse(name, row.value());
  ASSERT_NE(whole, nullptr) << name << ", change " << change.sequence();
  const auto key = types.Parse(HeaderOf(record, "millrace.key_type"), record.key.value());
  ASSERT_NE(key, nullptr) << name << ", change " << change.sequence();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  key->GetReflection()->ListFields(*key, &fields);
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0]->json_name(), "id");
  std::unique_ptr<google::protobuf::Message> bare(whole->New());
  bare->GetReflection()->SetInt32(bare.get(), fields[0],
                                  whole->GetReflection()->GetInt32(*whole, fields[0]));
  EXPECT_EQ(bare->SerializeAsString(), *record.key);
}

TEST_P(KafkaFeed, LoadInProtobufEqualsFeed) {
  ASSERT_NO_FATAL_FAILURE(Sysbench("prepare"));
  Start("load", {"format: protobuf"});
  SnapshotAdmin(*feed_).WaitUntilOver();
  ASSERT_NO_FATAL_FAILURE(Sysbench("run"));
  const RawRead feed = ReadFeed();
  const std::vector<KafkaRecord> all = ReadKafka();
  const std::vector<KafkaRecord> records = ChangesOf(all);
  EXPECT_GT(feed.changes.size(), size_t{kTables} * kRowsPerTable + kTransactions);
  ExpectEachChangeOnce(all, feed.changes.size());
  ExpectValuesAreChanges(records, feed.changes);
  EXPECT_GT(MirrorOf(*feed_).transactions(), feed.changes.size() / 700);
  std::cout << "compared " << feed.changes.size() << " changes of " << FlavourName(GetParam())
            << ", " << records.size() << " records" << std::endl;
}

TEST_P(KafkaFeed, EveryTypeInProtobufEqualsFeedAndParses) {
  Start("types", {"format: protobuf"});
  WriteTypes();
  const RawRead feed = ReadFeed();
  const std::vector<KafkaRecord> all = ReadKafka();
  const std::vector<KafkaRecord> records = ChangesOf(all);
  ExpectEachChangeOnce(all, feed.changes.size());
  ExpectValuesAreChanges(records, feed.changes);
  LearnTypes(all);
  size_t rows = 0;
  for (const KafkaRecord& record : records) {
    const bool is_row = record.topic.starts_with(prefix_ + ".types.") && record.key.has_value();
    if (!is_row || !record.value.has_value()) continue;
    ASSERT_NO_FATAL_FAILURE(ExpectKeyIsOfRow(record, types_));
    ++rows;
  }
  EXPECT_GT(rows, 1500u);
  std::cout << "parsed " << rows << " rows of " << types_.size() << " published types of "
            << FlavourName(GetParam()) << std::endl;
}

// Compares a record of format debezium-json with its change.
void ExpectRecordIsOfChange(const KafkaRecord& record, const SeenChange& change) {
  const std::string operation = HeaderOf(record, "millrace.operation");
  EXPECT_EQ("OPERATION_" + operation, v1::Operation_Name(change.operation));
  if (!record.value.has_value()) {
    EXPECT_TRUE(operation == "DELETE" || operation == "UPDATE") << operation;
    return;
  }
  const Json value = Json::parse(*record.value, nullptr, false);
  ASSERT_FALSE(value.is_discarded()) << *record.value;
  if (operation == "SCHEMA_CHANGE") {
    EXPECT_EQ(value["ddl"], change.raw.schema_change().statement());
    return;
  }
  const std::string op = value["op"];
  EXPECT_TRUE(EnvelopeOps().at(operation).contains(op)) << operation << ": " << op;
  EXPECT_EQ(value["before"].is_object(), op == "u" || op == "d");
  EXPECT_EQ(value["after"].is_object(), op != "d");
  const SeenRow& row = op == "d" ? *change.before : *change.after;
  const Json& shown = op == "d" ? value["before"] : value["after"];
  EXPECT_EQ(shown.size(), row.size());
  for (const auto& [column, text] : row) {
    ASSERT_TRUE(shown.contains(column)) << column;
    EXPECT_TRUE(text.has_value() || shown[column].is_null()) << column;
  }
  if (!record.key.has_value()) return;
  const Json key = Json::parse(*record.key, nullptr, false);
  ASSERT_EQ(key.size(), 1u) << *record.key;
  EXPECT_EQ(key["id"].dump(), row.at("id").value());
}

TEST_P(KafkaFeed, DebeziumJsonContainsEachChangeOnce) {
  ASSERT_NO_FATAL_FAILURE(Sysbench("prepare"));
  Start("debezium", {"debezium: {schemas_enable: false, skipped_operations: [none]}"});
  SnapshotAdmin(*feed_).WaitUntilOver();
  ASSERT_NO_FATAL_FAILURE(Sysbench("run"));
  WriteTypes();
  const std::vector<SeenChange> changes = [&] {
    const size_t count = ReadFeed().changes.size();
    return ChangeReader(*feed_).ReadCount(ChangeReader::FromEarliest(), count);
  }();
  const std::vector<KafkaRecord> records = ReadKafka();
  ExpectEachChangeOnce(records, changes.size());
  for (const KafkaRecord& record : records) {
    const uint64_t sequence = SequenceOf(record);
    ASSERT_TRUE(sequence >= 1 && sequence <= changes.size()) << record.topic << sequence;
    SCOPED_TRACE(record.topic + ": " + record.value.value_or("tombstone").substr(0, kBytesShown));
    ASSERT_NO_FATAL_FAILURE(ExpectRecordIsOfChange(record, changes[sequence - 1]));
  }
  std::cout << "compared " << changes.size() << " changes of " << FlavourName(GetParam()) << ", "
            << records.size() << " records" << std::endl;
}

INSTANTIATE_TEST_SUITE_P(Sources, KafkaFeed, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
