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
  const CollectedRecord& OnlyRecord() {
    MILLRACE_CHECK(sink_.records.size() == 1);
    return sink_.records.front();
  }
};

TEST_F(DebeziumEncoderTest, InsertIsCreate) {
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  EXPECT_EQ(OnlyRecord().topic, "millrace.shop.orders");
  EXPECT_EQ(OnlyRecord().key, R"({"id":1})");
  EXPECT_EQ(OnlyRecord().time, 1'700'000'000'123'456);
  EXPECT_EQ(
      OnlyRecord().value,
      R"({"before":null,"after":{"id":1,"name":"Ada"},"source":{"version":")" +
          std::string(kVersion) +
          R"(","connector":"mysql","name":"millrace","ts_ms":1700000000123,"snapshot":"false",)"
          R"("db":"shop","sequence":null,"ts_us":1700000000123456,"ts_ns":1700000000123456000,)"
          R"("table":"orders","server_id":4,"gtid":"3e11fa47-71ca-11e1-9e33-c80aa9429562:23",)"
          R"("file":"binlog.000003","pos":154,"row":0,"thread":null,"query":null},)"
          R"("transaction":null,"op":"c","ts_ms":1700000000123,"ts_us":1700000000123456,)"
          R"("ts_ns":1700000000123456000})");
}

TEST_F(DebeziumEncoderTest, MariadbRowsNameMariadbConnector) {
  flavour_ = Flavour::kMariadb;
  options_.debezium.schemas_enable = true;
  ChangeView change = Insert(orders_, {int64_t{1}, "Ada"});
  change.transaction.gtid = "0-1-42";
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*OnlyRecord().value, AllOf(HasSubstr(R"("connector":"mariadb","name":"millrace")"),
                                         HasSubstr(R"("gtid":"0-1-42")"),
                                         HasSubstr(R"("io.debezium.connector.mariadb.Source")"),
                                         Not(HasSubstr("mysql"))));
}

TEST_F(DebeziumEncoderTest, MariadbStatementsNameMariadbConnector) {
  flavour_ = Flavour::kMariadb;
  options_.debezium.schemas_enable = true;
  ChangeView change = Change(v1::OPERATION_SCHEMA_CHANGE);
  change.statement = "DROP TABLE orders";
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*OnlyRecord().key, HasSubstr("io.debezium.connector.mariadb.SchemaChangeKey"));
  EXPECT_THAT(
      *OnlyRecord().value,
      AllOf(HasSubstr("io.debezium.connector.mariadb.SchemaChangeValue"), Not(HasSubstr("mysql"))));
}

// A new log learns its source's flavour on the first connection; the mirror may run before that.
TEST_F(DebeziumEncoderTest, FlavourMayBecomeKnownLater) {
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  registry_->SetFlavour(Flavour::kMariadb);
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{2}, "Bo"})), "");
  EXPECT_THAT(*sink_.records[0].value, HasSubstr(R"("connector":"mysql")"));
  EXPECT_THAT(*sink_.records[1].value, HasSubstr(R"("connector":"mariadb")"));
}

TEST_F(DebeziumEncoderTest, UuidIsDebeziumUuid) {
  options_.debezium.schemas_enable = true;
  Column uuid = MakeColumn("u", ColumnType::kString, FieldType::kString, 16);
  uuid.mysql_type = "uuid";
  const auto version = MakeVersion({"shop", "t"}, {KeyColumn("id"), uuid});
  ASSERT_EQ(Encode(Insert(version, {int64_t{1}, "6ccd780c-baba-1026-9564-5b8c656024db"})), "");
  EXPECT_THAT(*OnlyRecord().value,
              AllOf(HasSubstr(R"("name":"io.debezium.data.Uuid","version":1)"),
                    HasSubstr(R"("u":"6ccd780c-baba-1026-9564-5b8c656024db")")));
}

TEST_F(DebeziumEncoderTest, UpdateHasBothRows) {
  ASSERT_EQ(Encode(Update(Order(1, "Ada"), Order(1, kNullCell))), "");
  EXPECT_EQ(OnlyRecord().key, R"({"id":1})");
  EXPECT_THAT(*OnlyRecord().value,
              StartsWith(R"({"before":{"id":1,"name":"Ada"},"after":{"id":1,"name":null},)"));
  EXPECT_THAT(*OnlyRecord().value, HasSubstr(R"("op":"u")"));
}

