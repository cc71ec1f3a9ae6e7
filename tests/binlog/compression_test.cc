// SPDX-License-Identifier: Apache-2.0

#include "binlog/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "binlog/events.h"
#include "binlog/sample.h"

namespace millrace::binlog {
namespace {

using ::testing::ElementsAre;

constexpr uint64_t kBytesMax = 1 << 20;

// The inner events until the end or the first error, and the reason of that error.
struct Walk {
  std::vector<EventType> types;
  std::vector<std::string> bodies;
  std::string reason;
};

Walk WalkFrom(TransactionPayloadReader& reader) {
  Walk walk;
  const EventReader frames(Flavour::kMysql);
  while (true) {
    const auto bytes = reader.Next();
    if (!bytes.ok()) walk.reason = ErrorReason(bytes.status());
    if (!bytes.ok() || !bytes->has_value()) return walk;
    const auto event = frames.ReadInsidePayload(**bytes);
    if (!event.ok()) {
      walk.reason = ErrorReason(event.status());
      return walk;
    }
    walk.types.push_back(event->header.type);
    walk.bodies.emplace_back(event->body);
  }
}

Walk WalkThrough(const Event& event, uint64_t event_bytes_max = kBytesMax) {
  auto reader = TransactionPayloadReader::Open(event, event_bytes_max);
  if (!reader.ok()) return {{}, {}, ErrorReason(reader.status())};
  return WalkFrom(**reader);
}

void AppendField(std::string& to, uint8_t field, uint64_t value) {
  to.push_back(static_cast<char>(field));
  to += "\x09\xfe";
  AppendLittle64(to, value);
}

// A payload of `bytes` that claims an uncompressed size of `size`.
std::string PayloadBody(std::string_view bytes, uint64_t compression, uint64_t size) {
  std::string body;
  AppendField(body, 2, compression);
  AppendField(body, 3, size);
  AppendField(body, 1, bytes.size());
  return body + '\0' + std::string(bytes);
}

std::string Zstd(std::string_view plain) {
  std::string compressed(ZSTD_compressBound(plain.size()), '\0');
  compressed.resize(
      ZSTD_compress(compressed.data(), compressed.size(), plain.data(), plain.size(), 3));
  return compressed;
}

std::string InnerEvent(EventType type, std::string_view body) {
  std::string bytes(4, '\0');
  bytes.push_back(static_cast<char>(type));
  bytes.append(4, '\0');
  AppendLittle32(bytes, static_cast<uint32_t>(EventHeader::kSize + body.size()));
  bytes.append(6, '\0');
  return bytes + std::string(body);
}

Walk WalkThroughZstd(std::string_view plain, uint64_t event_bytes_max = kBytesMax) {
  const std::string body = PayloadBody(Zstd(plain), 0, plain.size());
  return WalkThrough(MakeEvent(EventType::kTransactionPayload, body), event_bytes_max);
}

TEST(TransactionPayloads, ContainEventsOfATransaction) {
  const SampleEvent event(captured::kMysqlPayload);
  const Walk walk = WalkThrough(*event);
  EXPECT_EQ(walk.reason, "");
  EXPECT_THAT(walk.types, ElementsAre(EventType::kQuery, EventType::kTableMap,
                                      EventType::kWriteRows, EventType::kXid));
  const auto rows = ParseRows(MakeEvent(EventType::kWriteRows, walk.bodies[2]));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->rows, FromHex("00020000000374776f"
                                "0003000000057468726565"));
}

TEST(TransactionPayloads, InnerEventsMayBeLarge) {
  const SampleEvent event(captured::kMysqlPayloadThousand);
  const Walk walk = WalkThrough(*event);
  EXPECT_EQ(walk.reason, "");
  EXPECT_EQ(walk.types.back(), EventType::kXid);
  size_t size = 0;
  for (const std::string& body : walk.bodies) size += EventHeader::kSize + body.size();
  EXPECT_EQ(size, 0x66afu);
}

TEST(TransactionPayloads, LargeInnerEventGrowsBuffer) {
  const std::string large(5 << 20, 'x');
  const Walk walk = WalkThroughZstd(InnerEvent(EventType::kXid, large), 6 << 20);
  EXPECT_EQ(walk.reason, "");
  ASSERT_EQ(walk.bodies.size(), 1u);
  EXPECT_EQ(walk.bodies[0], large);
}

TEST(TransactionPayloads, MayBeUncompressed) {
  const std::string plain = InnerEvent(EventType::kXid, "12345678");
  const std::string body = PayloadBody(plain, 255, plain.size());
  const Walk walk = WalkThrough(MakeEvent(EventType::kTransactionPayload, body));
  EXPECT_EQ(walk.reason, "");
  EXPECT_THAT(walk.bodies, ElementsAre("12345678"));
}

TEST(TransactionPayloads, RestartDropsRemainingEvents) {
  const SampleEvent thousand(captured::kMysqlPayloadThousand);
  const SampleEvent small(captured::kMysqlPayload);
  auto reader = TransactionPayloadReader::Open(*thousand, kBytesMax);
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE((*reader)->Next().ok());
  ASSERT_TRUE((*reader)->Restart(*small).ok());
  const Walk walk = WalkFrom(**reader);
  EXPECT_EQ(walk.reason, "");
  EXPECT_EQ(walk.types.size(), 4u);
}

TEST(TransactionPayloads, UnknownAlgorithmIsRejected) {
  const std::string body = PayloadBody("", 1, 0);
  EXPECT_EQ(WalkThrough(MakeEvent(EventType::kTransactionPayload, body)).reason,
            "COMPRESSION_UNKNOWN");
}

TEST(TransactionPayloads, UnknownFieldsAreSkipped) {
  std::string body;
  AppendField(body, 77, 5);
  const std::string plain = InnerEvent(EventType::kXid, "");
  body += PayloadBody(Zstd(plain), 0, plain.size());
  EXPECT_EQ(WalkThrough(MakeEvent(EventType::kTransactionPayload, body)).reason, "");
}

TEST(TransactionPayloads, InnerEventAboveLimitIsRejected) {
  const std::string plain = InnerEvent(EventType::kXid, std::string(100, 'x'));
  EXPECT_EQ(WalkThroughZstd(plain, plain.size()).reason, "");
  EXPECT_EQ(WalkThroughZstd(plain, plain.size() - 1).reason, "EVENT_TOO_LARGE");
}

TEST(TransactionPayloads, InnerEventSmallerThanHeaderIsRejected) {
  std::string plain = InnerEvent(EventType::kXid, "12345678");
  plain[9] = 18;
  EXPECT_EQ(WalkThroughZstd(plain).reason, "EVENT_TRUNCATED");
}

TEST(TransactionPayloads, TruncatedInnerEventIsRejected) {
  const std::string plain = InnerEvent(EventType::kXid, "12345678");
  for (size_t size = 1; size < plain.size(); ++size) {
    EXPECT_EQ(WalkThroughZstd(plain.substr(0, size)).reason, "EVENT_TRUNCATED") << size;
  }
}

TEST(TransactionPayloads, TruncatedCompressedBytesAreRejected) {
  const std::string plain = InnerEvent(EventType::kXid, std::string(1000, 'x'));
  const std::string compressed = Zstd(plain);
  for (size_t size = 0; size < compressed.size(); ++size) {
    const std::string body = PayloadBody({compressed.data(), size}, 0, plain.size());
    EXPECT_NE(WalkThrough(MakeEvent(EventType::kTransactionPayload, body)).reason, "") << size;
  }
}

TEST(TransactionPayloads, DamagedBytesAreRejected) {
  const std::string body = PayloadBody("no zstd here", 0, 100);
  EXPECT_EQ(WalkThrough(MakeEvent(EventType::kTransactionPayload, body)).reason, "PAYLOAD_DAMAGED");
}

TEST(TransactionPayloads, WrongUncompressedSizeIsRejected) {
  const std::string plain = InnerEvent(EventType::kXid, "12345678");
  const std::string body = PayloadBody(Zstd(plain), 0, plain.size() + 1);
  EXPECT_EQ(WalkThrough(MakeEvent(EventType::kTransactionPayload, body)).reason, "PAYLOAD_DAMAGED");
}

TEST(TransactionPayloads, WindowAboveLimitIsRejected) {
  // The magic number of a frame, a descriptor, and a window of 2^31 bytes.
  const std::string body = PayloadBody(FromHex("28b52ffd"
                                               "00"
                                               "a8"
                                               "010000"),
                                       0, 0);
  EXPECT_EQ(WalkThrough(MakeEvent(EventType::kTransactionPayload, body)).reason, "PAYLOAD_DAMAGED");
}

absl::StatusOr<Event> UncompressSample(const SampleEvent& event, std::string& buffer) {
  EXPECT_TRUE(IsCompressed(event->header.type));
  return Uncompress(*event, kBytesMax, buffer);
}

TEST(CompressedEvents, UpdateEqualsUncompressedEvent) {
  const SampleEvent event(captured::kMariadbUpdateCompressed, Flavour::kMariadb);
  std::string buffer;
  const auto plain = UncompressSample(event, buffer);
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->header.type, EventType::kUpdateRowsV1);
  EXPECT_EQ(plain->header.end_position, event->header.end_position);
  const auto rows = ParseRows(*plain);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->table_id, 0x16u);
  EXPECT_EQ(rows->rows, FromHex("fc020000000374776f"
                                "fc020000000464657578"));
}

