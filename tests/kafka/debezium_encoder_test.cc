// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_encoder.h"

#include <random>

#include "base/version.h"
#include "kafka/encoder_fixture.h"

namespace millrace::kafka {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class DebeziumEncoderTest : public EncodingTest {
 protected:
  std::string Encode(const ChangeView& change) override {
    if (encoder_ == nullptr) encoder_ = MakeDebeziumEncoder(Parts()).value();
    return ErrorReason(encoder_->Encode(change, sink_));
  }
  const SeenRecord& Only() {
    MILLRACE_CHECK(sink_.records.size() == 1);
    return sink_.records.front();
  }
};

TEST_F(DebeziumEncoderTest, AnInsertIsACreate) {
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  EXPECT_EQ(Only().topic, "millrace.shop.orders");
  EXPECT_EQ(Only().key, R"({"id":1})");
  EXPECT_EQ(Only().time, 1'700'000'000'123'456);
  EXPECT_EQ(
      Only().value,
      R"({"before":null,"after":{"id":1,"name":"Ada"},"source":{"version":")" +
          std::string(kVersion) +
          R"(","connector":"mysql","name":"millrace","ts_ms":1700000000123,"snapshot":"false",)"
          R"("db":"shop","sequence":null,"ts_us":1700000000123456,"ts_ns":1700000000123456000,)"
          R"("table":"orders","server_id":4,"gtid":"3e11fa47-71ca-11e1-9e33-c80aa9429562:23",)"
          R"("file":"binlog.000003","pos":154,"row":0,"thread":null,"query":null},)"
          R"("transaction":null,"op":"c","ts_ms":1700000000123,"ts_us":1700000000123456,)"
          R"("ts_ns":1700000000123456000})");
}

TEST_F(DebeziumEncoderTest, OfMariadbTheRecordsAreThoseOfItsConnector) {
  flavour_ = Flavour::kMariadb;
  options_.debezium.schemas_enable = true;
  ChangeView change = Insert(orders_, {int64_t{1}, "Ada"});
  change.transaction.gtid = "0-1-42";
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*Only().value, AllOf(HasSubstr(R"("connector":"mariadb","name":"millrace")"),
                                   HasSubstr(R"("gtid":"0-1-42")"),
                                   HasSubstr(R"("io.debezium.connector.mariadb.Source")"),
                                   Not(HasSubstr("mysql"))));
}

TEST_F(DebeziumEncoderTest, OfMariadbAStatementIsOneOfItsConnector) {
  flavour_ = Flavour::kMariadb;
  options_.debezium.schemas_enable = true;
  ChangeView change = Change(v1::OPERATION_SCHEMA_CHANGE);
  change.statement = "DROP TABLE orders";
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*Only().key, HasSubstr("io.debezium.connector.mariadb.SchemaChangeKey"));
  EXPECT_THAT(*Only().value, AllOf(HasSubstr("io.debezium.connector.mariadb.SchemaChangeValue"),
                                   Not(HasSubstr("mysql"))));
}

// A new log learns of what its source is when it is reached, and the mirror may run before.
TEST_F(DebeziumEncoderTest, FamilyThatIsLearntLaterCounts) {
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  registry_->SetFlavour(Flavour::kMariadb);
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{2}, "Bo"})), "");
  EXPECT_THAT(*sink_.records[0].value, HasSubstr(R"("connector":"mysql")"));
  EXPECT_THAT(*sink_.records[1].value, HasSubstr(R"("connector":"mariadb")"));
}

TEST_F(DebeziumEncoderTest, AUuidIsDebeziumsUuid) {
  options_.debezium.schemas_enable = true;
  Column uuid = MakeColumn("u", ColumnType::kString, FieldType::kString, 16);
  uuid.mysql_type = "uuid";
  const auto version = MakeVersion({"shop", "t"}, {KeyColumn("id"), uuid});
  ASSERT_EQ(Encode(Insert(version, {int64_t{1}, "6ccd780c-baba-1026-9564-5b8c656024db"})), "");
  EXPECT_THAT(*Only().value, AllOf(HasSubstr(R"("name":"io.debezium.data.Uuid","version":1)"),
                                   HasSubstr(R"("u":"6ccd780c-baba-1026-9564-5b8c656024db")")));
}

TEST_F(DebeziumEncoderTest, AnUpdateHasBothRows) {
  ASSERT_EQ(Encode(Update(Order(1, "Ada"), Order(1, kNullCell))), "");
  EXPECT_EQ(Only().key, R"({"id":1})");
  EXPECT_THAT(*Only().value,
              StartsWith(R"({"before":{"id":1,"name":"Ada"},"after":{"id":1,"name":null},)"));
  EXPECT_THAT(*Only().value, HasSubstr(R"("op":"u")"));
}