TEST_F(DebeziumEncoderTest, TombstoneFollowsDelete) {
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

TEST_F(DebeziumEncoderTest, TombstonesCanBeDisabled) {
  options_.debezium.tombstones_on_delete = false;
  ChangeView change = Change(v1::OPERATION_DELETE);
  change.before = Order(1, "Ada");
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(sink_.records, SizeIs(1));
}

TEST_F(DebeziumEncoderTest, KeyChangeIsLinkedDeleteAndCreate) {
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

TEST_F(DebeziumEncoderTest, SnapshotRowIsRead) {
  ChangeView change = Insert(orders_, {int64_t{1}, "Ada"});
  change.operation = v1::OPERATION_READ;
  change.transaction.gtid = "";
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*OnlyRecord().value, AllOf(HasSubstr(R"("snapshot":"incremental")"),
                                         HasSubstr(R"("gtid":null)"), HasSubstr(R"("op":"r")")));
}

TEST_F(DebeziumEncoderTest, SourceBlockMatchesItsChange) {
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

TEST_F(DebeziumEncoderTest, RowOfKeylessTableHasNoKey) {
  const auto log = MakeVersion({"shop", "log"}, {TextColumn("line")});
  ASSERT_EQ(Encode(Insert(log, {"x"})), "");
  EXPECT_EQ(OnlyRecord().key, std::nullopt);
}

TEST_F(DebeziumEncoderTest, ConfiguredColumnsAreKey) {
  options_.keys = {"shop.orders: name, id"};
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  EXPECT_EQ(OnlyRecord().key, R"({"name":"Ada","id":1})");
}

TEST_F(DebeziumEncoderTest, TruncateIsSkippedByDefault) {
  ASSERT_EQ(Encode(Change(v1::OPERATION_TRUNCATE)), "");
  EXPECT_THAT(sink_.records, IsEmpty());
}

TEST_F(DebeziumEncoderTest, TruncateHasNeitherKeyNorRow) {
  options_.debezium.skipped_operations = {"none"};
  ChangeView change = Change(v1::OPERATION_TRUNCATE);
  change.version = nullptr;
  ASSERT_EQ(Encode(change), "");
  EXPECT_EQ(OnlyRecord().topic, "millrace.shop.orders");
  EXPECT_EQ(OnlyRecord().key, std::nullopt);
  EXPECT_THAT(*OnlyRecord().value,
              AllOf(StartsWith(R"({"before":null,"after":null,)"), HasSubstr(R"("op":"t")")));
}

TEST_F(DebeziumEncoderTest, ConfiguredOperationsAreSkipped) {
  options_.debezium.skipped_operations = {"c", "d"};
  ChangeView gone = Change(v1::OPERATION_DELETE);
  gone.before = Order(1, "Ada");
  EXPECT_EQ(EncodeAll({Insert(orders_, {int64_t{1}, "Ada"}), gone}), "");
  EXPECT_THAT(sink_.records, IsEmpty());
  EXPECT_EQ(Encode(Update(Order(1, "Ada"), Order(1, "Bob"))), "");
  EXPECT_THAT(sink_.records, SizeIs(1));
}

TEST_F(DebeziumEncoderTest, UnknownColumnIsOmitted) {
  RowView after = Order(1, kNullCell);
  after.unknown = {2};
  ASSERT_EQ(Encode(Update(Order(1, "Ada"), after)), "");
  EXPECT_THAT(*OnlyRecord().value, HasSubstr(R"("after":{"id":1},)"));
}

TEST_F(DebeziumEncoderTest, KeyMissingFromAfterImageIsUnchanged) {
  RowView after = Row(orders_, {kNullCell, "Bob"});
  after.unknown = {1};
  ASSERT_EQ(Encode(Update(Order(1, "Ada"), after)), "");
  EXPECT_EQ(OnlyRecord().key, R"({"id":1})");
  EXPECT_THAT(*OnlyRecord().value, HasSubstr(R"("after":{"name":"Bob"},)"));
}

TEST_F(DebeziumEncoderTest, UnknownKeyIsUnencodable) {
  options_.keys = {"shop.orders: name"};
  RowView before = Order(1, kNullCell);
  before.unknown = {2};
  EXPECT_EQ(Encode(Update(before, Order(1, "Bob"))), "MIRROR_UNENCODABLE");
}

TEST_F(DebeziumEncoderTest, HeaderNamesInvalidText) {
  ChangeView change = Insert(orders_, {int64_t{1}, kNullCell});
  change.after.invalid = {{2, "a\xff"}};
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*OnlyRecord().value, HasSubstr("\"name\":\"a\xef\xbf\xbd\""));
  EXPECT_EQ(OnlyRecord().Header("millrace.invalid_text"), "name");
}

TEST_F(DebeziumEncoderTest, InvalidTextInKeyIsUnencodable) {
  options_.keys = {"shop.orders: name"};
  ChangeView change = Insert(orders_, {int64_t{1}, kNullCell});
  change.after.invalid = {{2, "a\xff"}};
  EXPECT_EQ(Encode(change), "MIRROR_UNENCODABLE");
}

TEST_F(DebeziumEncoderTest, UncapturedColumnsAreOmitted) {
  Column hidden = TextColumn("hidden");
  hidden.captured = false;
  const auto table = MakeVersion({"shop", "t"}, {KeyColumn("id"), hidden, TextColumn("name")});
  ASSERT_EQ(Encode(Insert(table, {int64_t{1}, kNullCell, "Ada"})), "");
  EXPECT_THAT(*OnlyRecord().value, HasSubstr(R"("after":{"id":1,"name":"Ada"},)"));
}

TEST_F(DebeziumEncoderTest, MalformedRowIsDamage) {
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

TEST_F(DebeziumEncoderTest, StatementGoesToPrefixTopic) {
  ChangeView change = Change(v1::OPERATION_SCHEMA_CHANGE);
  change.statement = "ALTER TABLE `orders` ADD \"x\" INT";
  change.statement_tables = {"shop.orders", "shop.lines"};
  ASSERT_EQ(Encode(change), "");
  EXPECT_EQ(OnlyRecord().topic, "millrace");
  EXPECT_EQ(OnlyRecord().key, R"({"databaseName":"shop"})");
  EXPECT_THAT(*OnlyRecord().value, StartsWith(R"({"source":{)"));
  EXPECT_THAT(*OnlyRecord().value, HasSubstr(R"("table":"orders,lines")"));
  EXPECT_THAT(*OnlyRecord().value,
              HasSubstr(R"(},"ts_ms":1700000000123,"databaseName":"shop","schemaName":null,)"
                        R"("ddl":"ALTER TABLE `orders` ADD \"x\" INT","tableChanges":[]})"));
}

TEST_F(DebeziumEncoderTest, DatabaseStatementHasNoTable) {
  ChangeView change = Change(v1::OPERATION_SCHEMA_CHANGE);
  change.table = "";
  ASSERT_EQ(Encode(change), "");
  EXPECT_THAT(*OnlyRecord().value, HasSubstr(R"("table":null)"));
}

TEST_F(DebeziumEncoderTest, StatementsCanBeDisabled) {
  options_.debezium.include_schema_changes = false;
  ASSERT_EQ(Encode(Change(v1::OPERATION_SCHEMA_CHANGE)), "");
  EXPECT_THAT(sink_.records, IsEmpty());
}

TEST_F(DebeziumEncoderTest, HeartbeatContainsTime) {
  encoder_ = MakeDebeziumEncoder(Parts()).value();
  ASSERT_TRUE(encoder_->Heartbeat(1'700'000'000'123'456, sink_).ok());
  EXPECT_EQ(OnlyRecord().topic, "__debezium-heartbeat.millrace");
  EXPECT_EQ(OnlyRecord().key, R"({"serverName":"millrace"})");
  EXPECT_EQ(OnlyRecord().value, R"({"ts_ms":1700000000123})");
}

TEST_F(DebeziumEncoderTest, TransactionsHaveBeginAndEnd) {
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

TEST_F(DebeziumEncoderTest, LoneStatementIsNoTransaction) {
  options_.debezium.provide_transaction_metadata = true;
  ASSERT_EQ(Encode(Change(v1::OPERATION_SCHEMA_CHANGE)), "");
  EXPECT_EQ(OnlyRecord().topic, "millrace");
}

TEST_F(DebeziumEncoderTest, TransactionWithoutGtidIsNamedByPosition) {
  options_.debezium.provide_transaction_metadata = true;
  ChangeView change = Insert(orders_, {int64_t{1}, "Ada"});
  change.transaction.gtid = "";
  ASSERT_EQ(Encode(change), "");
  EXPECT_EQ(sink_.records[0].key, R"({"id":"file=binlog.000003,pos=154"})");
}

TEST_F(DebeziumEncoderTest, SchemaPrecedesPayload) {
  options_.debezium.schemas_enable = true;
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  EXPECT_EQ(OnlyRecord().key,
            R"({"schema":{"type":"struct","fields":[{"type":"int32","optional":false,)"
            R"("field":"id"}],"optional":false,"name":"millrace.shop.orders.Key"},)"
            R"("payload":{"id":1}})");
  EXPECT_THAT(*OnlyRecord().value,
              StartsWith(R"({"schema":{"type":"struct","fields":[{"type":"struct",)"));
  EXPECT_THAT(*OnlyRecord().value, HasSubstr(R"(},"payload":{"before":null,"after":{"id":1,)"));
  EXPECT_THAT(*OnlyRecord().value, Not(HasSubstr("payload\":{\"schema")));
}

}  // namespace
}  // namespace millrace::kafka
