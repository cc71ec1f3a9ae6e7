// SPDX-License-Identifier: Apache-2.0

#include "kafka/protobuf_encoder.h"

#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "kafka/encoder_fixture.h"

namespace millrace::kafka {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ProtobufEncoderTest : public EncodingTest {
 protected:
  // Moves the records of published types to types_.
  std::string Encode(const ChangeView& change) override {
    if (encoder_ == nullptr) encoder_ = MakeProtobufEncoder(Parts()).value();
    const std::string reason = ErrorReason(encoder_->Encode(change, sink_));
    for (auto record = sink_.records.begin(); record != sink_.records.end();) {
      if (record->topic != "millrace.schemas") {
        ++record;
        continue;
      }
      types_.push_back(std::move(*record));
      record = sink_.records.erase(record);
    }
    return reason;
  }
  std::string KeyBytes(int64_t id) { return RowBytes(*orders_, {id}); }

  std::vector<CollectedRecord> types_;
};

TEST_F(ProtobufEncoderTest, ValueIsStoredChange) {
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  ASSERT_THAT(sink_.records, SizeIs(1));
  EXPECT_EQ(sink_.records[0].topic, "millrace.shop.orders");
  EXPECT_EQ(sink_.records[0].value, "change");
  EXPECT_EQ(sink_.records[0].Header("content-type"),
            "application/x-protobuf; messageType=\"millrace.v1.Change\"");
}

TEST_F(ProtobufEncoderTest, KeyIsRowWithKeyFieldsOnly) {
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  EXPECT_EQ(sink_.records[0].key, KeyBytes(1));
  EXPECT_EQ(sink_.records[0].Header("millrace.key_type"), "db.shop.orders");
}

TEST_F(ProtobufEncoderTest, KeyFieldsAreOrderedByNumber) {
  options_.keys = {"shop.orders: name, id"};
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  EXPECT_EQ(sink_.records[0].key, RowBytes(*orders_, {int64_t{1}, "Ada"}));
}

TEST_F(ProtobufEncoderTest, KeylessTableUsesWholeRowAsKey) {
  const auto log = MakeVersion({"shop", "log"}, {TextColumn("line")});
  ChangeView gone = Change(v1::OPERATION_DELETE);
  gone.version = log;
  gone.before = Row(log, {"x"});
  ASSERT_EQ(EncodeAll({Insert(log, {"x"}), gone}), "");
  ASSERT_THAT(sink_.records, SizeIs(2));  // no tombstone: another row may be equal
  EXPECT_EQ(sink_.records[0].key, RowBytes(*log, {"x"}));
  EXPECT_EQ(sink_.records[1].key, RowBytes(*log, {"x"}));
}

TEST_F(ProtobufEncoderTest, TombstoneFollowsDelete) {
  ChangeView change = Change(v1::OPERATION_DELETE);
  change.before = Order(1, "Ada");
  ASSERT_EQ(Encode(change), "");
  ASSERT_THAT(sink_.records, SizeIs(2));
  EXPECT_EQ(sink_.records[0].value, "change");
  EXPECT_EQ(sink_.records[1].key, KeyBytes(1));
  EXPECT_EQ(sink_.records[1].value, std::nullopt);
}

TEST_F(ProtobufEncoderTest, KeyChangeSendsTombstoneOfOldKey) {
  ASSERT_EQ(Encode(Update(Order(1, "Ada"), Order(2, "Ada"))), "");
  ASSERT_THAT(sink_.records, SizeIs(2));
  EXPECT_EQ(sink_.records[0].key, KeyBytes(1));
  EXPECT_EQ(sink_.records[0].value, std::nullopt);
  EXPECT_EQ(sink_.records[1].key, KeyBytes(2));
  EXPECT_EQ(sink_.records[1].value, "change");
}

TEST_F(ProtobufEncoderTest, UpdateWithSameKeyIsOneRecord) {
  RowView after = Row(orders_, {kNullCell, "Bob"});
  after.unknown = {1};
  ASSERT_EQ(Encode(Update(Order(1, "Ada"), after)), "");
  ASSERT_THAT(sink_.records, SizeIs(1));
  EXPECT_EQ(sink_.records[0].key, KeyBytes(1));
}

TEST_F(ProtobufEncoderTest, UnknownOrInvalidKeyIsUnencodable) {
  options_.keys = {"shop.orders: name"};
  ChangeView change = Insert(orders_, {int64_t{1}, kNullCell});
  change.after.unknown = {2};
  EXPECT_EQ(Encode(change), "MIRROR_UNENCODABLE");
  change.after.unknown.clear();
  change.after.invalid = {{2, "\xff"}};
  EXPECT_EQ(Encode(change), "MIRROR_UNENCODABLE");
}

TEST_F(ProtobufEncoderTest, StatementsHaveNoKey) {
  ChangeView truncate = Change(v1::OPERATION_TRUNCATE);
  truncate.version = nullptr;
  ChangeView drop = Change(v1::OPERATION_SCHEMA_CHANGE);
  drop.table = "";
  ASSERT_EQ(EncodeAll({truncate, drop}), "");
  ASSERT_THAT(sink_.records, SizeIs(2));
  EXPECT_EQ(sink_.records[0].topic, "millrace.shop.orders");
  EXPECT_EQ(sink_.records[0].key, std::nullopt);
  EXPECT_EQ(sink_.records[1].topic, "millrace");
}

TEST_F(ProtobufEncoderTest, EachVersionIsPublishedBeforeItsFirstRow) {
  const auto wider = MakeVersion({"shop", "orders"}, {KeyColumn("id"), TextColumn("nick")});
  ASSERT_EQ(EncodeAll({Insert(orders_, {int64_t{1}, "Ada"}), Insert(orders_, {int64_t{2}, "Bob"}),
                       Insert(wider, {int64_t{3}, "Cy"})}),
            "");
  ASSERT_THAT(types_, SizeIs(2));
  EXPECT_EQ(types_[0].key, "db.shop.orders");
  EXPECT_EQ(types_[1].key, "db.shop.orders");
  EXPECT_NE(types_[0].value, types_[1].value);
}

TEST_F(ProtobufEncoderTest, PublishedTypeParsesKey) {
  ASSERT_EQ(Encode(Insert(orders_, {int64_t{1}, "Ada"})), "");
  google::protobuf::FileDescriptorSet files;
  ASSERT_TRUE(files.ParseFromString(*types_[0].value));
  google::protobuf::DescriptorPool pool;
  for (const auto& file : files.file()) ASSERT_NE(pool.BuildFile(file), nullptr);
  google::protobuf::DynamicMessageFactory factory;
  const auto* type = pool.FindMessageTypeByName(sink_.records[0].Header("millrace.key_type"));
  ASSERT_NE(type, nullptr);
  const std::unique_ptr<google::protobuf::Message> key(factory.GetPrototype(type)->New());
  ASSERT_TRUE(key->ParseFromString(*sink_.records[0].key));
  EXPECT_EQ(key->ShortDebugString(), "id: 1");
}

TEST_F(ProtobufEncoderTest, MalformedRowIsDamage) {
  ChangeView change = Insert(orders_, {int64_t{1}, "Ada"});
  change.after.bytes = "\x08";
  EXPECT_EQ(Encode(change), "LOG_DAMAGED");
  EXPECT_THAT(sink_.records, IsEmpty());
}

TEST_F(ProtobufEncoderTest, HeartbeatsAreIgnored) {
  encoder_ = MakeProtobufEncoder(Parts()).value();
  ASSERT_TRUE(encoder_->Heartbeat(1, sink_).ok());
  EXPECT_THAT(sink_.records, IsEmpty());
}

}  // namespace
}  // namespace millrace::kafka