TEST_F(DebeziumEncoderTest, ADeleteIsFollowedByATombstone) {
  ChangeView change = Change(v1::OPERATION_DELETE);
  change.before = Order(1, "Ada");
  ASSERT_EQ(Encode(change), "");
  ASSERT_THAT(sink_.records, SizeIs(2));
  EXPECT_THAT(*sink_.records[0].value,
              AllOf(StartsWith(R"({"before":{"id":1,"name":"Ada"},"after":null,)"),
                    HasSubstr(R"("op":"d")")));
  EXPECT_EQ(sink_.records[1].key, R"({"id":1})");
  EXPECT_EQ(sink_.records[1].value, std::nullopt);
}

TEST_F(DebeziumEncoderTest, TombstonesCanBeSwitchedOff) {
  options_.debezium.tombstones_on_delete = false;
  ChangeView change = Change(v1::OPERATION_DELETE);
  change.before = Order(1, "Ada");
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(sink_.records, SizeIs(1));
}

TEST_F(DebeziumEncoderTest, AChangedKeyIsADeleteAndACreateThatNameEachOther) {
  ASSERT_EQ(Encode(Update(Order(1, "Ada"), Order(2, "Bob"))), "");
  ASSERT_THAT(sink_.records, SizeIs(3));
  EXPECT_THAT(*sink_.records[0].value, HasSubstr(R"("after":null,)"));
  EXPECT_EQ(sink_.records[0].key, R"({"id":1})");
  EXPECT_EQ(sink_.records[0].Header("__debezium.newkey"), R"({"id":2})");
  EXPECT_EQ(sink_.records[1].value, std::nullopt);
  EXPECT_EQ(sink_.records[1].Header("__debezium.newkey"), R"({"id":2})");
  EXPECT_EQ(sink_.records[2].key, R"({"id":2})");
  EXPECT_EQ(sink_.records[2].Header("__debezium.oldkey"), R"({"id":1})");
  EXPECT_THAT(*sink_.records[2].value, StartsWith(R"({"before":null,"after":{"id":2,)"));
}

TEST_F(DebeziumEncoderTest, ARowThatASnapshotReadIsARead) {
  ChangeView change = Insert(orders_, {int64_t{1}, "Ada"});
  change.operation = v1::OPERATION_READ;
  change.transaction.gtid = "";
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*Only().value, AllOf(HasSubstr(R"("snapshot":"incremental")"),
                                   HasSubstr(R"("gtid":null)"), HasSubstr(R"("op":"r")")));
}

TEST_F(DebeziumEncoderTest, SourceBlocksAreNotMixedUp) {
  ChangeView read = Insert(orders_, {int64_t{1}, "Ada"});
  read.operation = v1::OPERATION_READ;
  ChangeView later = Insert(orders_, {int64_t{1}, "Ada"});
  later.transaction.first = {8};
  later.transaction.position = 999;
  ASSERT_EQ(EncodeAll({Insert(orders_, {int64_t{1}, "Ada"}), read, later}), "");
  EXPECT_THAT(*sink_.records[0].value, HasSubstr(R"("snapshot":"false")"));
  EXPECT_THAT(*sink_.records[1].value, HasSubstr(R"("snapshot":"incremental")"));
  EXPECT_THAT(*sink_.records[2].value, HasSubstr(R"("pos":999)"));
}

TEST_F(DebeziumEncoderTest, RowsWithoutAKeyHaveNone) {
  const auto log = MakeVersion({"shop", "log"}, {TextColumn("line")});
  ASSERT_EQ(Encode(Insert(log, {"x"})), "");
  EXPECT_EQ(Only().key, std::nullopt);
}

TEST_F(DebeziumEncoderTest, ConfiguredColumnsAreTheKey) {
  options_.keys = {"shop.orders: name, id"};
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  EXPECT_EQ(Only().key, R"({"name":"Ada","id":1})");
}

TEST_F(DebeziumEncoderTest, TruncateIsSkippedUnlessAskedFor) {
  ASSERT_EQ(Encode(Change(v1::OPERATION_TRUNCATE)), "");
  EXPECT_THAT(sink_.records, IsEmpty());
}

TEST_F(DebeziumEncoderTest, TruncateHasNoKeyAndNoRow) {
  options_.debezium.skipped_operations = {"none"};
  ChangeView change = Change(v1::OPERATION_TRUNCATE);
  change.version = nullptr;
  ASSERT_EQ(Encode(change), "");
  EXPECT_EQ(Only().topic, "millrace.shop.orders");
  EXPECT_EQ(Only().key, std::nullopt);
  EXPECT_THAT(*Only().value,
              AllOf(StartsWith(R"({"before":null,"after":null,)"), HasSubstr(R"("op":"t")")));
}