TEST(CompressedEvents, WriteHasAllItsRows) {
  const SampleEvent event(captured::kMariadbWriteCompressed, Flavour::kMariadb);
  std::string buffer;
  const auto plain = UncompressSample(event, buffer);
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(ParseRows(*plain)->rows.size(), 6u * 26);
  EXPECT_EQ(plain->header.size, EventHeader::kSize + plain->body.size());
}

TEST(CompressedEvents, QueryHasItsStatement) {
  const SampleEvent event(captured::kMariadbQueryCompressed, Flavour::kMariadb);
  std::string buffer;
  const auto plain = UncompressSample(event, buffer);
  ASSERT_TRUE(plain.ok()) << plain.status();
  const auto query = ParseQuery(*plain);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->database, "b");
  EXPECT_EQ(query->statement.substr(0, 35), "alter table b.small comment 'aaaaaa");
}

// The error reason for a row event without columns whose compressed part is `tail`.
std::string ReasonOfTail(std::string_view tail, uint64_t event_bytes_max = kBytesMax) {
  const std::string body = FromHex("010000000000010000") + std::string(tail);
  std::string buffer;
  return ErrorReason(
      Uncompress(MakeEvent(EventType::kMariadbWriteRowsCompressedV1, body), event_bytes_max, buffer)
          .status());
}

