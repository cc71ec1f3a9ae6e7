// SPDX-License-Identifier: Apache-2.0

// Encoders allocate no memory for a row after the first rows of its table.
#include "kafka/debezium_encoder.h"
#include "kafka/encoder_fixture.h"
#include "kafka/protobuf_encoder.h"
#include "support/allocations.h"

namespace millrace::kafka {
namespace {

class CountingSink final : public RecordSink {
 public:
  absl::Status Add(const RecordView&) override {
    ++records;
    return absl::OkStatus();
  }

  size_t records = 0;
};

class EncoderAllocationsTest : public EncoderTest {
 protected:
  EncoderAllocationsTest() {
    Column price = MakeColumn("price", ColumnType::kNewDecimal, FieldType::kString, 10 << 8 | 2);
    Column moment = MakeColumn("moment", ColumnType::kDateTime2, FieldType::kString, 6);
    Column document = MakeColumn("document", ColumnType::kJson, FieldType::kString, 4);
    Column blob = MakeColumn("blob", ColumnType::kBlob, FieldType::kBytes, 2);
    Column ratio = MakeColumn("ratio", ColumnType::kDouble, FieldType::kDouble);
    const auto version = MakeVersion({"shop", "wide"}, {KeyColumn("id"), TextColumn("name"), price,
                                                        moment, document, blob, ratio});
    const auto row = [&](int64_t id) {
      return Row(version, {id, "Zoë 🎉 \n", "-123.45", "2024-02-29 12:34:56.123456",
                           R"({"a": [1, 2]})", std::string(100, '\xff'), 0.1});
    };
    for (const v1::Operation operation :
         {v1::OPERATION_INSERT, v1::OPERATION_UPDATE, v1::OPERATION_DELETE, v1::OPERATION_READ}) {
      ChangeView change = Change(operation);
      change.version = version;
      change.table = version->name.table;
      change.before = row(1);
      change.after = row(operation == v1::OPERATION_UPDATE ? 2 : 1);
      changes_.push_back(change);
    }
  }

  uint64_t AllocationsOf(ChangeEncoder& encoder) {
    CountingSink sink;
    const auto encode_all = [&] {
      for (const ChangeView& change : changes_) MILLRACE_CHECK(encoder.Encode(change, sink).ok());
    };
    encode_all();
    const uint64_t before = testing::AllocationsOfThread();
    for (int i = 0; i < 100; ++i) encode_all();
    EXPECT_GT(sink.records, 500u);
    return testing::AllocationsOfThread() - before;
  }

  std::vector<ChangeView> changes_;
};

TEST_F(EncoderAllocationsTest, DebeziumRowsDoNotAllocate) {
  EXPECT_EQ(AllocationsOf(*MakeDebeziumEncoder(Parts()).value()), 0u);
}

TEST_F(EncoderAllocationsTest, DebeziumRowsWithSchemasDoNotAllocate) {
  options_.debezium.schemas_enable = true;
  options_.debezium.provide_transaction_metadata = true;
  EXPECT_EQ(AllocationsOf(*MakeDebeziumEncoder(Parts()).value()), 0u);
}

TEST_F(EncoderAllocationsTest, ProtobufRowsDoNotAllocate) {
  EXPECT_EQ(AllocationsOf(*MakeProtobufEncoder(Parts()).value()), 0u);
}

TEST_F(EncoderAllocationsTest, AllocationCounterWorks) {
  const uint64_t before = testing::AllocationsOfThread();
  const auto something = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(something->size(), 100u);
  EXPECT_EQ(testing::AllocationsOfThread() - before, 2u);
}

}  // namespace
}  // namespace millrace::kafka