TEST_F(DebeziumEncoderTest, OperationsAreSkippedOneByOne) {
  options_.debezium.skipped_operations = {"c", "d"};
  ChangeView gone = Change(v1::OPERATION_DELETE);
  gone.before = Order(1, "Ada");
  EXPECT_EQ(EncodeAll({Insert(orders_, {int64_t{1}, "Ada"}), gone}), "");
  EXPECT_THAT(sink_.records, IsEmpty());
  EXPECT_EQ(Encode(Update(Order(1, "Ada"), Order(1, "Bob"))), "");
  EXPECT_THAT(sink_.records, SizeIs(1));
}

TEST_F(DebeziumEncoderTest, WhatIsUnknownIsLeftOut) {
  RowView after = Order(1, kNullCell);
  after.unknown = {2};
  ASSERT_EQ(Encode(Update(Order(1, "Ada"), after)), "");
  EXPECT_THAT(*Only().value, HasSubstr(R"("after":{"id":1},)"));
}

TEST_F(DebeziumEncoderTest, AKeyThatTheAfterImageLacksDidNotChange) {
  RowView after = Row(orders_, {kNullCell, "Bob"});
  after.unknown = {1};
  ASSERT_EQ(Encode(Update(Order(1, "Ada"), after)), "");
  EXPECT_EQ(Only().key, R"({"id":1})");
  EXPECT_THAT(*Only().value, HasSubstr(R"("after":{"name":"Bob"},)"));
}

TEST_F(DebeziumEncoderTest, AKeyThatNobodyKnowsHasNoForm) {
  options_.keys = {"shop.orders: name"};
  RowView before = Order(1, kNullCell);
  before.unknown = {2};
  EXPECT_EQ(Encode(Update(before, Order(1, "Bob"))), "MIRROR_UNENCODABLE");
}

TEST_F(DebeziumEncoderTest, InvalidTextIsNamedInAHeader) {
  ChangeView change = Insert(orders_, {int64_t{1}, kNullCell});
  change.after.invalid = {{2, "a\xff"}};
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*Only().value, HasSubstr("\"name\":\"a\xef\xbf\xbd\""));
  EXPECT_EQ(Only().Header("millrace.invalid_text"), "name");
}

TEST_F(DebeziumEncoderTest, InvalidTextInAKeyHasNoForm) {
  options_.keys = {"shop.orders: name"};
  ChangeView change = Insert(orders_, {int64_t{1}, kNullCell});
  change.after.invalid = {{2, "a\xff"}};
  EXPECT_EQ(Encode(change), "MIRROR_UNENCODABLE");
}

TEST_F(DebeziumEncoderTest, ColumnsThatAreNotCapturedAreNotThere) {
  Column hidden = TextColumn("hidden");
  hidden.captured = false;
  const auto table = MakeVersion({"shop", "t"}, {KeyColumn("id"), hidden, TextColumn("name")});
  ASSERT_EQ(Encode(Insert(table, {int64_t{1}, kNullCell, "Ada"})), "");
  EXPECT_THAT(*Only().value, HasSubstr(R"("after":{"id":1,"name":"Ada"},)"));
}

TEST_F(DebeziumEncoderTest, RowsThatAreNoneAreDamage) {
  ChangeView change = Insert(orders_, {int64_t{1}, "Ada"});
  change.after.bytes = "\x08";
  EXPECT_EQ(Encode(change), "LOG_DAMAGED");
  change = Insert(orders_, {int64_t{1}, "Ada"});
  change.version = nullptr;
  EXPECT_EQ(Encode(change), "LOG_DAMAGED");
  change = Change(v1::OPERATION_UNSPECIFIED);
  EXPECT_EQ(Encode(change), "LOG_DAMAGED");
}

TEST_F(DebeziumEncoderTest, RandomBytesAreDamageAtWorst) {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes =
        RowBytes(*orders_, {static_cast<int64_t>(random()), std::string(random() % 9, 'x')});
    for (size_t flips = random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    ChangeView change = Change(v1::OPERATION_INSERT);
    change.after = {.present = true, .bytes = bytes};
    const std::string reason = Encode(change);
    ASSERT_TRUE(reason.empty() || reason == "LOG_DAMAGED") << reason;
    sink_.records.clear();
  }
}