std::string Zlib(std::string_view plain) {
  std::string compressed(compressBound(plain.size()), '\0');
  uLongf size = compressed.size();
  compress(reinterpret_cast<Bytef*>(compressed.data()), &size,
           reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  compressed.resize(size);
  return compressed;
}

TEST(CompressedEvents, LengthMayHaveFourBytes) {
  EXPECT_EQ(ReasonOfTail(FromHex("8400000003") + Zlib("abc")), "");
}

TEST(CompressedEvents, WrongLengthIsRejected) {
  EXPECT_EQ(ReasonOfTail(FromHex("8102") + Zlib("abc")), "PAYLOAD_DAMAGED");
  EXPECT_EQ(ReasonOfTail(FromHex("8104") + Zlib("abc")), "PAYLOAD_DAMAGED");
}

TEST(CompressedEvents, InvalidHeadIsRejected) {
  for (const std::string_view head : {"", "0103", "8003", "8500000003"}) {
    EXPECT_EQ(ReasonOfTail(FromHex(head) + Zlib("abc")), "EVENT_TRUNCATED") << head;
  }
}

TEST(CompressedEvents, UnknownAlgorithmIsRejected) {
  EXPECT_EQ(ReasonOfTail(FromHex("9103") + Zlib("abc")), "COMPRESSION_UNKNOWN");
}

TEST(CompressedEvents, EventAboveLimitIsRejected) {
  EXPECT_EQ(ReasonOfTail(FromHex("8103") + Zlib("abc"), 30), "EVENT_TOO_LARGE");
  EXPECT_EQ(ReasonOfTail(FromHex("8103") + Zlib("abc"), 31), "");
}

TEST(CompressedEvents, ImpossibleLengthAllocatesNothing) {
  std::string buffer;
  const std::string body = FromHex(
                               "010000000000010000"
                               "84ffffffff") +
                           Zlib("abc");
  const auto plain = Uncompress(MakeEvent(EventType::kMariadbWriteRowsCompressedV1, body),
                                uint64_t{1} << 40, buffer);
  EXPECT_EQ(ErrorReason(plain.status()), "EVENT_TRUNCATED");
  EXPECT_LT(buffer.capacity(), 1000u);
}

TEST(CompressedEvents, OtherTypesAreNotCompressed) {
  for (const auto type : {EventType::kQuery, EventType::kWriteRowsV1, EventType::kXid}) {
    EXPECT_FALSE(IsCompressed(type));
  }
}

}  // namespace
}  // namespace millrace::binlog
