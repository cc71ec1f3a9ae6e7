// SPDX-License-Identifier: Apache-2.0

// The field numbers in layout.h match the protos.

#include "wire/layout.h"

#include <map>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::wire {
namespace {

using google::protobuf::FieldDescriptor;
using Numbers = std::map<std::string, uint32_t>;

Numbers NumbersOf(const google::protobuf::Descriptor& message) {
  Numbers numbers;
  for (int i = 0; i < message.field_count(); ++i) {
    numbers[message.field(i)->name()] = static_cast<uint32_t>(message.field(i)->number());
  }
  return numbers;
}

uint8_t WireTypeOf(const FieldDescriptor& field) {
  if (field.is_packed()) return layout::kBytes;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return layout::kBytes;
    default:
      return layout::kNumber;
  }
}

template <typename Layout>
void ExpectTypes(const google::protobuf::Descriptor& message) {
  ASSERT_EQ(Layout::kTypes.size(), static_cast<size_t>(message.field_count()) + 1);
  EXPECT_EQ(Layout::kTypes[0], layout::kNone);
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    EXPECT_EQ(Layout::kTypes.at(static_cast<size_t>(field.number())), WireTypeOf(field))
        << field.full_name();
  }
}

TEST(Layout, TransactionMatchesProto) {
  using layout::Source;
  using layout::Transaction;
  EXPECT_EQ(layout::SubscribeResponse::kTransactions,
            NumbersOf(*v1::SubscribeResponse::descriptor())["transactions"]);
  EXPECT_EQ(NumbersOf(*v1::Transaction::descriptor()),
            (Numbers{{"gtid", Transaction::kGtid},
                     {"commit_time", Transaction::kCommitTime},
                     {"source", Transaction::kSource},
                     {"more", Transaction::kMore},
                     {"changes", Transaction::kChanges}}));
  EXPECT_EQ(NumbersOf(*v1::Source::descriptor()), (Numbers{{"server_id", Source::kServerId},
                                                           {"file", Source::kFile},
                                                           {"position", Source::kPosition}}));
  ExpectTypes<Transaction>(*v1::Transaction::descriptor());
  ExpectTypes<Source>(*v1::Source::descriptor());
}

TEST(Layout, ChangeMatchesProto) {
  using layout::Change;
  EXPECT_EQ(NumbersOf(*v1::Change::descriptor()),
            (Numbers{{"sequence", Change::kSequence},
                     {"operation", Change::kOperation},
                     {"database", Change::kDatabase},
                     {"table", Change::kTable},
                     {"before", Change::kBefore},
                     {"after", Change::kAfter},
                     {"before_json", Change::kBeforeJson},
                     {"after_json", Change::kAfterJson},
                     {"schema_change", Change::kSchemaChange},
                     {"before_unknown_fields", Change::kBeforeUnknownFields},
                     {"after_unknown_fields", Change::kAfterUnknownFields},
                     {"invalid_text", Change::kInvalidText},
                     {"ambiguous_text", Change::kAmbiguousText}}));
  ExpectTypes<Change>(*v1::Change::descriptor());
  EXPECT_EQ(layout::kOperationRead, v1::OPERATION_READ);
}

TEST(Layout, PartsOfChangeMatchProto) {
  using layout::AmbiguousText;
  using layout::InvalidText;
  using layout::SchemaChange;
  EXPECT_EQ(NumbersOf(*v1::SchemaChange::descriptor()),
            (Numbers{{"statement", SchemaChange::kStatement},
                     {"default_database", SchemaChange::kDefaultDatabase},
                     {"tables", SchemaChange::kTables}}));
  EXPECT_EQ(NumbersOf(*v1::InvalidText::descriptor()),
            (Numbers{{"field_number", InvalidText::kFieldNumber},
                     {"in_before", InvalidText::kInBefore},
                     {"charset", InvalidText::kCharset},
                     {"value", InvalidText::kValue}}));
  EXPECT_EQ(NumbersOf(*v1::AmbiguousText::descriptor()),
            (Numbers{{"field_number", AmbiguousText::kFieldNumber},
                     {"in_before", AmbiguousText::kInBefore},
                     {"value", AmbiguousText::kValue}}));
  ExpectTypes<SchemaChange>(*v1::SchemaChange::descriptor());
  ExpectTypes<InvalidText>(*v1::InvalidText::descriptor());
  ExpectTypes<AmbiguousText>(*v1::AmbiguousText::descriptor());
}

TEST(Layout, AnyAndTimestampMatchProtobuf) {
  using layout::Any;
  using layout::Timestamp;
  EXPECT_EQ(NumbersOf(*google::protobuf::Any::descriptor()),
            (Numbers{{"type_url", Any::kTypeUrl}, {"value", Any::kValue}}));
  EXPECT_EQ(NumbersOf(*google::protobuf::Timestamp::descriptor()),
            (Numbers{{"seconds", Timestamp::kSeconds}, {"nanos", Timestamp::kNanos}}));
  ExpectTypes<Any>(*google::protobuf::Any::descriptor());
  ExpectTypes<Timestamp>(*google::protobuf::Timestamp::descriptor());
}

}  // namespace
}  // namespace millrace::wire