TEST_F(DebeziumEncoderTest, AStatementGoesToTheTopicOfThePrefix) {
  ChangeView change = Change(v1::OPERATION_SCHEMA_CHANGE);
  change.statement = "ALTER TABLE `orders` ADD \"x\" INT";
  change.statement_tables = {"shop.orders", "shop.lines"};
  ASSERT_EQ(Encode(change), "");
  EXPECT_EQ(Only().topic, "millrace");
  EXPECT_EQ(Only().key, R"({"databaseName":"shop"})");
  EXPECT_THAT(*Only().value, StartsWith(R"({"source":{)"));
  EXPECT_THAT(*Only().value, HasSubstr(R"("table":"orders,lines")"));
  EXPECT_THAT(*Only().value,
              HasSubstr(R"(},"ts_ms":1700000000123,"databaseName":"shop","schemaName":null,)"
                        R"("ddl":"ALTER TABLE `orders` ADD \"x\" INT","tableChanges":[]})"));
}

TEST_F(DebeziumEncoderTest, AStatementOfADatabaseIsOfNoTable) {
  ChangeView change = Change(v1::OPERATION_SCHEMA_CHANGE);
  change.table = "";
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*Only().value, HasSubstr(R"("table":null)"));
}

TEST_F(DebeziumEncoderTest, StatementsCanBeSwitchedOff) {
  options_.debezium.include_schema_changes = false;
  ASSERT_EQ(Encode(Change(v1::OPERATION_SCHEMA_CHANGE)), "");
  EXPECT_THAT(sink_.records, IsEmpty());
}

TEST_F(DebeziumEncoderTest, AHeartbeatTellsTheTime) {
  encoder_ = MakeDebeziumEncoder(Parts()).value();
  ASSERT_TRUE(encoder_->Heartbeat(1'700'000'000'123'456, sink_).ok());
  EXPECT_EQ(Only().topic, "__debezium-heartbeat.millrace");
  EXPECT_EQ(Only().key, R"({"serverName":"millrace"})");
  EXPECT_EQ(Only().value, R"({"ts_ms":1700000000123})");
}

TEST_F(DebeziumEncoderTest, TransactionsAreMarkedWhereTheyBeginAndEnd) {
  options_.debezium.provide_transaction_metadata = true;
  ChangeView first = Insert(orders_, {int64_t{1}, "Ada"});
  first.last_of_transaction = false;
  ChangeView second = Insert(orders_, {int64_t{2}, "Bob"});
  second.sequence = {8};
  ASSERT_EQ(EncodeAll({first, second}), "");
  ASSERT_THAT(sink_.records, SizeIs(4));
  EXPECT_EQ(sink_.records[0].topic, "millrace.transaction");
  EXPECT_EQ(sink_.records[0].key, R"({"id":"3e11fa47-71ca-11e1-9e33-c80aa9429562:23"})");
  EXPECT_EQ(sink_.records[0].value,
            R"({"status":"BEGIN","id":"3e11fa47-71ca-11e1-9e33-c80aa9429562:23",)"
            R"("event_count":null,"data_collections":null,"ts_ms":1700000000123})");
  EXPECT_THAT(*sink_.records[2].value,
              HasSubstr(R"("transaction":{"id":"3e11fa47-71ca-11e1-9e33-c80aa9429562:23",)"
                        R"("total_order":2,"data_collection_order":2},)"));
  EXPECT_THAT(*sink_.records[3].value,
              AllOf(HasSubstr(R"("status":"END")"), HasSubstr(R"("event_count":2)")));
}

TEST_F(DebeziumEncoderTest, AStatementAloneIsNoTransaction) {
  options_.debezium.provide_transaction_metadata = true;
  ASSERT_EQ(Encode(Change(v1::OPERATION_SCHEMA_CHANGE)), "");
  EXPECT_EQ(Only().topic, "millrace");
}

TEST_F(DebeziumEncoderTest, ATransactionWithoutGtidIsNamedByItsPlace) {
  options_.debezium.provide_transaction_metadata = true;
  ChangeView change = Insert(orders_, {int64_t{1}, "Ada"});
  change.transaction.gtid = "";
  ASSERT_EQ(Encode(change), "");
  EXPECT_EQ(sink_.records[0].key, R"({"id":"file=binlog.000003,pos=154"})");
}

TEST_F(DebeziumEncoderTest, SchemasStandBesidePayloads) {
  options_.debezium.schemas_enable = true;
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  EXPECT_EQ(Only().key, R"({"schema":{"type":"struct","fields":[{"type":"int32","optional":false,)"
                        R"("field":"id"}],"optional":false,"name":"millrace.shop.orders.Key"},)"
                        R"("payload":{"id":1}})");
  EXPECT_THAT(*Only().value,
              StartsWith(R"({"schema":{"type":"struct","fields":[{"type":"struct",)"));
  EXPECT_THAT(*Only().value, HasSubstr(R"(},"payload":{"before":null,"after":{"id":1,)"));
  EXPECT_THAT(*Only().value, Not(HasSubstr("payload\":{\"schema")));
}

}  // namespace
}  // namespace millrace::kafka
